"""WebSub (W3C Recommendation, 2018): hubs that push what a feed publishes; polling stays as the net below.

Pure: what to ask a hub for, and what to believe of what comes back.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from claimwire.producer_tables import Feed

LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=90)
RENEWED_IN_THE_LAST = 0.2
ASK_AGAIN = timedelta(hours=1)
# While a hub pushes, polls only look for what it missed.
STRETCH = 4.0
METHODS = ("sha1", "sha256", "sha384", "sha512")
LINK = re.compile(r"<([^<>]{1,2048})>([^<]{0,500})")
REL = re.compile(r";\s*rel\s*=\s*\"?([^\";,]{1,100})", re.IGNORECASE)


def linked(headers: Mapping[str, str], rel: str) -> str | None:
    """The address of a relation in the Link headers (RFC 8288) of an answer."""
    for address, parameters in LINK.findall(headers.get("link", "")):
        found = REL.search(parameters)
        if found and rel in found[1].lower().split():
            return str(address)
    return None


def token(key: bytes, url: str) -> str:
    """The part of a feed's callback that nobody else can guess."""
    return hmac.digest(key, f"callback {url}".encode(), "sha256").hex()[:32]


def secret(key: bytes, url: str) -> str:
    """Return the secret that the hub signs a feed's content with."""
    return hmac.digest(key, f"secret {url}".encode(), "sha256").hex()


def is_signed(body: bytes, header: str, key: str) -> bool:
    """Return whether an X-Hub-Signature (`sha256=…`) is that of the body."""
    method, _, given = header.strip().partition("=")
    if method.lower() not in METHODS:
        return False
    return hmac.compare_digest(
        hmac.new(key.encode(), body, getattr(hashlib, method.lower())).hexdigest(), given.lower()
    )


def wants_lease(feed: Feed, now: datetime) -> bool:
    """Return whether the feed's hub is to be asked: never asked, or the lease is near its end."""
    if not feed.hub or not feed.topic_url or feed.disabled:
        return False
    if feed.websub_asked_at is not None and now - feed.websub_asked_at < ASK_AGAIN:
        return False
    if feed.websub_until is None:
        return True
    return feed.websub_until - now < timedelta(seconds=RENEWED_IN_THE_LAST * (feed.websub_lease or 0.0))


def request(feed: Feed, callback: str, key: bytes) -> dict[str, str]:
    """The form of a subscription."""
    return {
        "hub.mode": "subscribe", "hub.topic": feed.topic_url or "", "hub.callback": callback,
        "hub.secret": secret(key, feed.url), "hub.lease_seconds": str(int(LEASE.total_seconds())),
    }  # fmt: skip


def lease_of(text: str) -> timedelta:
    """The lease that a hub grants, LEASE where it says nothing that is one."""
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    return min(timedelta(seconds=seconds), LONGEST_LEASE) if seconds else LEASE


def stretched(feed: Feed, interval: float, now: datetime) -> float:
    """Seconds between two polls of a feed whose hub pushes, so that one comes in time to renew the lease."""
    left = (feed.websub_until - now).total_seconds() if feed.websub_until else 0.0
    return max(interval, min(STRETCH * interval, left * (1 - RENEWED_IN_THE_LAST / 2))) if left > 0 else interval
