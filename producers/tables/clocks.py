"""Correction of times in the producers' tables that were written while the clock was ahead. Pure."""

from datetime import datetime, timedelta

import msgspec

from claimwire.records.feeds import Feed, Page
from claimwire.runtime.clock import SKEW
from producers.tables.refetch import YOUNG
from producers.tables.schedule import allowed
from producers.websub.hubs import LONGEST_LEASE

# Times of past events, which are never in the future.
PAST_OF_FEED = ("added_at", "first_polled_at", "last_polled_at", "changed_at", "probed_at", "failing_since")


def mended_feed(feed: Feed, now: datetime, poll_max: float) -> Feed:
    """Return the row with corrected times; the same object if none are wrong."""
    latest = now + SKEW
    changes: dict[str, object] = {name: now for name in PAST_OF_FEED if (getattr(feed, name) or now) > latest}
    if feed.next_due > allowed(latest + timedelta(seconds=poll_max), feed.skip_hours, feed.skip_days):
        changes["next_due"] = now
    lease = timedelta(seconds=feed.websub_lease) if feed.websub_lease else LONGEST_LEASE
    if (feed.websub_until or now) > latest + lease:
        changes["websub_until"] = None
    if (feed.websub_asked_at or now) > latest:
        changes["websub_asked_at"] = None
    if any(poll.at > latest for poll in feed.recent):
        changes["recent"] = tuple(poll for poll in feed.recent if poll.at <= latest)
    return msgspec.structs.replace(feed, **changes) if changes else feed


def mended_page(page: Page, now: datetime, poll_max: float) -> Page:
    """Return the row with corrected times; the same object if none are wrong."""
    latest = now + SKEW
    changes: dict[str, object] = {}
    if page.first_seen_at > latest:
        changes["first_seen_at"] = now
    if (page.gone_at or now) > latest:
        changes["gone_at"] = now
    if page.next_due > latest + max(YOUNG, timedelta(seconds=poll_max)):
        changes["next_due"] = now
    return msgspec.structs.replace(page, **changes) if changes else page
