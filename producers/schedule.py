"""When to poll again. Pure: times are arguments, jitter comes from the feed's URL."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from claimwire.ids import digest

# What each failure adds to the count; the interval doubles for each whole one.
WEIGHTS: Mapping[str, float] = {
    "timed_out": 0.5,
    "dns": 0.5,
    "connection_failed": 0.5,
    "rate_limited": 0.25,
    "bad_body": 0.5,
}
MAX_DOUBLINGS = 10


def failure_weight(reason: str) -> float:
    """How much a failure counts: passing troubles less than a page that is no feed."""
    return WEIGHTS.get(reason, 1.0)


def next_due(
    now: datetime, url: str, interval: float, *, failures: float = 0.0, hint: float | None = None,
    retry_after: float | None = None, low: float = 120.0, high: float = 86_400.0,
) -> datetime:  # fmt: skip
    """max(interval, the server's hints), doubled for each failure, within [low, high] seconds, ± 10%."""
    seconds = max(interval, hint or 0.0) * 2 ** min(MAX_DOUBLINGS, int(failures))
    seconds = min(max(seconds, low), high)
    spread = 0.9 + 0.2 * int(digest(url, str(int(now.timestamp())), size=4), 16) / 0xFFFFFFFF
    if retry_after is not None:
        return now + timedelta(seconds=min(high, max(retry_after, seconds * spread)))
    return now + timedelta(seconds=min(high, max(low, seconds * spread)))


def max_age(headers: Mapping[str, str]) -> float | None:
    """Seconds of Cache-Control: max-age (RFC 9111 5.2.2.1), None where there is none."""
    found = re.search(r"max-age\s*=\s*\"?(\d{1,9})", headers.get("cache-control", ""))
    return float(found.group(1)) if found else None


def may_store(headers: Mapping[str, str]) -> bool:
    """Whether validators may be kept: not with no-store, nor with `Expires: 0`."""
    return "no-store" not in headers.get("cache-control", "") and headers.get("expires", "").strip() != "0"
