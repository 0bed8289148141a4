"""The feed poller: each owned feed when it is due; conditional GET; new entries to articles.raw or claimwire.pages."""

import asyncio
import hashlib
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from claimwire import metrics, topics
from claimwire.errors import FetchError, RateLimited, UnreachableError
from claimwire.log import Log, Message
from claimwire.producer_tables import Feed
from claimwire.settings import Settings
from claimwire.table import Table
from claimwire.workers import Pool, WorkFailed
from producers.articles import article_of_entry, opened, page_message, page_of, raw_message
from producers.feeds import FeedBytes, ParsedFeed, ParseFailure, parsed_or_failure
from producers.feeds_file import feed_message
from producers.fetch import Fetched, Fetcher
from producers.follow import cancelled, follow
from producers.hosts import Hosts
from producers.schedule import failure_weight, max_age, may_store, next_due

logger = logging.getLogger(__name__)
PARSE_SECONDS = 5.0
MAX_KNOWN = 2_000
REDIRECTS_TO_MOVE = 3


class RssProducer:
    """One member of the group `rss`."""

    def __init__(self, log: Log, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._log, self._settings, self._now = log, settings, now
        self.table: Table[Feed] = Table(log, topics.FEEDS, "rss", Feed)
        self._hosts = Hosts(settings.host_interval, settings.host_inflight)
        self._pool: Pool[FeedBytes, ParsedFeed | ParseFailure] = Pool(parsed_or_failure, 1, PARSE_SECONDS)
        self._polling: dict[str, asyncio.Task[None]] = {}

    async def run(self, stop: threading.Event) -> None:
        """Poll until `stop`; a broker that is away is waited for."""
        async with Fetcher(self._settings) as fetcher:
            await follow(self.table, stop, lambda: self._start_due(fetcher))
            await cancelled(self._polling)
        self._pool.close()
        self.table.close()

    def _start_due(self, fetcher: Fetcher) -> None:
        self._polling = {u: t for u, t in self._polling.items() if not t.done()}
        now = self._now()
        due = sorted(
            (
                f
                for f in self.table.rows.values()
                if not f.disabled and f.next_due <= now and f.url not in self._polling
            ),
            key=lambda f: f.next_due,
        )
        for feed in due[: max(0, self._settings.fetches - len(self._polling))]:
            self._polling[feed.url] = asyncio.create_task(self._poll(fetcher, feed))

    async def _poll(self, fetcher: Fetcher, feed: Feed) -> None:
        now = self._now()
        try:
            updated, messages = await self._result(fetcher, feed, now)
        except Exception:
            logger.exception("feed %s: the poll failed; it is tried again", feed.url)
            updated, messages = self._failed(feed, now, "internal_error", "see the log", None), []
        metrics.POLLS.labels(updated.status).inc()
        self.table.written(feed.url, updated)
        try:
            await asyncio.to_thread(self._log.publish, [*messages, feed_message(updated)])
        except UnreachableError as error:
            # Nothing was noted as seen: the entries are taken again at the next poll.
            logger.warning("feed %s: %s", feed.url, error)
            self.table.take_back(feed.url, feed)

    async def _result(self, fetcher: Fetcher, feed: Feed, now: datetime) -> tuple[Feed, list[Message]]:
        headers = {"If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
        try:
            async with self._hosts.turn(feed.url):
                sent = {k: v for k, v in headers.items() if v}
                fetched = await fetcher.fetch(feed.url, self._settings.max_feed_bytes, sent)
        except RateLimited as error:
            return self._failed(feed, now, error.reason, str(error), error.retry_after), []
        except FetchError as error:
            return self._failed(feed, now, error.reason, str(error), None, is_gone=error.status == 410), []
        if fetched.status == 304:
            return self._polled(feed, fetched, now, "not_modified"), []
        body_hash = hashlib.blake2b(fetched.body, digest_size=16).hexdigest()
        if body_hash == feed.body_hash:
            return self._polled(feed, fetched, now, "unchanged"), []
        source = FeedBytes(fetched.url, fetched.body, fetched.headers.get("content-type", ""))
        try:
            parsed = await asyncio.to_thread(self._pool.call, source)
        except WorkFailed as error:
            return self._failed(feed, now, "parse_timeout", str(error), None), []
        if isinstance(parsed, ParseFailure):
            return self._failed(feed, now, parsed.reason, parsed.text, None), []
        feed, messages = self._entries(feed, parsed, now)
        updated = self._polled(feed, fetched, now, "ok", ttl=parsed.hints.interval)
        return msgspec.structs.replace(updated, body_hash=body_hash), messages

    def _entries(self, feed: Feed, parsed: ParsedFeed, now: datetime) -> tuple[Feed, list[Message]]:
        known, messages = set(feed.known), []
        new = [e for e in reversed(parsed.entries) if f"{e.article_id[:16]}{e.revision_id[:16]}" not in known]
        for entry in new:
            page = page_of(entry, feed, now)
            messages.append(opened(page, "rss"))
            if entry.is_full:
                messages.append(raw_message(article_of_entry(entry, feed, now)))
            else:
                messages.append(page_message(page))
        seen = [f"{e.article_id[:16]}{e.revision_id[:16]}" for e in parsed.entries]
        older = [k for k in feed.known if k not in set(seen)]
        metrics.ENTRIES_TRUNCATED.inc(parsed.truncated)
        kept = (seen + older)[:MAX_KNOWN]
        return msgspec.structs.replace(
            feed, known=tuple(kept), entries_total=feed.entries_total + len(new),
            truncated_total=feed.truncated_total + parsed.truncated,
        ), messages  # fmt: skip

    def _polled(self, feed: Feed, fetched: Fetched, now: datetime, status: str, ttl: float | None = None) -> Feed:
        hints = [h for h in (ttl, max_age(fetched.headers)) if h]
        changes: dict[str, Any] = {
            "status": status, "error": None, "failures": 0.0, "last_polled_at": now,
            "first_polled_at": feed.first_polled_at or now,
            "next_due": next_due(now, feed.url, feed.interval, hint=max(hints, default=None), low=self._settings.poll_min,
                                 high=self._settings.poll_max),
        }  # fmt: skip
        if fetched.status == 304:
            changes["last_modified"] = fetched.headers.get("last-modified") or feed.last_modified
        else:
            keep = may_store(fetched.headers)
            changes["etag"] = fetched.headers.get("etag") if keep else None
            changes["last_modified"] = fetched.headers.get("last-modified") if keep else None
        if fetched.permanent and fetched.permanent != feed.url:
            seen = feed.redirects_seen + 1 if feed.redirect_to == fetched.permanent else 1
            changes |= {"redirect_to": fetched.permanent, "redirects_seen": seen}
            if seen == REDIRECTS_TO_MOVE:
                logger.warning("feed %s moved for good to %s", feed.url, fetched.permanent)
        return msgspec.structs.replace(feed, **changes)

    def _failed(
        self, feed: Feed, now: datetime, reason: str, error: str, retry_after: float | None, *, is_gone: bool = False
    ) -> Feed:
        failures = feed.failures + failure_weight(reason)
        logger.warning("feed %s: %s: %s", feed.url, reason, error)
        due = next_due(
            now, feed.url, feed.interval, failures=failures, retry_after=retry_after, low=self._settings.poll_min,
            high=self._settings.poll_max,
        )  # fmt: skip
        return msgspec.structs.replace(
            feed, status=reason, error=error[:300], failures=failures, last_polled_at=now, next_due=due,
            disabled=feed.disabled or is_gone,
        )  # fmt: skip
