"""Page fetcher: pages to articles.raw, with robots.txt, rate limits, retries, and the feed's summary as fallback."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import FetchError, RateLimited, UnreachableError
from claimwire.ids import article_id, canonical_url, digest
from claimwire.log import Log, Message
from claimwire.log.table import Table
from claimwire.messages import message_of, row_deleted
from claimwire.records.feeds import Page
from claimwire.records.vocabulary import BodySource, RejectReason
from claimwire.runtime import metrics
from claimwire.runtime.log_fields import bind
from producers.articles import article_of_page, article_of_summary, opened, rejected, withdrawal
from producers.http.fetch import WAITING, Fetched, Fetcher
from producers.http.pacing import Hosts
from producers.http.robots import Robots
from producers.tables import refetch
from producers.tables.clocks import mended_page
from producers.tables.due_queue import Due
from producers.tables.run_loop import cancelled, follow

logger = logging.getLogger(__name__)
HTML_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", "")
FINAL = {"gone": RejectReason.GONE, "not_found": RejectReason.GONE, "too_large": RejectReason.TOO_LARGE,
         "blocked_address": RejectReason.BLOCKED_ADDRESS}  # fmt: skip
MIN_SUMMARY = 40


class WebProducer:
    """One member of the group `web`."""

    def __init__(
        self,
        log: Log,
        settings: Settings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._log, self._settings, self._now = log, settings, now
        self.table: Table[Page] = Table(log, topics.PAGES, "web", Page)
        self._due: Due[Page] = Due(
            self.table,
            settings.host_inflight,
            lambda page: page.next_due,
            lambda page, at: mended_page(page, at, settings.poll_max),
        )
        self._hosts = Hosts(settings)
        self._fetching: dict[str, asyncio.Task[None]] = {}

    async def run(self, stop: threading.Event) -> None:
        """Fetch until `stop`; wait while the broker is unreachable."""
        async with Fetcher(self._settings) as fetcher:
            robots = Robots(fetcher, self._settings.user_agent)
            await follow(self.table, stop, lambda: self._start_due(fetcher, robots))
            await cancelled(self._fetching)
        self._hosts.close()
        self.table.close()

    def _start_due(self, fetcher: Fetcher, robots: Robots) -> None:
        self._fetching = {k: t for k, t in self._fetching.items() if not t.done()}
        free = WAITING * self._settings.fetches - len(self._fetching)
        for key, page in self._due.take(self._now(), self._fetching, free):
            self._fetching[key] = asyncio.create_task(self._fetch(fetcher, robots, page))

    async def _fetch(self, fetcher: Fetcher, robots: Robots, page: Page) -> None:
        bind(page=page.url, article=page.article_id)
        try:
            messages, status = await self._result(fetcher, robots, page)
        except Exception:
            logger.exception("fetch failed; retrying")
            messages = [self._next_look(page)] if page.looks else self._again(page, "internal_error", None)
            status = "internal_error"
        metrics.FETCHES.labels(status).inc()
        row = messages[-1]
        kept = None if row.value is None else msgspec.json.decode(row.value, type=Page)
        self.table.written(page.article_id, kept)
        try:
            await asyncio.to_thread(self._log.publish, messages)
        except UnreachableError as error:
            logger.warning("%s", error)
            self.table.take_back(page.article_id, page)

    async def _result(self, fetcher: Fetcher, robots: Robots, page: Page) -> tuple[list[Message], str]:
        """Return the messages to publish for a page, its table row last, and the status for the metrics."""
        try:
            is_allowed, delay = await robots.allows(page.url)
            if not is_allowed:
                done = [row_deleted(page)]
                return done if page.looks else self._ended(page, RejectReason.ROBOTS), "robots"
            async with self._hosts.turn(page.url, delay):
                fetched = await fetcher.fetch(page.url, self._settings.max_page_bytes, refetch.look_headers(page))
        except FetchError as error:
            if page.looks:
                return self._looked(page, error)
            if isinstance(error, RateLimited):
                return self._again(page, error.reason, error.retry_after), error.reason
            reason = FINAL.get(error.reason)
            if reason:
                return self._ended(page, reason), error.reason
            return self._again(page, error.reason, None), error.reason
        if page.looks and (fetched.status == 304 or fetched.media_type not in HTML_TYPES):
            return [self._next_look(page)], "unchanged"
        if fetched.media_type not in HTML_TYPES:
            return self._ended(page, RejectReason.NOT_HTML), "not_html"
        if page.looks and refetch.body_hash(fetched) == page.body_hash:
            return [self._next_look(page)], "unchanged"
        named = refetch.revision(page, fetched) if page.looks else page
        now = self._now()
        raw = article_of_page(
            named, fetched.body, fetched.media_type or "text/html", fetched.charset, now, BodySource.PAGE
        )
        lines = [opened(named, "web", now)] if page.looks else []
        return [*lines, message_of(raw), self._watch(page, fetched)], "ok"

    def _is_watched(self, page: Page) -> bool:
        """Return whether to watch the page: its article is young and the table has room."""
        if page.looks or not refetch.is_young(page, self._now()):
            return page.looks > 0
        has_room = len(self.table.rows) <= self._settings.watched_pages
        metrics.PAGES_UNWATCHED.inc(not has_room)
        return has_room

    def _watch(self, page: Page, fetched: Fetched) -> Message:
        """Return the page's row due for the next re-fetch, or its deletion if there is none."""
        row = refetch.watched(page, fetched, self._now()) if self._is_watched(page) else None
        return message_of(row) if row else row_deleted(page)

    def _next_look(self, page: Page) -> Message:
        row = refetch.later(page, self._now())
        return message_of(row) if row else row_deleted(page)

    def _looked(self, page: Page, error: FetchError) -> tuple[list[Message], str]:
        """Return the messages for a failed re-fetch: another one, or the withdrawal of a page that is gone."""
        now = self._now()
        if error.reason not in FINAL or FINAL[error.reason] is not RejectReason.GONE:
            return [self._next_look(page)], error.reason
        row = refetch.gone(page, error.status, now)
        if row is not None:
            return [message_of(row)], error.reason
        raw = withdrawal(page, now)
        logger.warning("page gone: article withdrawn")
        return [opened(raw, "web", now), message_of(raw), row_deleted(page)], "withdrawn"

    def _again(self, page: Page, reason: str, retry_after: float | None) -> list[Message]:
        attempt = page.attempt + 1
        if attempt >= self._settings.page_attempts:
            return self._ended(page, RejectReason.TIMED_OUT if reason == "timed_out" else RejectReason.UNREACHABLE)
        wait = max(retry_after or 0.0, min(self._settings.poll_max, self._settings.poll_min * 2**attempt))
        logger.warning("%s; retrying in %.1f s", reason, wait)
        later = msgspec.structs.replace(page, attempt=attempt, next_due=self._now() + timedelta(seconds=wait))
        return [message_of(later)]

    def _ended(self, page: Page, reason: RejectReason) -> list[Message]:
        """Return the article of the summary (`body_source` says so), or without one the rejection."""
        done = row_deleted(page)
        if page.summary and len(page.summary) >= MIN_SUMMARY:
            return [message_of(article_of_summary(page, self._now())), done]
        return [rejected(page, reason, self._now()), done]


def request_pages(log: Log, urls: Iterable[str], source: str, now: datetime) -> int:
    """Request pages by URL (a URL list). Each request is a new revision: the page may have changed."""
    count = 0
    messages: list[Message] = []
    for url in urls:
        canonical_url(url)
        page = Page(
            article_id=article_id(url, source), revision_id=digest("look", url, now.isoformat()), url=url,
            source=source, lane="live", first_seen_at=now, next_due=now,
        )  # fmt: skip
        messages += [opened(page, "web"), message_of(page)]
        count += 1
    log.publish(messages)
    return count
