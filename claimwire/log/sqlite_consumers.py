"""Readers of the embedded log: a member of a group, and a tail outside any."""

import sqlite3
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from claimwire.log import Message, Position
from claimwire.topics import Topic

if TYPE_CHECKING:
    from claimwire.log.sqlite import SqliteLog

LEASE_SECONDS = 10.0
POLL_STEP = 0.02
GAPS_SECONDS = 5.0
TAIL_RECORDS = 500


class SqliteTail:
    """See `claimwire.log.Tail`."""

    def __init__(self, log: "SqliteLog", topic: Topic, positions: dict[int, int]) -> None:
        self._log, self._topic, self._positions = log, topic, positions

    def poll(self, timeout: float) -> list[Message]:
        deadline = time.monotonic() + timeout
        while True:
            found: list[Message] = []
            for partition, position in self._positions.items():
                batch = self._log.fetch(self._topic, partition, position, TAIL_RECORDS)
                if batch:
                    self._positions[partition] = batch[-1].offset + 1
                    found += batch
            if found or time.monotonic() >= deadline:
                return found
            time.sleep(POLL_STEP)

    def close(self) -> None:
        """Do nothing: a tail holds no resources."""


class SqliteConsumer:
    """Member of a consumer group, by leases in the file: without a poll for LEASE_SECONDS it loses its partitions."""

    def __init__(self, log: "SqliteLog", group: str, topics: Sequence[Topic], *, commits: bool = True) -> None:
        self._log, self._group, self._topics = log, group, {log._name(t.name): t for t in topics}
        self._commits = commits
        self._gaps_at = time.monotonic()
        self._member = uuid.uuid4().hex
        self._owned: dict[Position, int] = {}
        self._rebalanced = 0.0
        self._turn = 0

    def poll(self, max_records: int, timeout: float) -> list[Message]:
        deadline = time.monotonic() + timeout
        while True:
            self._rebalance()
            batch = self._take(max_records)
            if not batch and time.monotonic() > self._gaps_at:
                self._pass_gaps()
            if batch or time.monotonic() >= deadline:
                return batch
            time.sleep(POLL_STEP)

    def _pass_gaps(self) -> None:
        """Commit the end of partitions whose last offsets have no record; otherwise their lag would never be 0."""
        self._gaps_at = time.monotonic() + GAPS_SECONDS
        group = self._group.removeprefix(f"{self._log.namespace}.")
        for (name, partition), position in list(self._owned.items()):
            topic = self._topics[self._log._name(name)]
            end, done = self._log.ends(topic)[partition], self._log.committed(group, topic)[partition]
            if done <= position < end and not self._log.fetch(topic, partition, position, 1):
                self._owned[name, partition] = end
                if self._commits and done == position:
                    self.commit({(name, partition): end})

    def _take(self, max_records: int) -> list[Message]:
        batch: list[Message] = []
        owned = sorted(self._owned)
        self._turn += 1
        for index in range(len(owned)):
            name, partition = owned[(index + self._turn) % len(owned)]
            topic = self._topics[self._log._name(name)]
            rows = self._log.fetch(topic, partition, self._owned[name, partition], max_records - len(batch))
            if rows:
                self._owned[name, partition] = rows[-1].offset + 1
                batch += rows
            if len(batch) >= max_records:
                break
        return batch

    def commit(self, positions: Mapping[Position, int]) -> None:
        with self._log.transaction() as db:
            for (name, partition), offset in positions.items():
                full = self._log._name(name)
                owner = db.execute(
                    "SELECT 1 FROM owners WHERE grp = ? AND topic = ? AND part = ? AND member = ?",
                    (self._group, full, partition, self._member),
                ).fetchone()
                if owner:
                    db.execute(
                        "INSERT OR REPLACE INTO offsets VALUES(?, ?, ?, ?)", (self._group, full, partition, offset)
                    )

    def assignment(self) -> frozenset[Position]:
        self._rebalance()
        return frozenset(self._owned)

    def position(self, place: Position) -> int:
        return self._owned[place]

    def close(self) -> None:
        with self._log.transaction() as db:
            db.execute("DELETE FROM owners WHERE grp = ? AND member = ?", (self._group, self._member))
            db.execute("DELETE FROM members WHERE grp = ? AND member = ?", (self._group, self._member))
        self._owned = {}

    def _rebalance(self) -> None:
        if time.monotonic() - self._rebalanced < LEASE_SECONDS / 20:
            return
        self._rebalanced = time.monotonic()
        with self._log.transaction() as db:
            now = time.time()
            db.execute("INSERT OR REPLACE INTO members VALUES(?, ?, ?)", (self._group, self._member, now))
            # Remove members that are gone, also those that were killed while the clock was ahead.
            span = (now - LEASE_SECONDS, now + LEASE_SECONDS)
            db.execute("DELETE FROM members WHERE grp = ? AND seen NOT BETWEEN ? AND ?", (self._group, *span))
            db.execute(
                "DELETE FROM owners WHERE grp = ? AND member NOT IN (SELECT member FROM members WHERE grp = ?)",
                (self._group, self._group),
            )
            members = db.execute("SELECT count(*) FROM members WHERE grp = ?", (self._group,)).fetchone()[0]
            for name, topic in self._topics.items():
                self._take_share(db, name, topic, -(-topic.partitions // members))
            rows = db.execute(
                "SELECT topic, part FROM owners WHERE grp = ? AND member = ?", (self._group, self._member)
            ).fetchall()
            self._update_positions(db, [(self._topics[name], part) for name, part in rows if name in self._topics])

    def _take_share(self, db: sqlite3.Connection, name: str, topic: Topic, share: int) -> None:
        owners = dict(
            db.execute("SELECT part, member FROM owners WHERE grp = ? AND topic = ?", (self._group, name)).fetchall()
        )
        mine = sorted(part for part, member in owners.items() if member == self._member)
        for part in mine[share:]:
            db.execute("DELETE FROM owners WHERE grp = ? AND topic = ? AND part = ?", (self._group, name, part))
        free = [part for part in range(topic.partitions) if part not in owners]
        for part in free[: max(0, share - len(mine))]:
            db.execute("INSERT INTO owners VALUES(?, ?, ?, ?)", (self._group, name, part, self._member))

    def _update_positions(self, db: sqlite3.Connection, owned: list[tuple[Topic, int]]) -> None:
        positions = {}
        for topic, part in owned:
            place = (topic.name, part)
            if place in self._owned:
                positions[place] = self._owned[place]
                continue
            positions[place] = self._log.positions(self._group, topic)[part]
        self._owned = positions
