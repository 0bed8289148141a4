"""Notification channels: the [[channel]] sections of the rules file, and `console`, which always exists."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from claimwire.config.credentials import read_secret
from claimwire.config.sections import Name, Section, read_sections
from claimwire.errors import ConfigError

CONSOLE = "console"
SECTIONS = ("rule", "channel", "example")
LEAST_SECRET = 16
# Before a secret in base64, as Standard Webhooks writes it.
ENCODED = "whsec_"


@dataclass(frozen=True)
class Channel:
    """A notification channel.

    `url_file` and `secret_file` are read when it is opened; their content is never shown or logged.
    """

    name: Name
    kind: Literal["console", "webhook", "apprise"] = "apprise"
    url: str = ""
    url_file: str = ""
    secret_file: str = ""

    def address(self) -> str:
        """Return the URL, read from `url_file` if set. Raises ConfigError."""
        return read_secret("url_file", self.url_file) if self.url_file else self.url

    def secret(self) -> bytes:
        """Return the key that a webhook is signed with: the bytes behind `whsec_`, or those of any other text.

        Raises ConfigError.
        """
        text = read_secret("secret_file", self.secret_file)
        if not text.startswith(ENCODED):
            key = text.encode()
        else:
            try:
                key = base64.b64decode(text.removeprefix(ENCODED), validate=True)
            except ValueError:
                raise ConfigError(f"{self.secret_file}:1: secret_file: no base64 after {ENCODED}") from None
        if len(key) < LEAST_SECRET:
            raise ConfigError(f"{self.secret_file}:1: secret_file: under {LEAST_SECRET} bytes")
        return key


CONSOLE_ONLY: Mapping[str, Channel] = {CONSOLE: Channel(CONSOLE, "console")}


def load_channels(path: str) -> dict[str, Channel]:
    """Read the channels of a rules file, by name. Raises ConfigError (`file:line: key: problem`)."""
    return channels_of(read_sections(path, SECTIONS)["channel"])


def channels_of(sections: list[Section]) -> dict[str, Channel]:
    """Return the channels of these sections by name, and the console."""
    found = dict(CONSOLE_ONLY)
    for section in sections:
        channel = _channel(section)
        if channel.name in found:
            raise section.fail("name", f"duplicate name {channel.name!r}")
        found[channel.name] = channel
    return found


def _channel(section: Section) -> Channel:
    channel = section.read(Channel)
    if channel.kind != CONSOLE and bool(channel.url) == bool(channel.url_file):
        raise section.fail("url_file", 'name a file with the address (url_file = "/run/secrets/desk"), or url')
    if channel.kind == "webhook" and not channel.secret_file:
        raise section.fail("secret_file", 'a webhook is signed: secret_file = "/run/secrets/hook"')
    folder = Path(section.path).parent
    url_file, secret = (str(folder / f) if f else "" for f in (channel.url_file, channel.secret_file))
    return replace(channel, url_file=url_file, secret_file=secret)
