"""Texts of fetched pages, read in child processes: threads and children of their own, one page of a host at a time."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from claimwire.ids import host_of
from claimwire.strikes import Breaker
from claimwire.workers import Pool, WorkFailed
from producers.http.fetch import Fetched
from producers.tables.refetch import PageBytes, PageText, page_text

logger = logging.getLogger(__name__)
# A hostile host holds one child; the others go on.
READERS = 2
TEXT_SECONDS = 5.0


class PageTexts:
    """The texts by which a page is watched. Children are started for the first page.

    Nothing else waits for them: reading takes no thread of those that publish and poll.
    """

    def __init__(self, read: Callable[[PageBytes], PageText | None] = page_text, seconds: float = TEXT_SECONDS) -> None:
        self._read, self._seconds = read, seconds
        self._pool: Pool[PageBytes, PageText | None] | None = None
        self._breaker = Breaker()
        self._turns: dict[str, asyncio.Lock] = {}
        self._users: Counter[str] = Counter()

    async def text(self, fetched: Fetched) -> PageText | None:
        """The text of a page; None where it has none, was late, or is of a host whose last pages were late."""
        host = host_of(fetched.url)
        async with self._turn(host):
            if self._breaker.is_open(lambda: host):
                logger.warning("not watched: the last pages of its host were late")
                return None
            if self._pool is None:
                self._pool = Pool(self._read, READERS, self._seconds)
            try:
                page = PageBytes(fetched.body, fetched.url, fetched.charset)
                return await asyncio.wrap_future(self._pool.submit(page))
            except (WorkFailed, ValueError) as error:
                if isinstance(error, WorkFailed):
                    self._breaker.strike(host)
                logger.warning("not watched: %s", error)
                return None

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        self._users[host] += 1
        try:
            async with self._turns.setdefault(host, asyncio.Lock()):
                yield
        finally:
            self._users[host] -= 1
            if not self._users[host]:
                del self._users[host], self._turns[host]

    def close(self) -> None:
        """End the children."""
        if self._pool is not None:
            self._pool.close()
