"""Schedule of polls. Pure: times are arguments, jitter comes from the feed's URL."""

import math
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from claimwire.ids import digest

# Weight of each failure in the count; the interval doubles for each whole one.
WEIGHTS: Mapping[str, float] = {
    "timed_out": 0.5,
    "dns": 0.5,
    "dns_temporary": 0.25,
    "connection_failed": 0.5,
    "rate_limited": 0.25,
    "bad_body": 0.5,
    "blocked_by_challenge": 3.0,
}
MAX_DOUBLINGS = 10
# A poll in which a third to two thirds of the entries are known wastes no polls and risks no losses.
FEWEST_KNOWN, MOST_KNOWN = 0.33, 0.67
FASTER, SLOWER = 0.6, 1.25
SLOWEST = 4.0
# By day a feed has twice its mean rate, a burst of news six times that, plus random variation. Simulated over 30 days
# of 2,000 feeds, 40 misses 147 of 1.8 million entries and polls a fifth as often as every five minutes; 80 misses 14,
# at 36%.
BURST = 80.0
# A feed that asks for longer intervals gets less room: a burst by day.
BURST_OF_HINTED = 20.0
RATE_SECONDS = 2 * 86_400.0
# A window of fewer entries can be new as a whole without anything being lost.
FULL_WINDOW = 5


def failure_weight(reason: str) -> float:
    """Return the weight of a failure: temporary ones count less than a page that is not a feed."""
    return WEIGHTS.get(reason, 1.0)


def next_due(
    now: datetime, url: str, interval: float, *, failures: float = 0.0, hint: float | None = None,
    retry_after: float | None = None, bounds: tuple[float, float] = (120.0, 86_400.0),
) -> datetime:  # fmt: skip
    """Return max(interval, server's hints) in seconds, doubled for each failure, within the bounds, ± 10%."""
    low, high = bounds
    seconds = max(interval, hint or 0.0) * 2 ** min(MAX_DOUBLINGS, int(failures))
    seconds = min(max(seconds, low), high)
    spread = 0.9 + 0.2 * int(digest(url, str(int(now.timestamp())), size=4), 16) / 0xFFFFFFFF
    if retry_after is not None:
        return now + timedelta(seconds=min(high, max(retry_after, seconds * spread)))
    return now + timedelta(seconds=min(high, max(low, seconds * spread)))


def allowed(due: datetime, skip_hours: Collection[int], skip_days: Collection[int]) -> datetime:
    """Return the first time from `due` outside the hours (0-23, GMT) and weekdays (0 = Monday) to skip.

    RSS 2.0, skipHours and skipDays.
    """
    if not skip_hours and not skip_days:
        return due
    when = due.astimezone(UTC)
    for _ in range(24 * 7):
        if when.hour not in skip_hours and when.weekday() not in skip_days:
            return when
        when = when.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due


def paced(pace: float, interval: float, known_share: float, window: int, rate: float, low: float) -> float:
    """Return the interval after a poll in which this share of the entries was known.

    It is between `low` and SLOWEST times the configured interval, and short enough that a burst of BURST times the
    usual `rate` (entries a second) fits into the `window` (entries).
    """
    factor = FASTER if known_share < FEWEST_KNOWN else SLOWER if known_share > MOST_KNOWN else 1.0
    longest = min(SLOWEST * interval, longest_pace(window, rate))
    return max(min(pace * factor, longest), low)


def longest_pace(window: int, rate: float, burst: float = BURST) -> float:
    """Return the longest interval in which a burst at this usual rate fits into the window."""
    return window / (burst * rate) if rate else math.inf


def usual_rate(rate: float | None, new: int, window: int, seconds: float) -> float:
    """Return entries a second as a moving average over RATE_SECONDS; initially a window a day."""
    before = window / 86_400 if rate is None else rate
    return before + (1 - math.exp(-seconds / RATE_SECONDS)) * (new / seconds - before) if seconds > 0 else before


def server_hint(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the freshness lifetime in seconds: Cache-Control: max-age, else Expires (RFC 9111 4.2.1)."""
    found = re.search(r"max-age\s*=\s*\"?(\d{1,9})", headers.get("cache-control", ""))
    if found:
        return float(found.group(1))
    try:
        expires = parsedate_to_datetime(headers.get("expires", ""))
    except ValueError:
        return None
    expires = expires if expires.tzinfo else expires.replace(tzinfo=UTC)
    seconds = (expires - now).total_seconds()
    return seconds if seconds > 0 else None


def may_store(headers: Mapping[str, str]) -> bool:
    """Return whether validators may be stored: not with no-store or `Expires: 0`."""
    return "no-store" not in headers.get("cache-control", "") and headers.get("expires", "").strip() != "0"
