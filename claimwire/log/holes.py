"""Gaps: records that retention deleted before a consumer group read them, because its workers were stopped or slow."""

import logging
from collections.abc import Iterable, Sequence

from claimwire.errors import ClaimwireError
from claimwire.log import Log, Message, Position
from claimwire.runtime import metrics
from claimwire.topics import BY_NAME, DAY_MS, Topic

logger = logging.getLogger(__name__)


def holes_of(log: Log, group: str, topics: Iterable[Topic]) -> dict[Position, int]:
    """Count the records of each partition that were deleted before the group read them.

    Compacted topics have no gaps: compaction keeps the newest record of each key. Partitions without a committed offset
    are not counted: the group is newer than the deleted records. Raises UnreachableError.
    """
    found: dict[Position, int] = {}
    for topic in topics:
        if topic.compacted:
            continue
        done = log.committed(group, topic)
        for partition, begin in log.starts(topic).items() if any(done.values()) else ():
            if 0 < done[partition] < begin:
                found[topic.name, partition] = begin - done[partition]
    return found


class Holes:
    """Counts and logs gaps for one member of a group. Call it from the reading thread, before it commits."""

    def __init__(self, log: Log, group: str, topics: Sequence[Topic]) -> None:
        self._log, self._group = log, group
        # Create the series at 0: Prometheus sees no increase in a counter that starts above 0.
        self._counter = metrics.DELETED_UNREAD.labels(group)
        self._topics = {topic.name for topic in topics if not topic.compacted}
        self._next: dict[Position, int] = {}

    def look(self, batch: Iterable[Message]) -> None:
        """Look for gaps before and between these records."""
        for message in batch:
            place = (message.topic, message.partition)
            if message.topic in self._topics and message.offset != self._next.get(place):
                try:
                    self._measure(place, message.offset)
                except ClaimwireError as error:
                    # A failed check must not stop the current batch.
                    logger.warning("%s: gap check failed: %s", self._group, error)
            self._next[place] = message.offset + 1

    def _measure(self, place: Position, offset: int) -> None:
        """Count only records that are gone from the log: rebalances and replays move offsets too."""
        topic, partition = BY_NAME[place[0]], place[1]
        done = self._log.committed(self._group, topic)[partition]
        first = max(done, self._next.get(place, 0))
        end = min(offset, self._log.starts(topic)[partition])
        if done and end > first:
            self._counter.inc(end - first)
            logger.error(
                "%s: %d records of %s/%d (offsets %d to %d) were deleted before they were read; the topic keeps %d days."
                " claimwire status --ledger names the revisions",
                self._group, end - first, topic.name, partition, first, end - 1, topic.retention_ms // DAY_MS,
            )  # fmt: skip
