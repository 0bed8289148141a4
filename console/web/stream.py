"""New claims as server-sent events (HTML Living Standard, 9.2): one reader of the log for all browsers.

The id of an event is the position after it in each partition of `claims`, "3.0.17.2": whoever comes back with it
(Last-Event-ID) gets everything from there on, of this process's memory or of the log, so nothing is missed. A browser
that reads slowly holds up nobody: each has a place of its own in what is kept.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from claimwire import metrics, topics
from claimwire.errors import ContractError
from claimwire.log import Log, Message, Tail
from claimwire.records import Sighting, decode
from console.claim_filter import ClaimFilter

logger = logging.getLogger(__name__)
KEPT = 2000
MOST_BEHIND = 2000
POLL_SECONDS = 0.25
RETRY_SECONDS = 2.0
HEARTBEAT_SECONDS = 15.0
MOST_BROWSERS = 500
Positions = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Event:
    """A claim, and where the log goes on after it; without one only where that is."""

    sighting: Sighting | None
    after: Positions


@dataclass(frozen=True)
class Batch:
    """Events, and how many the hub had met and where the log stood after them."""

    events: list[Event]
    count: int
    after: Positions


def event_id(positions: Positions) -> str:
    """Positions as the id of an event."""
    return ".".join(map(str, positions))


def positions_of(ident: str) -> Positions | None:
    """The positions of an event's id, None where it is none."""
    parts = ident.split(".")
    is_one = len(parts) == topics.CLAIMS.partitions and all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts)
    return tuple(map(int, parts)) if is_one else None


class Hub:
    """The newest claims of the log. `open_log` gives a log of its own to the reading thread."""

    def __init__(self, open_log: Callable[[], Log]) -> None:
        self._open_log = open_log
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._count = 0
        self.positions: Positions | None = None
        self.problem: str | None = None
        self.browsers = 0
        self._thread = threading.Thread(target=self._run, name="page stream", daemon=True)
        self._loops: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading and let all browsers go."""
        self._stop.set()
        self._wake()
        self._thread.join(10)

    @property
    def is_open(self) -> bool:
        """Whether it reads, or is about to."""
        return not self._stop.is_set()

    def _run(self) -> None:
        while not self._stop.is_set():
            log: Log | None = None
            tail: Tail | None = None
            try:
                log = self._open_log()
                log.ensure_topics((topics.CLAIMS,))
                if self.positions is None:
                    self.positions = _as_positions(log.ends(topics.CLAIMS))
                tail = log.tail(topics.CLAIMS, dict(enumerate(self.positions)))
                self._follow(tail)
            except Exception as error:
                # Whatever it is, the page says so and looks again: no browser is left with a dead stream.
                self.problem = str(error)
                logger.warning("stream: %s; trying again", error)
                self._wake()
                self._stop.wait(RETRY_SECONDS)
            finally:
                for opened in (tail, log):
                    if opened is not None:
                        opened.close()

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
        assert self.positions is not None
        self.positions = _moved(self.positions, message)
        sighting = sighting_of(message)
        if sighting is not None:
            self._events.append(Event(sighting, self.positions))
            self._count += 1

    def _wake(self) -> None:
        for waiting, loop in list(self._loops.items()):
            try:
                loop.call_soon_threadsafe(waiting.set)
            except RuntimeError:
                self._loops.pop(waiting, None)

    def since(self, count: int) -> Batch | None:
        """The events after the first `count`; None where some of those are gone."""
        with self._changed:
            missing = self._count - count
            if self.positions is None or missing > len(self._events):
                return None
            return Batch(list(self._events)[-missing:] if missing > 0 else [], self._count, self.positions)

    def caught_up(self, start: Positions | None) -> Batch | None:
        """The events from `start` on, or only where the log stands; None where those are too many to give."""
        with self._changed:
            now, count, events = self.positions, self._count, list(self._events)
        assert now is not None
        if start is None or start == now:
            return Batch([], count, now)
        if sum(max(0, n - s) for n, s in zip(now, start, strict=True)) > MOST_BEHIND:
            return None
        first = next((n for n, event in enumerate(events) if event.after == start), None)
        if first is not None:
            return Batch(events[first + 1 :], count, now)
        log = self._open_log()
        try:
            return Batch(list(_read(log, start, now)), count, now)
        finally:
            log.close()

    async def events(self, start: Positions | None, wanted: ClaimFilter) -> AsyncIterator[Event]:
        """Events that fit, from `start` or from now on, and where the log stands after what did not. Ends where the browser
        should load the page again."""
        waiting = asyncio.Event()
        self._loops[waiting] = asyncio.get_running_loop()
        self.browsers += 1
        metrics.BROWSERS.set(self.browsers)
        try:
            while self.positions is None and not self._stop.is_set():
                yield Event(None, ())
                await self._wait(waiting)
            batch = await asyncio.to_thread(self.caught_up, start)
            while batch is not None and not self._stop.is_set():
                for event in batch.events:
                    if event.sighting is not None and wanted.fits(event.sighting):
                        yield event
                yield Event(None, batch.after)
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
    """The claim of a message; None for a tombstone, a back-fill, or what cannot be read."""
    if message.value is None:
        return None
    try:
        found = decode(message.value, Sighting)
    except ContractError:
        return None
    return None if found.backfill else found


def _as_positions(ends: dict[int, int]) -> Positions:
    return tuple(ends[p] for p in range(topics.CLAIMS.partitions))


def _moved(positions: Positions, message: Message) -> Positions:
    changed = list(positions)
    changed[message.partition] = message.offset + 1
    return tuple(changed)


def _read(log: Log, start: Positions, end: Positions) -> Iterator[Event]:
    now = start
    for partition, (first, last) in enumerate(zip(start, end, strict=True)):
        if first >= last:
            continue
        for message in log.read(topics.CLAIMS, partition, first, last):
            now = _moved(now, message)
            sighting = sighting_of(message)
            if sighting is not None:
                yield Event(sighting, now)
