"""Notification channels: the [[channel]] sections of the rules file, and `console`, which always exists."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from claimwire.config.credentials import read_secret
from claimwire.config.sections import Section, read_sections
from claimwire.errors import ConfigError

CONSOLE = "console"
KINDS = (CONSOLE, "webhook", "apprise")
KEYS = ("name", "kind", "url", "url_file", "secret_file")
SECTIONS = ("rule", "channel", "example")
LEAST_SECRET = 16
# Before a secret in base64, as Standard Webhooks writes it.
ENCODED = "whsec_"


@dataclass(frozen=True)
class Channel:
    """A notification channel.

    `url_file` and `secret_file` are read when it is opened; their content is never shown or logged.
    """

    name: str
    kind: str
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


CONSOLE_ONLY: Mapping[str, Channel] = {CONSOLE: Channel(CONSOLE, CONSOLE)}


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
    section.check_keys(KEYS)
    name = section.string("name")
    if not name:
        raise section.fail("name", 'a channel needs a name, like "desk"')
    kind = section.string("kind", "apprise", KINDS)
    url, url_file, secret = section.string("url"), section.string("url_file"), section.string("secret_file")
    if kind != CONSOLE and bool(url) == bool(url_file):
        raise section.fail("url_file", 'name a file with the address (url_file = "/run/secrets/desk"), or url')
    if kind == "webhook" and not secret:
        raise section.fail("secret_file", 'a webhook is signed: secret_file = "/run/secrets/hook"')
    folder = Path(section.path).parent
    places = {
        key: str(folder / value) if value else "" for key, value in (("url_file", url_file), ("secret_file", secret))
    }
    return Channel(name, kind, url, places["url_file"], places["secret_file"])
