"""Updates of a feed's row after a poll. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from claimwire.config.settings import Settings
from claimwire.net.redaction import without_secrets
from claimwire.records.feeds import Feed, Polled
from producers.feeds.entries import Entry
from producers.feeds.parse import ParsedFeed
from producers.http.fetch import Fetched
from producers.tables.schedule import (
    BURST_OF_HINTED,
    FULL_WINDOW,
    allowed,
    failure_weight,
    longest_pace,
    may_store,
    next_due,
    paced,
    server_hint,
    usual_rate,
)
from producers.websub.hubs import linked, stretched, wants_lease

SEEN_SIZE = 16
# Keys of entries, of which each entry has up to two.
LEAST_SEEN, MOST_SEEN, WINDOWS_SEEN = 400, 4_000, 8
REDIRECTS_TO_MOVE = 3
DEAD_AFTER = timedelta(days=30)
STALE_AFTER = timedelta(days=30)
LONGEST_SKIP = timedelta(days=7)
PROBE_EVERY = timedelta(days=1)
RECENT = 20
QUIET_TIMES = 12.0
LEAST_QUIET = timedelta(days=2)
GAP_SHARE = 0.2


@dataclass(frozen=True)
class Seen:
    """Number of entries in a poll, and of new ones among them."""

    entries: int
    new: int

    @property
    def may_have_lost(self) -> bool:
        """Return whether all entries were new, so that earlier ones may have been missed."""
        return self.entries >= FULL_WINDOW and self.new == self.entries


def keys_of(entry: Entry) -> list[str]:
    """Return the keys that a feed's row keeps of an entry: SEEN_SIZE characters of each of its ids and the revision."""
    half = SEEN_SIZE // 2
    return [ident[:half] + entry.revision_id[:half] for ident in dict.fromkeys((entry.article_id, entry.other_id))]


def seen_keys(seen: str) -> list[str]:
    """Return the keys of the entries seen, from a feed's row."""
    return [seen[n : n + SEEN_SIZE] for n in range(0, len(seen), SEEN_SIZE)]


