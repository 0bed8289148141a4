"""Politeness to one host: few requests in flight, and a least time between their starts."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from claimwire.ids import host_of

MAX_HOSTS = 20_000


class Hosts:
    """One gate for each host. A host is owned by one producer (its partition), so no lock between processes."""

    def __init__(self, interval: float, inflight: int) -> None:
        self._interval, self._inflight = interval, inflight
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._next: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, url: str, delay: float = 0.0) -> AsyncIterator[None]:
        """Wait for this host's turn; `delay` is its robots.txt crawl delay in seconds."""
        host = host_of(url)
        if len(self._gates) > MAX_HOSTS:
            self._gates.clear()
            self._next.clear()
        gate = self._gates.setdefault(host, asyncio.Semaphore(self._inflight))
        async with gate:
            now = time.monotonic()
            start = max(now, self._next.get(host, 0.0))
            self._next[host] = start + max(self._interval, min(delay, 60.0))
            await asyncio.sleep(start - now)
            yield
