"""Credentials for a broker and a store. Secrets are read from files and excluded from `repr`."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from claimwire.config.settings import Settings
from claimwire.errors import ConfigError


@dataclass(frozen=True)
class Credentials:
    """`ca`: file of the certificates (PEM) that sign the server's; empty = the system's. `mechanism` is Kafka's."""

    user: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    mechanism: str = "SCRAM-SHA-512"
    ca: str = ""


NOBODY = Credentials()


def broker_credentials(settings: Settings) -> Credentials:
    """Read the credentials of the settings. Raises ConfigError if a file cannot be read."""
    return Credentials(
        user=settings.broker_user,
        password=read_secret("broker_password_file", settings.broker_password_file),
        mechanism=settings.broker_mechanism,
        ca=settings.broker_ca,
    )


def store_credentials(settings: Settings) -> Credentials:
    """Read the credentials of the settings. Raises ConfigError if a file cannot be read."""
    return Credentials(
        user=settings.store_user,
        password=read_secret("store_password_file", settings.store_password_file),
        api_key=read_secret("store_api_key_file", settings.store_api_key_file),
        ca=settings.store_ca,
    )


def read_secret(key: str, name: str) -> str:
    """Read the file that a setting names; return "" if none is set. Raises ConfigError."""
    if not name:
        return ""
    try:
        text = Path(name).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}:0: {key}: {getattr(error, 'strerror', None) or error}") from None
    if not text:
        raise ConfigError(f"{name}:1: {key}: the file is empty")
    return text


def tls_context(key: str, ca: str) -> ssl.SSLContext:
    """Return an SSL context that verifies certificate and host name. Raises ConfigError if `ca` is not a PEM file."""
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{ca}:0: {key}: {getattr(error, 'strerror', None) or error}") from None