def entries_seen(seen: str) -> int:
    """Return the number of different texts among the keys."""
    return len({key[SEEN_SIZE // 2 :] for key in seen_keys(seen)})


def with_seen(seen: str, keys: Sequence[str], window: int) -> str:
    """Return the keys of this poll, then older ones, bounded by the feed's `window`."""
    now = set(keys)
    kept = [*keys, *(key for key in seen_keys(seen) if key not in now)]
    return "".join(kept[: max(LEAST_SEEN, min(MOST_SEEN, WINDOWS_SEEN * max(window, len(keys) // 2)))])


def request_headers(feed: Feed, now: datetime) -> dict[str, str]:
    """Return the validators and RFC 3229's request for new entries only; neither if validators are being probed.

    After STALE_AFTER without new entries a feed is fetched without them once a day: some servers answer 304 for ever.
    """
    if feed.ignores_validators or is_probe(feed, now):
        return {}
    found = {"If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
    sent = {k: v for k, v in found.items() if v}
    return sent | {"A-IM": "feed"} if sent else {}


def is_probe(feed: Feed, now: datetime) -> bool:
    """Return whether this poll omits validators."""
    changed = feed.changed_at or feed.first_polled_at
    is_stale = changed is not None and now - changed > STALE_AFTER
    return is_stale and (feed.probed_at is None or now - feed.probed_at >= PROBE_EVERY)


def polled(
    feed: Feed, fetched: Fetched, now: datetime, status: str, settings: Settings, parsed: ParsedFeed | None = None,
    seen: Seen | None = None,
) -> Feed:  # fmt: skip
    """Return the row after a successful poll; `parsed` None means not modified."""
    changes: dict[str, Any] = {
        "status": status, "error": None, "failures": 0.0, "failing_since": None, "last_polled_at": now,
        "first_polled_at": feed.first_polled_at or now,
    }  # fmt: skip
    if is_probe(feed, now):
        changes["probed_at"] = now
        changes["ignores_validators"] = feed.ignores_validators or bool(seen and seen.new)
    if parsed is not None:
        asked = parsed.hints
        changes |= {"hint": asked.interval, "skip_hours": tuple(sorted(asked.skip_hours)),
                    "skip_days": tuple(sorted(asked.skip_days)),
                    "hub": linked(fetched.headers, "hub") or asked.hub,
                    "topic_url": linked(fetched.headers, "self") or asked.topic_url}  # fmt: skip
    if seen is not None:
        changes |= _rhythm(feed, seen, now)
    changes |= _validators(feed, fetched) | _redirect(feed, fetched)
    changes |= _pace(feed, seen or Seen(feed.window, 0), now, settings)
    row: Feed = msgspec.structs.replace(feed, **changes)
    hints = [h for h in (row.hint, server_hint(fetched.headers, now)) if h]
    hint = min(max(hints), longest_hint(row)) if hints else None
    interval = stretched(row, row.pace or row.interval, now)
    due = next_due(now, row.url, interval, hint=hint, bounds=(settings.poll_min, settings.poll_max))
    lease = {"websub_asked_at": now} if settings.websub_port and wants_lease(row, now) else {}
    return msgspec.structs.replace(row, next_due=allowed(due, row.skip_hours, row.skip_days), **lease)


def read_again(row: Feed, missing: str | None, reported: str | None) -> Feed:
    """Return the row of a feed of which a file is missing or that reports an error: without validators."""
    status = row.status if reported is None else "reports_error"
    error = (missing or reported or "")[:300]
    return msgspec.structs.replace(row, status=status, error=error, body_hash=None, etag=None, last_modified=None)


def longest_hint(row: Feed) -> float:
    """Return the longest interval that a hint can ask for: the user's own, else the one in which no entry is missed."""
    if row.is_interval_set or not row.window:
        return row.interval
    return max(row.interval, longest_pace(row.window, row.rate or row.window / 86_400, BURST_OF_HINTED))


def pushed(feed: Feed, now: datetime) -> Feed:
    """Return the row after a push from its hub."""
    return msgspec.structs.replace(feed, status="pushed", error=None, changed_at=now)


def _rhythm(feed: Feed, seen: Seen, now: datetime) -> dict[str, Any]:
    """Return time of the last new entry, usual gap between new entries, and number of polls with a full new window."""
    if not seen.new:
        return {"changed_at": feed.changed_at or now}
    changes: dict[str, Any] = {"changed_at": now}
    if feed.changed_at is not None:
        gap = (now - feed.changed_at).total_seconds()
        changes["gap"] = gap if feed.gap is None else feed.gap + GAP_SHARE * (gap - feed.gap)
        changes["maybe_lost"] = feed.maybe_lost + seen.may_have_lost
    return changes


def _pace(feed: Feed, seen: Seen, now: datetime, settings: Settings) -> dict[str, Any]:
    """Return the interval that fits the feed's rate of entries; a first poll gives no rate."""
    if feed.last_polled_at is None or not seen.entries:
        return {"window": seen.entries}
    seconds = (now - feed.last_polled_at).total_seconds()
    rate = usual_rate(feed.rate, seen.new, seen.entries, seconds)
    share = 1 - seen.new / seen.entries
    pace = paced(feed.pace or feed.interval, feed.interval, share, seen.entries, rate, settings.poll_min)
    return {"window": seen.entries, "rate": rate, "pace": pace}


def _validators(feed: Feed, fetched: Fetched) -> dict[str, Any]:
    if fetched.status == 304:
        # RFC 9111 4.3.4: a 304 updates the stored header fields that it contains.
        headers = fetched.headers
        return {
            "etag": headers.get("etag") or feed.etag,
            "last_modified": headers.get("last-modified") or feed.last_modified,
        }
    keep = may_store(fetched.headers)
    return {name: fetched.headers.get(name.replace("_", "-")) if keep else None for name in ("etag", "last_modified")}


def _redirect(feed: Feed, fetched: Fetched) -> dict[str, Any]:
    if not fetched.permanent or fetched.permanent == feed.url:
        return {"redirect_to": None, "redirects_seen": 0}
    seen = feed.redirects_seen + 1 if feed.redirect_to == fetched.permanent else 1
    return {"redirect_to": fetched.permanent, "redirects_seen": seen}


def has_moved(feed: Feed) -> bool:
    """Return whether the latest polls were all redirected permanently to one URL."""
    return feed.redirect_to is not None and feed.redirects_seen >= REDIRECTS_TO_MOVE


def remembered(row: Feed, now: datetime) -> Feed:
    """Return the row with this poll added to its RECENT latest ones."""
    return msgspec.structs.replace(row, recent=(*row.recent[1 - RECENT :], Polled(at=now, status=row.status)))


def failed(
    feed: Feed, now: datetime, reason: str, error: str, settings: Settings, *, retry_after: float | None = None,
    is_gone: bool = False,
) -> Feed:  # fmt: skip
    """Return the row after a failed poll. A feed that is gone (410) or fails for DEAD_AFTER is disabled."""
    failures = feed.failures + failure_weight(reason)
    since = now if feed.failing_since is None or _has_slept(feed, now, settings) else feed.failing_since
    due = next_due(
        now, feed.url, feed.pace or feed.interval, failures=failures, retry_after=retry_after,
        bounds=(settings.poll_min, settings.poll_max),
    )  # fmt: skip
    return msgspec.structs.replace(
        feed, status=reason, error=without_secrets(error)[:300], failures=failures, failing_since=since, last_polled_at=now,
        next_due=allowed(due, feed.skip_hours, feed.skip_days), disabled=feed.disabled or is_gone or now - since > DEAD_AFTER,
    )  # fmt: skip


def _has_slept(feed: Feed, now: datetime, settings: Settings) -> bool:
    """Return whether polling paused for longer than any interval: the machine was off, or its clock jumped."""
    longest = timedelta(seconds=settings.poll_max) + LONGEST_SKIP
    return feed.last_polled_at is not None and now - feed.last_polled_at > longest


def silence(feed: Feed, now: datetime) -> timedelta | None:
    """Return the time since the last new entry if that is unusually long for the feed, else None."""
    if feed.changed_at is None or feed.disabled:
        return None
    quiet = now - feed.changed_at
    usual = timedelta(seconds=feed.gap) if feed.gap is not None else STALE_AFTER / QUIET_TIMES
    return quiet if quiet > max(QUIET_TIMES * usual, LEAST_QUIET) else None
