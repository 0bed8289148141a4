"""Kafka client security options, with a diagnosis for refused connections."""

import socket
import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from claimwire.config.credentials import Credentials, tls_context

PROBE_SECONDS = 5.0


def is_encrypted(broker: str) -> bool:
    """Return whether a broker's URL requires TLS."""
    return urlsplit(broker).scheme == "kafka+ssl"


def client_options(broker: str, credentials: Credentials) -> dict[str, Any]:
    """Return the security options of every client. Raises ConfigError for an invalid certificate file."""
    has_user = bool(credentials.user)
    options: dict[str, Any] = {
        "security_protocol": ("SASL_" if has_user else "") + ("SSL" if is_encrypted(broker) else "PLAINTEXT")
    }
    if is_encrypted(broker):
        options["ssl_context"] = tls_context("broker_ca", credentials.ca)
    if has_user:
        options |= {
            "sasl_mechanism": credentials.mechanism,
            "sasl_plain_username": credentials.user,
            "sasl_plain_password": credentials.password,
        }
    return options


def why_refused(servers: Sequence[str], options: dict[str, Any]) -> str | None:
    """Diagnose in one line why a listening broker refuses us; None if it does not listen or the reason is unknown.

    The client itself only reports "Unable to bootstrap" after its time-out.
    """
    host, _, port = servers[0].rpartition(":")
    context: ssl.SSLContext | None = options.get("ssl_context")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), PROBE_SECONDS) as plain:
            if context is not None:
                context.wrap_socket(plain, server_hostname=host.strip("[]")).close()
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not trusted: {error.verify_message}"
    except ssl.SSLError as error:
        return f"no TLS there ({error.reason or error}); use kafka:// to connect without TLS"
    except OSError:
        return None
    if "sasl_mechanism" in options:
        user, mechanism = options["sasl_plain_username"], options["sasl_mechanism"]
        return f"it listens, but refuses user {user!r} or the password ({mechanism})"
    wanted = "a user (broker_user)" if context is not None else "TLS (kafka+ssl://) or a user (broker_user)"
    return f"it listens, but does not answer; it may require {wanted}"
