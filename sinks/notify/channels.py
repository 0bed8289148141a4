"""How a notice gets to people: the console, a signed webhook, and whatever apprise knows (the extra `alerts`)."""

import base64
import hashlib
import hmac
import http.client
import json
import logging
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from claimwire.addresses import check_url, is_public
from claimwire.channels import CONSOLE, Channel
from claimwire.display import claim_line, shown
from claimwire.errors import BlockedAddress, ConfigError, SinkError
from sinks.notify.notifications import Notice, claim_lines, notice_text, notice_title

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 10.0
MOST_ANSWER_BYTES = 65_536
# A notice to one channel. Raises SinkError where it is to be tried again.
Deliver = Callable[[Notice], None]


def open_channels(channels: Mapping[str, Channel], *, allow_private: bool = False) -> dict[str, Deliver]:
    """A way to deliver for each channel. Raises ConfigError where a file, an address or apprise is missing."""
    return {name: _opened(channel, allow_private=allow_private) for name, channel in channels.items()}


def _opened(channel: Channel, *, allow_private: bool) -> Deliver:
    if channel.kind == CONSOLE:
        return print_notice
    address = channel.address()
    if channel.kind == "webhook":
        try:
            check_url(address)
        except BlockedAddress as error:
            raise ConfigError(f"channel {channel.name}: {error}") from None
        return Webhook(channel.name, address, channel.secret(), allow_private=allow_private).deliver
    return apprise_channel(channel.name, address)


def print_notice(notice: Notice) -> None:
    """The console: its alerts one below the other."""
    for alert in notice.alerts:
        print(claim_lines(shown(alert)), flush=True)


class Webhook:
    """POST of JSON, signed in the format of Standard Webhooks (github.com/standard-webhooks/standard-webhooks).

    `webhook-id` and `Idempotency-Key` are the notice's id: a receiver that gets it twice sees that. Redirects are not followed.
    """

    def __init__(self, name: str, url: str, secret: bytes, *, allow_private: bool = False) -> None:
        self._name, self._url, self._secret, self._allow_private = name, urlsplit(url), secret, allow_private

    def deliver(self, notice: Notice) -> None:
        """Raises SinkError where the receiver does not take it."""
        body = webhook_body(notice)
        now = str(int(time.time()))
        headers = {
            "Content-Type": "application/json", "User-Agent": "claimwire", "Idempotency-Key": notice.notice_id,
            "webhook-id": notice.notice_id, "webhook-timestamp": now,
            "webhook-signature": signature(self._secret, notice.notice_id, now, body),
        }  # fmt: skip
        try:
            status = self._post(body, headers)
        except (OSError, http.client.HTTPException, BlockedAddress) as error:
            raise SinkError(f"channel {self._name}: {error or type(error).__name__}", retryable=True) from None
        if not 200 <= status < 300:
            raise SinkError(f"channel {self._name}: HTTP {status}", retryable=True)

    def _post(self, body: bytes, headers: Mapping[str, str]) -> int:
        host, is_tls = self._url.hostname or "", self._url.scheme == "https"
        port = self._url.port or (443 if is_tls else 80)
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        connection.sock = self._connected(host, port, is_tls=is_tls)
        try:
            path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            answer.read(MOST_ANSWER_BYTES)
            return answer.status
        finally:
            connection.close()

    def _connected(self, host: str, port: int, *, is_tls: bool) -> socket.socket:
        """To an address that was looked at just before, so that no name leads into a private network (SSRF)."""
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
        if not self._allow_private and not is_public(str(address)):
            raise BlockedAddress(f"address {address} is not public (allow_private_addresses)")
        plain = socket.create_connection((str(address), port), TIMEOUT_SECONDS)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_tls else plain


def webhook_body(notice: Notice) -> bytes:
    """The JSON of a notice: its texts for people, and its alerts as they are on the topic, each with its line."""
    body: dict[str, Any] = {
        "notice_id": notice.notice_id, "rule": notice.rule, "severity": notice.severity, "title": notice_title(notice),
        "text": notice_text(notice),
        "alerts": [msgspec.to_builtins(alert) | {"line": claim_line(shown(alert))} for alert in notice.alerts],
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False).encode()


def signature(secret: bytes, ident: str, at: str, body: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) over the message's id, the time in seconds and the body, in base64 after its version."""
    signed = f"{ident}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def apprise_channel(name: str, address: str) -> Deliver:
    """A channel by apprise. Raises ConfigError where it is not installed or does not know the address."""
    try:
        import apprise
    except ImportError:
        raise ConfigError(f"channel {name}: needs apprise: pip install 'claimwire[alerts]'") from None
    service = apprise.Apprise()
    if not service.add(address):
        # The address is a secret: it is not shown.
        raise ConfigError(f"channel {name}: its address is none that apprise knows")

    def deliver(notice: Notice) -> None:
        is_taken = service.notify(
            body=notice_text(notice), title=notice_title(notice), body_format=apprise.NotifyFormat.TEXT
        )
        if not is_taken:
            raise SinkError(f"channel {name}: not taken", retryable=True)

    return deliver
