"""WebSub (W3C Recommendation, 2018): subscriptions to hubs, with polling as the fallback.

Pure: builds requests to hubs and verifies their answers.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from claimwire.records.feeds import Feed

LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=90)
RENEWED_IN_THE_LAST = 0.2
ASK_AGAIN = timedelta(hours=1)
# While a hub pushes, polls only catch entries that it missed.
STRETCH = 4.0
METHODS = ("sha1", "sha256", "sha384", "sha512")
LINK = re.compile(r"<([^<>]{1,2048})>([^<]{0,500})")
REL = re.compile(r";\s*rel\s*=\s*\"?([^\";,]{1,100})", re.IGNORECASE)


def linked(headers: Mapping[str, str], rel: str) -> str | None:
    """Return the URL of a relation in the Link headers (RFC 8288) of a response."""
    for address, parameters in LINK.findall(headers.get("link", "")):
        found = REL.search(parameters)
        if found and rel in found[1].lower().split():
            return str(address)
    return None


def token(key: bytes, url: str) -> str:
    """Return the unguessable part of a feed's callback URL."""
    return hmac.digest(key, f"callback {url}".encode(), "sha256").hex()[:32]


def secret(key: bytes, url: str) -> str:
    """Return the secret that the hub signs a feed's content with."""
    return hmac.digest(key, f"secret {url}".encode(), "sha256").hex()


def is_signed(body: bytes, header: str, key: str) -> bool:
    """Return whether an X-Hub-Signature (`sha256=…`) matches the body."""
    method, _, given = header.strip().partition("=")
    if method.lower() not in METHODS:
        return False
    return hmac.compare_digest(
        hmac.new(key.encode(), body, getattr(hashlib, method.lower())).hexdigest(), given.lower()
    )


def wants_lease(feed: Feed, now: datetime) -> bool:
    """Return whether to subscribe: not yet done, or the lease is about to expire."""
    if not feed.hub or not feed.topic_url or feed.disabled:
        return False
    if feed.websub_asked_at is not None and now - feed.websub_asked_at < ASK_AGAIN:
        return False
    if feed.websub_until is None:
        return True
    return feed.websub_until - now < timedelta(seconds=RENEWED_IN_THE_LAST * (feed.websub_lease or 0.0))


def request(feed: Feed, callback: str, key: bytes) -> dict[str, str]:
    """Return the form of a subscription request."""
    return {
        "hub.mode": "subscribe", "hub.topic": feed.topic_url or "", "hub.callback": callback,
        "hub.secret": secret(key, feed.url), "hub.lease_seconds": str(int(LEASE.total_seconds())),
    }  # fmt: skip


def lease_of(text: str) -> timedelta:
    """Parse the lease in seconds that a hub grants; LEASE if it is missing or invalid."""
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    return min(timedelta(seconds=seconds), LONGEST_LEASE) if seconds else LEASE


def stretched(feed: Feed, interval: float, now: datetime) -> float:
    """Return seconds between polls of a feed whose hub pushes, short enough to renew the lease in time."""
    left = (feed.websub_until - now).total_seconds() if feed.websub_until else 0.0
    return max(interval, min(STRETCH * interval, left * (1 - RENEWED_IN_THE_LAST / 2))) if left > 0 else interval
