"""Backlog of a consumer group: unread records of each partition, and the age of the oldest one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claimwire.log import Log, Position
from claimwire.topics import Topic


@dataclass(frozen=True)
class Unread:
    """Unread `records` of one partition from offset `start`; `since` is the first one's Unix time, or None."""

    start: int
    records: int
    since: float | None

    def age(self, now: float) -> float:
        """Age of the oldest unread record in seconds."""
        return max(0.0, now - self.since) if self.since is not None else 0.0


class Backlog:
    """Backlog of one group.

    The time of the oldest record is read once and cached until the group passes that record.
    """

    def __init__(self, log: Log, group: str, topics: Sequence[Topic]) -> None:
        self._log, self._group, self._topics = log, group, topics
        self._times: dict[tuple[Position, int], float] = {}

    def look(self, positions: Mapping[Position, int] | None = None) -> dict[Position, Unread]:
        """Return the backlog of all partitions; `positions` replace the committed offsets. Raises UnreachableError."""
        found: dict[Position, Unread] = {}
        times = {}
        for topic in self._topics:
            ends = self._log.ends(topic)
            if positions is None:
                starts = self._log.committed(self._group, topic)
            else:
                starts = {p: positions.get((topic.name, p), 0) for p in ends}
            waiting = {p: starts[p] for p, end in ends.items() if starts[p] < end}
            for p, since in self._since(topic, waiting).items():
                times[(topic.name, p), starts[p]] = since
            # Records that retention deleted unread are not part of the backlog.
            begins = self._log.starts(topic) if waiting else {}
            for p, end in ends.items():
                place = (topic.name, p)
                first = max(starts[p], begins.get(p, 0))
                found[place] = Unread(starts[p], max(0, end - first), times.get((place, starts[p])))
        self._times = times
        return found

    def _since(self, topic: Topic, waiting: Mapping[int, int]) -> dict[int, float]:
        known = {p: self._times.get(((topic.name, p), start)) for p, start in waiting.items()}
        found = {p: since for p, since in known.items() if since is not None}
        first = self._log.peek(topic, {p: start for p, start in waiting.items() if p not in found})
        return found | {p: message.timestamp_ms / 1000 for p, message in first.items()}
