"""Watchdog of one part of a process: its lag as metrics, and the end of the process where it stands still.

A stage, a sink or a producer's table is a member of a consumer group. With records waiting and none taken, a supervisor
does better with a new process. After a rebalance one partition may never be fetched while the others go on (Faust issues
166 and 629): so each owned partition is watched by itself.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from claimwire import metrics
from claimwire.backlog import Backlog, Unread
from claimwire.errors import MACHINE_FAULTS, ClaimwireError
from claimwire.holes import Holes
from claimwire.log import Consumer, Log, Message, Position
from claimwire.topics import Topic

logger = logging.getLogger(__name__)
WATCH_SECONDS = 5.0
# A worker that is never idle may serve a partition late: only after so many times the limit is it taken as stalled.
BUSY_FACTOR = 5


@dataclass
class Work:
    """Signs of life of one member of a group: its own threads write them, the watchdog reads them.

    `counter` grows while child processes are at work on a batch, whose partitions are `in_hand`. `commits` is False for a
    table, which never commits: `positions` (next offset to read) stand in for the committed offsets, and the process is
    not ended for it.
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
        """Note that the part is alive."""
        self.beaten = time.monotonic()

    def take(self, count: int) -> None:
        """Note that `count` records were taken; 0 notes that there were none to take."""
        self.taken += count
        self.idled += not count
        self.beat()

    def excuse(self) -> None:
        """Note work during which nothing can be committed, on no partition: a state is rebuilt, a store is away."""
        self.excused += 1
        self.beat()

    @contextmanager
    def holding(self, places: Collection[Position]) -> Iterator[None]:
        """Note that the batch in hand has records of these partitions."""
        self.in_hand = places
        try:
            yield
        finally:
            self.in_hand = ()

    def sign(self, place: Position) -> int:
        """Changes while there is work on a partition that has not been committed yet."""
        return self.excused + (self.counter() if place in self.in_hand else 0)

    @property
    def progress(self) -> int:
        """Grows with every record taken, with every page that a child finished, and with every excuse."""
        return self.taken + self.excused + self.counter()


@dataclass(frozen=True)
class _Mark:
    """The state of things when a partition was last seen to move."""

    committed: int
    sign: int
    idled: int
    at: float


class Stalls:
    """Which partitions have stood still for more than `seconds`. Pure: times and offsets come from the caller."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._marks: dict[Position, _Mark] = {}
        self._progress, self._progressed = -1, 0.0

    def look(self, now: float, work: Work, committed: Mapping[Position, int]) -> dict[Position, float]:
        """Seconds for which stalled partitions have stood still; `committed` has the owned ones where records wait."""
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
        """A worker that had nothing to take in the meantime, or that takes nothing at all, has no excuse."""
        is_free = work.idled != mark.idled or now - self._progressed > self._seconds
        return self._seconds if is_free else BUSY_FACTOR * self._seconds

    def forget(self) -> None:
        """Begin anew: the log was away, and nothing could move."""
        self._marks = {}


def watch(log: Log, work: Work, seconds: float, stop: threading.Event) -> None:
    """Export the lag of the owned partitions until `stop`; end the process where one stands still for `seconds`."""
    stalls, exported, backlog = Stalls(seconds), Exported(work.group), Backlog(log, work.group, work.topics)
    while not stop.wait(min(WATCH_SECONDS, seconds / 4)):
        try:
            owned = frozenset(work.owned())
            found = backlog.look(None if work.commits else work.positions)
        except (ClaimwireError, *MACHINE_FAULTS) as error:
            logger.warning("%s: the lag is not known: %s", work.group, error)
            stalls.forget()
            continue
        unread = {place: of for place, of in found.items() if place in owned}
        exported.set(unread)
        late = stalls.look(time.monotonic(), work, {place: of.start for place, of in unread.items() if of.records})
        for (topic, partition), still in late.items() if work.commits else ():
            logger.critical(
                "%s: %d records of %s/%d wait and none was taken for %.0f s; the process ends",
                work.group, unread[topic, partition].records, topic, partition, still,
            )  # fmt: skip
            os._exit(1)


class Exported:
    """The gauges of one group in this process: those of a partition that moved away are removed."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._shown: set[Position] = set()

    def set(self, unread: Mapping[Position, Unread]) -> None:
        """Show these partitions and no others."""
        for topic, partition in self._shown - unread.keys():
            for gauge in (metrics.LAG, metrics.OLDEST):
                gauge.remove(self._group, topic, str(partition))
        now = time.time()
        for (topic, partition), of in unread.items():
            metrics.LAG.labels(self._group, topic, str(partition)).set(of.records)
            metrics.OLDEST.labels(self._group, topic, str(partition)).set(of.age(now))
        self._shown = set(unread)


class WatchedConsumer:
    """A consumer (see `claimwire.log.Consumer`) that notes in `work` what it owns and takes."""

    def __init__(self, log: Log, group: str, topics: Sequence[Topic], *, commits: bool = True) -> None:
        self._consumer: Consumer = log.consumer(group, topics, commits=commits)
        self._holes = Holes(log, group, topics) if commits else None
        self._owned: frozenset[Position] = frozenset()
        self.work = Work(group, topics, lambda: self._owned, commits=commits)

    def poll(self, max_records: int, timeout: float) -> list[Message]:
        # A broker that is away makes this raise again and again: the part is alive all the same.
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

    def seek_to_time(self, timestamp_ms: int) -> None:
        self._consumer.seek_to_time(timestamp_ms)

    def close(self) -> None:
        self._owned = frozenset()
        self._consumer.close()
