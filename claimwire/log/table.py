"""A compacted topic as a table: the rows of the partitions that this member of the group owns, kept up to date.

Offsets are never committed, so that a new owner reads the table from its beginning.
"""

from typing import Generic, TypeVar

from claimwire.errors import ContractError
from claimwire.failures import dead_letters, failure_of
from claimwire.log import Log, Message, Position
from claimwire.log.reading import decoded
from claimwire.records.base import Record
from claimwire.runtime.watchdog import WatchedConsumer
from claimwire.topics import Topic

R = TypeVar("R", bound=Record)


class Table(Generic[R]):
    """Table in memory; `rows` are the owned keys.

    The owner writes a key; others may add one or change one that is idle.
    """

    def __init__(self, log: Log, topic: Topic, group: str, kind: type[R]) -> None:
        self._topic, self._kind, self._log = topic, kind, log
        self._consumer = WatchedConsumer(log, group, (topic,), commits=False)
        self.work = self._consumer.work
        self._group = group
        self.rows: dict[str, R] = {}
        self._partition_of: dict[str, int] = {}
        self._unseen: dict[str, int] = {}
        self._changed: set[str] = set()
        self._owned: frozenset[Position] = frozenset()
        self._behind: dict[int, int] = {}
        self._set_aside: list[Message] = []

    @property
    def is_ready(self) -> bool:
        """Return whether every owned partition is read up to its end at assignment."""
        return bool(self._owned) and not self._behind

    def take_changed(self) -> set[str]:
        """Return the keys whose rows have changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def refresh(self, timeout: float) -> None:
        """Read new records and drop rows of revoked partitions. Raises UnreachableError."""
        batch = self._consumer.poll(500, timeout)
        owned = self._consumer.assignment()
        if owned != self._owned:
            self._take_over(owned)
        for message in batch:
            self._apply(message)
            if message.offset + 1 >= self._behind.get(message.partition, 1 << 62):
                del self._behind[message.partition]
        if not batch:
            # Compaction may have removed the records of the last offsets.
            ends = self._behind.items()
            self._behind = {p: end for p, end in ends if self._consumer.position((self._topic.name, p)) < end}
        # After the loop, so that no row is lost if publishing fails; a later call publishes these then.
        self._log.publish(self._set_aside)
        self._set_aside.clear()

    def _take_over(self, owned: frozenset[Position]) -> None:
        mine = {partition for _, partition in owned}
        gone = [key for key, partition in self._partition_of.items() if partition not in mine]
        for key in gone:
            self.rows.pop(key, None)
            del self._partition_of[key]
        ends = self._log.ends(self._topic)
        new = mine - {partition for _, partition in self._owned}
        self._behind = {p: e for p, e in self._behind.items() if p in mine} | {p: ends[p] for p in new if ends[p]}
        self._owned = owned

    def _apply(self, message: Message) -> None:
        # Our own writes are read back; until the last one has been, the row in memory is newer.
        is_echo = self._unseen.get(message.key, 0) > 0
        if is_echo:
            self._heard(message.key)
        if message.value is None:
            self._partition_of.pop(message.key, None)
        else:
            self._partition_of[message.key] = message.partition
        if is_echo:
            return
        if message.value is None:
            self.rows.pop(message.key, None)
            return
        self._changed.add(message.key)
        try:
            self.rows[message.key] = decoded(message, self._kind)
        except ContractError as error:
            self._note_unreadable(message, error)

    def _heard(self, key: str) -> None:
        left = self._unseen.pop(key, 1) - 1
        if left:
            self._unseen[key] = left

    def _note_unreadable(self, message: Message, error: ContractError) -> None:
        """Move an unreadable row to the dead letters, so that the next start does not read it again."""
        letters = dead_letters(message, self._group, failure_of(error), has_article=False)
        gone = Message(self._topic.name, message.key, None, partition=message.partition, has_key=message.has_key)
        self._set_aside += [*letters, gone]

    def written(self, key: str, row: R | None) -> None:
        """Record that this owner has published `row` (None: deleted) for `key`."""
        self._unseen[key] = self._unseen.get(key, 0) + 1
        self._changed.add(key)
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row

    def take_back(self, key: str, row: R) -> None:
        """Undo `written` after a failed publish: restore `row` and expect no echo."""
        self._heard(key)
        self._changed.add(key)
        self.rows[key] = row

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()
