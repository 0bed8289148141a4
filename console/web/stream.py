"""New claims as server-sent events (HTML Living Standard, 9.2): one reader of the log for all browsers.

The id of an event is the position after it in each partition of `claims`, "3.0.17.2". The newest claims are kept in
memory: a browser that reconnects with an id (Last-Event-ID) within that buffer receives all later claims once,
whichever process created the id; after a longer absence it must reload the page. Each browser has its own position in
the buffer, so that a slow one does not delay others.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.log import Log, Message, Tail
from claimwire.log.reading import decoded
from claimwire.records.sightings import Sighting
from claimwire.runtime import metrics
from console.queries.claim_filter import ClaimFilter

logger = logging.getLogger(__name__)
# Maximum claims in memory, and records of each partition read at the start.
KEPT, READ_BACK = 4000, 1000
POLL_SECONDS = 0.25
RETRY_SECONDS = 2.0
HEARTBEAT_SECONDS = 15.0
MOST_BROWSERS = 500
Positions = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Event:
    """A claim, its position, and the position after it in each partition."""

    sighting: Sighting
    partition: int
    offset: int
    after: Positions


@dataclass(frozen=True)
class Batch:
    """Events, with the hub's event count and log positions after them."""

    events: list[Event]
    count: int
    after: Positions


def event_id(positions: Positions) -> str:
    """Format positions as an event id."""
    return ".".join(map(str, positions))


def positions_of(ident: str) -> Positions | None:
    """Parse the positions of an event id; None if it is invalid."""
    parts = ident.split(".")
    is_one = len(parts) == topics.CLAIMS.partitions and all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts)
    return tuple(map(int, parts)) if is_one else None


class Hub:
    """Buffer of the newest claims of the log. `open_log` opens a log for the reading thread."""

    def __init__(self, open_log: Callable[[], Log], kept: int = KEPT, read_back: int = READ_BACK) -> None:
        self._open_log, self._kept, self._read_back = open_log, kept, read_back
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._events: deque[Event] = deque()
        self._count = 0
        self._first: Positions = ()
        self._next: Positions | None = None
        self._begin: Positions = ()
        self.problem: str | None = None
        self.browsers = 0
        self._thread = threading.Thread(target=self._run, name="page stream", daemon=True)
        self._loops: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    @property
    def positions(self) -> Positions | None:
        """Return the positions after all records read; None until it has read up to the log's end at the start."""
        now = self._next
        return now if now is not None and all(n >= b for n, b in zip(now, self._begin, strict=True)) else None

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading and disconnect all browsers."""
        self._stop.set()
        self._wake()
        self._thread.join(10)

    @property
    def is_open(self) -> bool:
        """Return whether it is reading or starting."""
        return not self._stop.is_set()

    def _run(self) -> None:
        while not self._stop.is_set():
            log: Log | None = None
            tail: Tail | None = None
            try:
                log = self._open_log()
                log.ensure_topics((topics.CLAIMS,))
                if self._next is None:
                    self._set_out(log)
                tail = log.tail(topics.CLAIMS, dict(enumerate(self._next or ())))
                self._follow(tail)
            except Exception as error:
                # Any error is shown on the page and retried, so that no browser keeps a dead stream.
                self.problem = str(error)
                logger.warning("stream: %s; trying again", error)
                self._wake()
                self._stop.wait(RETRY_SECONDS)
            finally:
                for opened in (tail, log):
                    if opened is not None:
                        opened.close()

    def _set_out(self, log: Log) -> None:
        """Start slightly before the ends, so that browsers that reconnect to a new process miss nothing."""
        ends = log.ends(topics.CLAIMS)
        self._begin = tuple(ends[p] for p in range(topics.CLAIMS.partitions))
        self._first = self._next = tuple(max(0, end - self._read_back) for end in self._begin)

    def _follow(self, tail: Tail) -> None:
        while not self._stop.is_set():
            batch = tail.poll(POLL_SECONDS)
            self.problem = None
            with self._changed:
                for message in batch:
                    self._take(message)
            if batch:
                self._wake()

    def _take(self, message: Message) -> None:
        assert self._next is not None
        self._next = moved(self._next, message.partition, message.offset + 1)
        sighting = sighting_of(message)
        if sighting is None:
            return
        self._events.append(Event(sighting, message.partition, message.offset, self._next))
        self._count += 1
        if len(self._events) > self._kept:
            gone = self._events.popleft()
            self._first = moved(self._first, gone.partition, gone.offset + 1)

    def _wake(self) -> None:
        for waiting, loop in list(self._loops.items()):
            try:
                loop.call_soon_threadsafe(waiting.set)
            except RuntimeError:
                self._loops.pop(waiting, None)

    def since(self, count: int) -> Batch | None:
        """Return the events after the first `count`; None if some are no longer in the buffer."""
        with self._changed:
            missing = self._count - count
            if self._next is None or missing > len(self._events):
                return None
            return Batch(list(self._events)[-missing:] if missing > 0 else [], self._count, self._next)

    def kept_from(self, start: Positions) -> Batch | None:
        """Return the events from `start` on; None if some are no longer in the buffer."""
        with self._changed:
            if self._next is None or any(s < f for s, f in zip(start, self._first, strict=True)):
                return None
            return Batch([e for e in self._events if e.offset >= start[e.partition]], self._count, self._next)

    async def events(
        self, start: Positions | None, wanted: ClaimFilter
    ) -> AsyncIterator[tuple[Event | None, Positions]]:
        """Yield matching events from `start` or from now, each with the position after it, or a position alone.

        Ends if the browser has to reload the page.
        """
        waiting = asyncio.Event()
        self._loops[waiting] = asyncio.get_running_loop()
        self.browsers += 1
        metrics.BROWSERS.set(self.browsers)
        try:
            while self.positions is None and not self._stop.is_set():
                yield None, ()
                await self._wait(waiting)
            begin = start or self.positions or ()
            batch = self.kept_from(begin)
            while batch is not None and not self._stop.is_set():
                for event in batch.events:
                    # Another process may have read the partitions in another order: skip what it has already sent.
                    if event.offset >= begin[event.partition] and wanted.fits(event.sighting):
                        yield event, later(begin, event.after)
                yield None, later(begin, batch.after)
                waiting.clear()
                following = self.since(batch.count)
                if following is not None and not following.events:
                    await self._wait(waiting)
                    following = self.since(batch.count)
                batch = following
        finally:
            self.browsers -= 1
            metrics.BROWSERS.set(self.browsers)
            self._loops.pop(waiting, None)

    async def _wait(self, waiting: asyncio.Event) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(waiting.wait(), HEARTBEAT_SECONDS)


def sighting_of(message: Message) -> Sighting | None:
    """Return the claim of a message; None for a tombstone, a back-fill, or an unreadable record."""
    if message.value is None:
        return None
    try:
        found = decoded(message, Sighting)
    except ContractError:
        return None
    return None if found.backfill else found


def moved(positions: Positions, partition: int, offset: int) -> Positions:
    """Return the positions with one partition's changed."""
    return (*positions[:partition], offset, *positions[partition + 1 :])


def later(one: Positions, other: Positions) -> Positions:
    """Return the later of two positions in each partition."""
    return tuple(map(max, one, other))
