"""Reading of recorded decisions on one partition, in offset order, and progress of a rebuild from them."""

import heapq
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter

from claimwire.errors import ContractError
from claimwire.log import Log, Message
from processors.stage import StatefulStage

logger = logging.getLogger(__name__)
REPORT_SECONDS = 10.0
# Header of a decision: the id of its offset's topic. A recreated topic starts at offset 0 again.
SOURCE_ID = "source_id"


class Decisions:
    """Decisions of `stage` on offsets of one partition after `after` and before `before`, each once.

    `starts` are the offsets from which each partition of the recorded topic is read, with one record of each in memory.
    Within a partition the decisions are in offset order, except those published again, which are skipped.
    """

    def __init__(self, stage: StatefulStage, partition: int, source_id: str, after: int, before: int) -> None:
        self._stage, self._topic, self._partition, self._source_id = stage, stage.recorded, partition, source_id
        self._after, self._before = after, before

    def ranges(self, log: Log, starts: Mapping[int, int]) -> dict[int, tuple[int, int]]:
        """Return first offset and end of the range to read in each partition of the recorded topic."""
        if self._topic is self._stage.source:
            return {self._partition: (self._after + 1, self._before)}
        return {p: (starts.get(p, 0), end) for p, end in log.ends(self._topic).items()}

    def read(
        self, log: Log, ranges: Mapping[int, tuple[int, int]], tick: Callable[[], None]
    ) -> Iterator[tuple[int, Message]]:
        """Yield offsets and decisions; calls `tick` for each record read. Raises UnreachableError."""
        last = self._after
        streams = [self._of_partition(log, p, start, end, tick) for p, (start, end) in ranges.items()]
        for offset, message in heapq.merge(*streams, key=itemgetter(0)):
            if offset > last:
                last = offset
                yield offset, message

    def _of_partition(
        self, log: Log, partition: int, start: int, end: int, tick: Callable[[], None]
    ) -> Iterator[tuple[int, Message]]:
        for message in log.read(self._topic, partition, start, end):
            tick()
            offset = self._offset(message)
            if offset is None or offset <= self._after:
                continue
            if offset >= self._before:
                return
            yield offset, message

    def _offset(self, message: Message) -> int | None:
        """Return the offset of a decision; None if it is of another partition or an earlier topic of that name."""
        if message.headers.get(SOURCE_ID, self._source_id) != self._source_id:
            return None
        try:
            partition, offset = self._stage.position(message)
        except (ContractError, KeyError, ValueError) as error:
            logger.warning("%s/%d@%d is not a decision: %s", message.topic, message.partition, message.offset, error)
            return None
        return offset if partition == self._partition else None


class Progress:
    """Progress of a rebuild, logged every REPORT_SECONDS with rate and estimate."""

    def __init__(self, name: str, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._total, self._clock = name, total, clock
        self._started = self._reported = clock()
        self.read = self.folded = 0
        logger.info("%s: rebuilding its state from %d records", name, total)

    def report(self) -> None:
        """Log a line if the last one is old enough."""
        now = self._clock()
        if now - self._reported < REPORT_SECONDS:
            return
        self._reported = now
        rate = self.read / (now - self._started)
        logger.info(
            "%s: %d of %d records read, %d decisions folded, %.0f records/s, about %.0f s left",
            self._name, self.read, self._total, self.folded, rate, max(0, self._total - self.read) / rate if rate else 0,
        )  # fmt: skip

    def finish(self) -> None:
        """Log the result."""
        seconds = self._clock() - self._started
        logger.info("%s: state rebuilt, %d recorded decisions folded in %.1f s", self._name, self.folded, seconds)
