"""Feed poller: conditional GET of each owned feed when it is due; new entries go to articles.raw or pages."""

import asyncio
import dataclasses
import hashlib
import logging
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import FetchError, RateLimited, UnreachableError
from claimwire.log import Log, Message
from claimwire.log.table import Table
from claimwire.messages import message_of, row_deleted
from claimwire.records.feeds import Feed
from claimwire.runtime import metrics
from claimwire.runtime.log_fields import bind
from claimwire.runtime.process_pool import Pool, WorkFailed
from producers.articles import article_of_entry, maybe_lost, opened, page_of
from producers.feeds.parse import MAX_ENTRIES, FeedBytes, ParsedFeed, ParseFailure, parsed_or_failure
from producers.http.fetch import WAITING, Fetcher
from producers.http.pacing import Hosts
from producers.tables.clocks import mended_feed
from producers.tables.due_queue import Due
from producers.tables.polls import (
    Seen,
    failed,
    has_moved,
    keys_of,
    polled,
    pushed,
    read_again,
    remembered,
    request_headers,
    seen_keys,
    with_seen,
)
from producers.tables.run_loop import cancelled, follow
from producers.websub.listener import HubListener

logger = logging.getLogger(__name__)
PARSE_SECONDS = 5.0
# A hostile feed can occupy only one child.
PARSERS = 2


