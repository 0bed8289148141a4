"""Delivery times of alerts: hold, rate limit, digest and quiet hours. Pure; the caller passes the time."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from claimwire.records.alerts import Policy


def due(policy: Policy, arrived: datetime, last_told: datetime | None) -> tuple[datetime, str]:
    """Return the delivery time of an alert, and the reason for a delay ("" if there is none).

    `last_told` is the time of the last delivery for its group. Delayed alerts of a group are sent together.
    """
    at, why = arrived, ""
    if policy.hold:
        at, why = arrived + timedelta(seconds=policy.hold), "held"
    # A time after the alert's own was written by a clock that was ahead.
    if policy.at_most_every and last_told is not None and last_told <= arrived:
        earliest = last_told + timedelta(seconds=policy.at_most_every)
        if earliest > at:
            at, why = earliest, "at most every"
    if policy.digest:
        past = at.timestamp() % policy.digest
        at, why = at + timedelta(seconds=policy.digest - past), "digest"
    end = end_of_quiet(policy.quiet_hours, at) if policy.quiet_hours else None
    return (end, "quiet hours") if end is not None else (at, why)


def end_of_quiet(hours: str, at: datetime) -> datetime | None:
    """Return the end of the quiet hours that contain `at`; None if it is outside them."""
    begin, end, zone = _hours(hours)
    local = at.astimezone(zone)
    now = local.time()
    is_quiet = begin <= now < end if begin <= end else now >= begin or now < end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1) if now >= end else local.date()
    return datetime.combine(day, end, zone).astimezone(at.tzinfo)


@lru_cache(maxsize=100)
def _hours(hours: str) -> tuple[time, time, ZoneInfo]:
    span, _, zone = hours.partition(" ")
    begin, _, end = span.partition("-")
    return time.fromisoformat(begin), time.fromisoformat(end), ZoneInfo(zone)
