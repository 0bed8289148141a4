"""Text extraction of fetched pages in child processes of their own, one page of a host at a time."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from claimwire.ids import host_of
from claimwire.runtime.process_pool import Pool, WorkFailed
from claimwire.runtime.strikes import Breaker
from producers.http.fetch import Fetched
from producers.tables.refetch import PageBytes, PageText, page_text

logger = logging.getLogger(__name__)
# A hostile host can occupy only one child.
READERS = 2
TEXT_SECONDS = 5.0


class PageTexts:
    """Texts of watched pages. Children are started for the first page.

    Extraction has its own threads, so that publishing and polling never wait for it.
    """

    def __init__(self, read: Callable[[PageBytes], PageText | None] = page_text, seconds: float = TEXT_SECONDS) -> None:
        self._read, self._seconds = read, seconds
        self._pool: Pool[PageBytes, PageText | None] | None = None
        self._breaker = Breaker()
        self._turns: dict[str, asyncio.Lock] = {}
        self._users: Counter[str] = Counter()

    async def text(self, fetched: Fetched) -> PageText | None:
        """Return the text of a page; None if it has none, timed out, or its host's breaker is open."""
        host = host_of(fetched.url)
        async with self._turn(host):
            if self._breaker.is_open(lambda: host):
                logger.warning("not watched: recent pages of its host timed out")
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
