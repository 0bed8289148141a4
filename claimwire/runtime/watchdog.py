"""Watchdog of one part of a process: exports its lag and ends the process if the part stalls.

A stage, a sink or a producer's table is a member of a consumer group. If records wait and none is taken, the process
exits and its supervisor restarts it. After a rebalance one partition may never be fetched while the others continue
(Faust issues 166 and 629), so each owned partition is watched separately.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from claimwire.errors import MACHINE_FAULTS, ClaimwireError
from claimwire.log import Consumer, Log, Message, Position
from claimwire.log.backlog import Backlog, Unread
from claimwire.log.holes import Holes
from claimwire.runtime import metrics
from claimwire.topics import Topic

logger = logging.getLogger(__name__)
WATCH_SECONDS = 5.0
# A busy worker may serve a partition late: it counts as stalled only after this many times the limit.
BUSY_FACTOR = 5


@dataclass
class Work:
    """Signs of life of one member of a group: its own threads write them, the watchdog reads them.

    `counter` grows while child processes are at work on a batch, whose partitions are `in_hand`. `commits` is False for
    a table, which never commits: `positions` (next offset to read) stand in for the committed offsets, and the process
    is not ended for it.
    """

    group: str
    topics: Sequence[Topic]
    owned: Callable[[], Collection[Position]]
    counter: Callable[[], int] = lambda: 0
    commits: bool = True
    positions: dict[Position, int] = field(default_factory=dict)
    in_hand: Collection[Position] = ()
    beaten: float = field(default_factory=time.monotonic)
    taken: int = 0
    excused: int = 0
    idled: int = 0

    def beat(self) -> None:
        """Record a sign of life."""
        self.beaten = time.monotonic()

    def take(self, count: int) -> None:
        """Record that `count` records were read; 0 means that none were waiting."""
        self.taken += count
        self.idled += not count
        self.beat()

    def excuse(self) -> None:
        """Restart the limit of all partitions: nothing can be committed (state rebuild, unreachable store)."""
        self.excused += 1
        self.beat()

    @contextmanager
    def holding(self, places: Collection[Position]) -> Iterator[None]:
        """Mark these partitions as part of the current batch."""
        self.in_hand = places
        try:
            yield
        finally:
            self.in_hand = ()

    def sign(self, place: Position) -> int:
        """Return a number that changes while uncommitted work on a partition makes progress."""
        return self.excused + (self.counter() if place in self.in_hand else 0)

    @property
    def progress(self) -> int:
        """Number that grows with each record read, each record finished by a child, and each `excuse`."""
        return self.taken + self.excused + self.counter()


@dataclass(frozen=True)
class _Mark:
    """State at the last progress of a partition."""

    committed: int
    sign: int
    idled: int
    at: float


class Stalls:
    """Detector of stalled partitions: no progress for `seconds`. Pure; the caller passes times and offsets."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._marks: dict[Position, _Mark] = {}
        self._progress, self._progressed = -1, 0.0

    def look(self, now: float, work: Work, committed: Mapping[Position, int]) -> dict[Position, float]:
        """Return the seconds without progress of each stalled partition; `committed` has owned, unread ones."""
        if work.progress != self._progress:
            self._progress, self._progressed = work.progress, now
            work.beat()
        marks = {}
        for place, offset in committed.items():
            mark, sign = self._marks.get(place), work.sign(place)
            is_still = mark is not None and (mark.committed, mark.sign) == (offset, sign)
            marks[place] = mark if mark and is_still else _Mark(offset, sign, work.idled, now)
        self._marks = marks
        return {place: now - mark.at for place, mark in marks.items() if now - mark.at > self._limit(mark, work, now)}

    def _limit(self, mark: _Mark, work: Work, now: float) -> float:
        """Return the limit: longer for a worker that is busy with other partitions and makes progress."""
        is_free = work.idled != mark.idled or now - self._progressed > self._seconds
        return self._seconds if is_free else BUSY_FACTOR * self._seconds

    def forget(self) -> None:
        """Reset after an outage of the log."""
        self._marks = {}


def watch(log: Log, work: Work, seconds: float, stop: threading.Event) -> None:
    """Export the lag of the owned partitions until `stop`; end the process if one is stalled for `seconds`."""
    stalls, exported, backlog = Stalls(seconds), Exported(work.group), Backlog(log, work.group, work.topics)
    while not stop.wait(min(WATCH_SECONDS, seconds / 4)):
        try:
            owned = frozenset(work.owned())
            found = backlog.look(None if work.commits else work.positions)
        except (ClaimwireError, *MACHINE_FAULTS) as error:
            logger.warning("%s: cannot read the lag: %s", work.group, error)
            stalls.forget()
            continue
        unread = {place: of for place, of in found.items() if place in owned}
        exported.set(unread)
        late = stalls.look(time.monotonic(), work, {place: of.start for place, of in unread.items() if of.records})
        for (topic, partition), still in late.items() if work.commits else ():
            logger.critical(
                "%s: %d records of %s/%d are waiting and none was read for %.0f s; the process exits",
                work.group, unread[topic, partition].records, topic, partition, still,
            )  # fmt: skip
            os._exit(1)


class Exported:
    """Lag gauges of one group in this process; those of revoked partitions are removed."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._shown: set[Position] = set()

    def set(self, unread: Mapping[Position, Unread]) -> None:
        """Set the gauges of these partitions and remove all others."""
        for topic, partition in self._shown - unread.keys():
            for gauge in (metrics.LAG, metrics.OLDEST):
                gauge.remove(self._group, topic, str(partition))
        now = time.time()
        for (topic, partition), of in unread.items():
            metrics.LAG.labels(self._group, topic, str(partition)).set(of.records)
            metrics.OLDEST.labels(self._group, topic, str(partition)).set(of.age(now))
        self._shown = set(unread)


class WatchedConsumer:
    """A consumer (see `claimwire.log.Consumer`) that records its partitions and reads in `work`."""

    def __init__(self, log: Log, group: str, topics: Sequence[Topic], *, commits: bool = True) -> None:
        self._consumer: Consumer = log.consumer(group, topics, commits=commits)
        self._holes = Holes(log, group, topics) if commits else None
        self._owned: frozenset[Position] = frozenset()
        self.work = Work(group, topics, lambda: self._owned, commits=commits)

    def poll(self, max_records: int, timeout: float) -> list[Message]:
        # The part is alive even while an unreachable broker makes this raise.
        self.work.beat()
        batch = self._consumer.poll(max_records, timeout)
        self._owned = self._consumer.assignment()
        if self._holes is not None:
            self._holes.look(batch)
        self.work.positions = {p: o for p, o in self.work.positions.items() if p in self._owned} | {
            (m.topic, m.partition): m.offset + 1 for m in batch
        }
        self.work.take(len(batch))
        return batch

    def commit(self, positions: Mapping[Position, int]) -> None:
        self._consumer.commit(positions)

    def assignment(self) -> frozenset[Position]:
        return self._consumer.assignment()

    def position(self, place: Position) -> int:
        return self._consumer.position(place)

    def close(self) -> None:
        self._owned = frozenset()
        self._consumer.close()