class RssProducer:
    """One member of the group `rss`."""

    def __init__(
        self,
        log: Log,
        settings: Settings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        hub_socket: socket.socket | None = None,
    ) -> None:
        self._log, self._settings, self._now = log, settings, now
        self.table: Table[Feed] = Table(log, topics.FEEDS, "rss", Feed)
        self._due = Due(
            self.table,
            settings.host_inflight,
            lambda feed: None if feed.disabled else feed.next_due,
            lambda feed, at: mended_feed(feed, at, settings.poll_max),
        )
        self._hosts = Hosts(settings)
        self._pool: Pool[FeedBytes, ParsedFeed | ParseFailure] = Pool(parsed_or_failure, PARSERS, PARSE_SECONDS)
        self._polling: dict[str, asyncio.Task[None]] = {}
        self._listener = (
            HubListener(settings, self.table, now, self._write, self._take, hub_socket)
            if settings.websub_port
            else None
        )

    async def run(self, stop: threading.Event) -> None:
        """Poll until `stop`; wait while the broker is unreachable."""
        async with Fetcher(self._settings) as fetcher:
            if self._listener is not None:
                await self._listener.start()
            await follow(self.table, stop, lambda: self._start_due(fetcher))
            if self._listener is not None:
                await self._listener.stop()
            await cancelled(self._polling)
        self._pool.close()
        self._hosts.close()
        self.table.close()

    def _start_due(self, fetcher: Fetcher) -> None:
        self._polling = {u: t for u, t in self._polling.items() if not t.done()}
        free = WAITING * self._settings.fetches - len(self._polling)
        for url, feed in self._due.take(self._now(), self._polling, free):
            self._polling[url] = asyncio.create_task(self._poll(fetcher, feed))

    async def _poll(self, fetcher: Fetcher, feed: Feed) -> None:
        bind(feed=feed.url)
        now = self._now()
        try:
            updated, messages = await self._result(fetcher, feed, now)
        except Exception:
            logger.exception("poll failed; retrying")
            updated, messages = self._failed(feed, now, "internal_error", "see the log"), []
        metrics.POLLS.labels(updated.status).inc()
        if has_moved(updated):
            await self._move(feed, updated, messages)
            return
        updated = remembered(self._with_lease(updated), now)
        try:
            await self._publish(feed, updated, messages)
        except UnreachableError as error:
            # The entries are not stored as seen, so that the next poll publishes them again.
            logger.warning("%s", error)
            return
        if self._listener is not None and updated.websub_asked_at == now:
            await self._listener.subscribe(fetcher, updated)

    def _with_lease(self, row: Feed) -> Feed:
        """Return a row with a lease that its hub has granted meanwhile."""
        there = self.table.rows.get(row.url, row)
        return msgspec.structs.replace(row, websub_until=there.websub_until, websub_lease=there.websub_lease)

    async def _write(self, feed: Feed) -> None:
        """Publish a feed's row. On UnreachableError the row is unchanged."""
        await self._publish(self.table.rows[feed.url], feed, [])

    async def _publish(self, before: Feed, row: Feed, messages: list[Message]) -> None:
        """Publish a feed's row with its messages. On UnreachableError the row is `before` again."""
        self.table.written(row.url, row)
        try:
            await asyncio.to_thread(self._log.publish, [*messages, message_of(row)])
        except UnreachableError:
            self.table.take_back(row.url, before)
            raise

    async def _take(self, url: str, source: FeedBytes) -> None:
        """Process content pushed by a hub, after any poll of the feed in progress. Raises UnreachableError."""
        while (task := self._polling.get(url)) is not None and not task.done():
            await asyncio.wait([task])
        self._polling[url] = task = asyncio.create_task(self._take_now(url, source))
        await task

    async def _take_now(self, url: str, source: FeedBytes) -> None:
        bind(feed=url)
        now, feed = self._now(), self.table.rows.get(url)
        if feed is None:
            return
        try:
            parsed = await asyncio.wrap_future(self._pool.submit(source))
        except WorkFailed as error:
            parsed = ParseFailure("parse_timeout", str(error))
        if isinstance(parsed, ParseFailure):
            metrics.PUSHES.labels(parsed.reason).inc()
            logger.warning("unreadable push from the hub: %s", parsed.text)
            return
        noted, messages, _ = self._entries(feed, parsed, now)
        await self._publish(feed, self._with_lease(pushed(noted, now)), messages)
        metrics.PUSHES.labels("ok").inc()

    async def _move(self, feed: Feed, updated: Feed, messages: list[Message]) -> None:
        """Move a feed to its permanent redirect's URL, or disable it if that feed is already in the table."""
        there = updated.redirect_to or ""
        logger.warning("moved permanently to %s", there)
        moved = msgspec.structs.replace(updated, url=there, redirect_to=None, redirects_seen=0)
        gone = row_deleted(feed)
        self.table.written(feed.url, None)
        try:
            is_known = there in await asyncio.to_thread(self._log.snapshot, topics.FEEDS)
            await asyncio.to_thread(self._log.publish, [*messages, *([] if is_known else [message_of(moved)]), gone])
        except UnreachableError as error:
            logger.warning("%s", error)
            self.table.take_back(feed.url, feed)

    async def _result(self, fetcher: Fetcher, feed: Feed, now: datetime) -> tuple[Feed, list[Message]]:
        try:
            async with self._hosts.turn(feed.url):
                fetched = await fetcher.fetch(feed.url, self._settings.max_feed_bytes, request_headers(feed, now))
        except RateLimited as error:
            return self._failed(feed, now, error.reason, str(error), retry_after=error.retry_after), []
        except FetchError as error:
            return self._failed(feed, now, error.reason, str(error), is_gone=error.status == 410), []
        if fetched.status == 304:
            return polled(feed, fetched, now, "not_modified", self._settings), []
        body_hash = hashlib.blake2b(fetched.body, digest_size=16).hexdigest()
        if body_hash == feed.body_hash:
            return polled(feed, fetched, now, "unchanged", self._settings), []
        source = FeedBytes(fetched.url, fetched.body, fetched.headers.get("content-type", ""))
        try:
            parsed = await asyncio.wrap_future(self._pool.submit(source))
        except WorkFailed as error:
            return self._failed(feed, now, "parse_timeout", str(error)), []
        if isinstance(parsed, ParseFailure):
            return self._failed(feed, now, parsed.reason, parsed.text), []
        try:
            parsed, missing = await self._with_children(fetcher, parsed)
        except FetchError as error:
            return self._failed(feed, now, error.reason, str(error)), []
        metrics.FEEDS_PARSED.labels(parsed.parser).inc()
        noted, messages, seen = self._entries(feed, parsed, now)
        if seen.may_have_lost and feed.changed_at is not None:
            metrics.ENTRIES_MAYBE_LOST.inc()
            messages.append(maybe_lost(feed, seen.new, now))
            logger.warning("all %d entries are new: entries may have been lost between polls", seen.new)
        updated = polled(noted, fetched, now, "ok", self._settings, parsed, seen)
        if parsed.reported_error is not None and not parsed.entries:
            return self._failed(noted, now, "reports_error", parsed.reported_error), messages
        if missing or parsed.reported_error:
            return read_again(updated, missing, parsed.reported_error), messages
        return msgspec.structs.replace(updated, body_hash=body_hash), messages

    async def _with_children(self, fetcher: Fetcher, parsed: ParsedFeed) -> tuple[ParsedFeed, str | None]:
        """Return a sitemap index with the entries of its newest files, and the error of a file that is missing.

        Raises FetchError if none of the files can be read.
        """
        entries = list(parsed.entries)
        errors: list[FetchError] = []
        for url in parsed.children:
            try:
                entries += (await self._child(fetcher, url)).entries
            except FetchError as error:
                errors.append(error)
                logger.warning("file of a sitemap index left out: %s: %s", error.reason, error)
        if errors and len(errors) == len(parsed.children):
            raise errors[0]
        missing = str(errors[0]) if errors else None
        return dataclasses.replace(parsed, entries=tuple(entries[:MAX_ENTRIES])), missing

    async def _child(self, fetcher: Fetcher, url: str) -> ParsedFeed:
        """Fetch and parse one file of a sitemap index. Raises FetchError."""
        async with self._hosts.turn(url):
            fetched = await fetcher.fetch(url, self._settings.max_feed_bytes)
        source = FeedBytes(fetched.url, fetched.body, fetched.headers.get("content-type", ""))
        try:
            child = await asyncio.wrap_future(self._pool.submit(source))
        except WorkFailed as error:
            raise FetchError(f"{url}: {error}", reason="parse_timeout") from None
        if isinstance(child, ParseFailure):
            raise FetchError(f"{url}: {child.text}", reason=child.reason)
        return child

    def _entries(self, feed: Feed, parsed: ParsedFeed, now: datetime) -> tuple[Feed, list[Message], Seen]:
        known, messages = set(seen_keys(feed.seen)), []
        new = [e for e in reversed(parsed.entries) if known.isdisjoint(keys_of(e))]
        for entry in new:
            page = page_of(entry, feed, now)
            messages.append(opened(page, "rss"))
            if entry.is_full:
                messages.append(message_of(article_of_entry(entry, feed, now)))
            else:
                messages.append(message_of(page))
        metrics.ENTRIES_TRUNCATED.inc(parsed.truncated)
        return msgspec.structs.replace(
            feed, seen=with_seen(feed.seen, [key for e in parsed.entries for key in keys_of(e)], feed.window),
            entries_total=feed.entries_total + len(new),
            truncated_total=feed.truncated_total + parsed.truncated,
        ), messages, Seen(len(parsed.entries), len(new))  # fmt: skip

    def _failed(self, feed: Feed, now: datetime, reason: str, error: str, **how: Any) -> Feed:
        row = failed(feed, now, reason, error, self._settings, **how)
        if row.disabled and not feed.disabled:
            logger.error("%s: %s; feed disabled", reason, error)
        else:
            logger.warning("%s: %s", reason, error)
        return row
