"""Notification channels: the console, a signed webhook, and the services of apprise (the extra `alerts`)."""

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

from claimwire.config.channels import CONSOLE, Channel
from claimwire.errors import BlockedAddress, ConfigError, SinkError
from claimwire.net.addresses import check_url, is_public
from claimwire.text.display import claim_line, shown
from sinks.notify.notifications import Notification, claim_lines, notice_text, notice_title

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 10.0
MOST_ANSWER_BYTES = 65_536
# Delivers a notification to one channel. Raises SinkError to have it retried.
Deliver = Callable[[Notification], None]


def open_channels(channels: Mapping[str, Channel], *, allow_private: bool = False) -> dict[str, Deliver]:
    """Return the delivery function of each channel. Raises ConfigError if a file, a URL or apprise is missing."""
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


def print_notice(notice: Notification) -> None:
    """Print the alerts of a notification on the console."""
    for alert in notice.alerts:
        print(claim_lines(shown(alert)), flush=True)


class Webhook:
    """Webhook: POST of JSON, signed as Standard Webhooks (github.com/standard-webhooks/standard-webhooks).

    `webhook-id` and `Idempotency-Key` are the notification's id, which identifies repeats. Redirects are not followed.
    """

    def __init__(self, name: str, url: str, secret: bytes, *, allow_private: bool = False) -> None:
        self._name, self._url, self._secret, self._allow_private = name, urlsplit(url), secret, allow_private

    def deliver(self, notice: Notification) -> None:
        """Send a notification. Raises SinkError if the receiver does not accept it."""
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
        """Connect to an address that was just checked, so that no name resolves into a private network (SSRF)."""
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
        if not self._allow_private and not is_public(str(address)):
            raise BlockedAddress(f"address {address} is not public (allow_private_addresses)")
        plain = socket.create_connection((str(address), port), TIMEOUT_SECONDS)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_tls else plain


def webhook_body(notice: Notification) -> bytes:
    """Return the JSON of a notification: its texts for people, and its alerts as on the topic, each with its line."""
    body: dict[str, Any] = {
        "notice_id": notice.notice_id, "rule": notice.rule, "severity": notice.severity, "title": notice_title(notice),
        "text": notice_text(notice),
        "alerts": [msgspec.to_builtins(alert) | {"line": claim_line(shown(alert))} for alert in notice.alerts],
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False).encode()


def signature(secret: bytes, ident: str, at: str, body: bytes) -> str:
    """Return the HMAC-SHA256 (RFC 2104) over id, time in seconds and body, in base64 after the version."""
    signed = f"{ident}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def apprise_channel(name: str, address: str) -> Deliver:
    """Return a channel of apprise. Raises ConfigError if it is not installed or does not support the URL."""
    try:
        import apprise
    except ImportError:
        raise ConfigError(f"channel {name}: needs apprise: pip install 'claimwire[alerts]'") from None
    service = apprise.Apprise()
    if not service.add(address):
        # The URL is a secret: it is not shown.
        raise ConfigError(f"channel {name}: apprise does not support its URL")

    def deliver(notice: Notification) -> None:
        is_taken = service.notify(
            body=notice_text(notice), title=notice_title(notice), body_format=apprise.NotifyFormat.TEXT
        )
        if not is_taken:
            raise SinkError(f"channel {name}: not accepted", retryable=True)

    return deliver
