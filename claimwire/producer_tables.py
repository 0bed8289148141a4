"""The rows of the producers' tables: what to poll and what to fetch."""

from collections.abc import Iterable

import msgspec

from claimwire.records import Media, Part, Record, Time
from claimwire.redaction import without_secrets


class Polled(Part, frozen=True, kw_only=True):
    """One poll of a feed: when, and the status that it ended in."""

    at: Time
    status: str


class Feed(Record, frozen=True, kw_only=True):
    """A feed to poll, and how it went. `next_due` is when to poll again; `seen` are the entries seen, SEEN_SIZE characters each.

    `interval` is what was asked for, `pace` what its `rate` (entries a second) and `window` (entries) made of it, `hint`
    what the feed asks for, all in seconds; `gap` is the usual time between two polls with something new.
    `topic_url` is what its `hub` calls it, `websub_until` the end of the hub's lease of `websub_lease` seconds.
    `recent` are the latest polls, the newest last.
    `maybe_lost` counts polls that found a whole window new. `ignores_validators`: it answered 304 while it had news.
    """

    url: str
    source: str
    language: str | None = None
    added_at: Time
    live_since: Time | None = None
    interval: float = 900.0
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
    """The feed as it may be shown: the secrets in its addresses and in its latest error are starred out."""
    texts = {name: getattr(feed, name) for name in ("url", "source", "redirect_to", "hub", "topic_url", "error")}
    return msgspec.structs.replace(feed, **{name: without_secrets(text) for name, text in texts.items() if text})


def feed_at(feeds: Iterable[Feed], address: str) -> Feed | None:
    """The feed of an address, whole or as `starred` shows it; None where it is that of none, or starred of several."""
    known = {feed.url: feed for feed in feeds}
    shown = [feed for url, feed in known.items() if without_secrets(url) == address]
    return known.get(address) or (shown[0] if len(shown) == 1 else None)


class Page(Record, frozen=True, kw_only=True):
    """A page to fetch for an article; the entry's summary is the fallback.

    `looks`: which look of the revision watch is the next one, 0 before the first fetch; `text_hash` and `lead` are of the
    text that it had, `gone_at` when it was first not there.
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
    text_hash: str | None = None
    lead: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    gone_at: Time | None = None
