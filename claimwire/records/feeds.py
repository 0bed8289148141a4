"""Rows of the producers' tables: feeds to poll and pages to fetch."""

from collections.abc import Iterable

import msgspec

from claimwire.net.redaction import without_secrets
from claimwire.records.articles import Media
from claimwire.records.base import Part, Record, Time


class Polled(Part, frozen=True, kw_only=True):
    """Time and status of one poll of a feed."""

    at: Time
    status: str


class Feed(Record, frozen=True, kw_only=True):
    """State of a feed. `next_due` is the time of the next poll; `seen` the entries seen, SEEN_SIZE characters each.

    `interval` is the configured one (`is_interval_set`: by the user), `pace` the one computed from `rate` (entries a
    second) and `window` (entries), `hint` the one that the feed asks for, all in seconds; `gap` is the usual time
    between two polls with new entries.
    `topic_url` is the feed's URL at its `hub`, `websub_until` the end of the hub's lease of `websub_lease` seconds.
    `recent` are the latest polls, the newest last. `maybe_lost` counts polls with a full window of new entries.
    `ignores_validators`: the server answered 304 although the feed had new entries.
    """

    url: str
    source: str
    language: str | None = None
    added_at: Time
    live_since: Time | None = None
    interval: float = 900.0
    is_interval_set: bool = False
    next_due: Time
    first_polled_at: Time | None = None
    last_polled_at: Time | None = None
    status: str = "never_polled"
    error: str | None = None
    failures: float = 0.0
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    redirect_to: str | None = None
    redirects_seen: int = 0
    disabled: bool = False
    seen: str = ""
    entries_total: int = 0
    truncated_total: int = 0
    window: int = 0
    rate: float | None = None
    pace: float | None = None
    hint: float | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    hub: str | None = None
    topic_url: str | None = None
    websub_asked_at: Time | None = None
    websub_until: Time | None = None
    websub_lease: float | None = None
    changed_at: Time | None = None
    gap: float | None = None
    probed_at: Time | None = None
    ignores_validators: bool = False
    failing_since: Time | None = None
    maybe_lost: int = 0
    recent: tuple[Polled, ...] = ()


def starred(feed: Feed) -> Feed:
    """Return the feed for display: secrets in its URLs and in its latest error are masked with asterisks."""
    texts = {name: getattr(feed, name) for name in ("url", "source", "redirect_to", "hub", "topic_url", "error")}
    return msgspec.structs.replace(feed, **{name: without_secrets(text) for name, text in texts.items() if text})


def feed_at(feeds: Iterable[Feed], address: str) -> Feed | None:
    """Return the feed with this URL, full or masked by `starred`; None unless exactly one matches."""
    known = {feed.url: feed for feed in feeds}
    shown = [feed for url, feed in known.items() if without_secrets(url) == address]
    return known.get(address) or (shown[0] if len(shown) == 1 else None)


class Page(Record, frozen=True, kw_only=True):
    """A page to fetch for an article; the entry's summary is the fallback.

    `looks` is the number of re-fetches so far, 0 before the first fetch; `body_hash` is that of the bytes fetched last,
    `gone_at` the time of the first answer that the page is gone.
    """

    article_id: str
    revision_id: str
    url: str
    source: str
    lane: str
    first_seen_at: Time
    next_due: Time
    attempt: int = 0
    published_at: Time | None = None
    published_estimated: bool = False
    title: str | None = None
    summary: str | None = None
    language: str | None = None
    feed_url: str | None = None
    backfill: bool = False
    authors: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    looks: int = 0
    body_hash: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    gone_at: Time | None = None
