"""The embedded log: one SQLite file in WAL mode, for one machine.

Several threads and processes may open the file; each `SqliteLog` has a connection of its own. The runner keeps its
state in the same file, so that state, outputs and offsets are one transaction (`transaction`).
"""

import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from claimwire.errors import ContractError, UnreachableError
from claimwire.log import Message, Position, newest_of_each_key, stage_lock
from claimwire.private_files import private_folder
from claimwire.settings import sqlite_path
from claimwire.sqlite_file import connect
from claimwire.topics import Topic

logger = logging.getLogger(__name__)
_ENCODER = msgspec.json.Encoder()
LEASE_SECONDS = 10.0
POLL_STEP = 0.02
GAPS_SECONDS = 5.0
TAIL_RECORDS = 500
SCHEMA = """
CREATE TABLE IF NOT EXISTS topics(name TEXT PRIMARY KEY, partitions INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS topic_ids(name TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages(
  topic TEXT NOT NULL, part INTEGER NOT NULL, off INTEGER NOT NULL, ts INTEGER NOT NULL,
  key TEXT NOT NULL, headers TEXT NOT NULL, value BLOB, UNIQUE(topic, part, off));
CREATE TABLE IF NOT EXISTS ends(topic TEXT, part INTEGER, off INTEGER NOT NULL, PRIMARY KEY(topic, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offsets(
  grp TEXT, topic TEXT, part INTEGER, off INTEGER NOT NULL, PRIMARY KEY(grp, topic, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members(grp TEXT, member TEXT, seen REAL NOT NULL, PRIMARY KEY(grp, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owners(
  grp TEXT, topic TEXT, part INTEGER, member TEXT NOT NULL, PRIMARY KEY(grp, topic, part)) WITHOUT ROWID;
"""


class SqliteLog:
    """See `claimwire.log.Log`. Use from one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, namespace: str, max_message_bytes: int) -> None:
        self.connection = connection
        self.namespace = namespace
        self._max_bytes = max_message_bytes
        self._depth = 0
        self._lock = threading.RLock()

    @classmethod
    def open(cls, broker: str, namespace: str, *, max_message_bytes: int = 8_000_000) -> "SqliteLog":
        path = sqlite_path(broker)
        try:
            if path != ":memory:":
                private_folder(Path(path).parent)
            connection = connect(path)
            connection.executescript(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise UnreachableError(f"broker {broker}: {error}") from None
        return cls(connection, namespace, max_message_bytes)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction over log, offsets and state; nested calls join the outer one."""
        with self._lock:
            if self._depth:
                yield self.connection
                return
            self.connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self.connection
            except BaseException:
                # A full disk has ended it already.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            else:
                self.connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def _name(self, topic: str) -> str:
        return f"{self.namespace}.{topic}"

    def ensure_topics(self, topics: Sequence[Topic]) -> list[str]:
        created = []
        with self.transaction() as db:
            for topic in topics:
                name = self._name(topic.name)
                row = "INSERT OR IGNORE INTO topics VALUES(?, ?)"
                if db.execute(row, (name, topic.partitions)).rowcount:
                    created.append(name)
                    # As Kafka does with a topic that is deleted.
                    db.execute("DELETE FROM offsets WHERE topic = ?", (name,))
                    db.execute("INSERT OR REPLACE INTO topic_ids VALUES(?, ?)", (name, uuid.uuid4().hex))
        return created

    def publish(self, messages: Sequence[Message]) -> None:
        now = int(time.time() * 1000)
        for message in messages:
            size = len(message.value or b"")
            if size > self._max_bytes:
                raise ContractError(f"{message.topic}: record of {size} bytes is over {self._max_bytes}")
        places: dict[Position, list[Message]] = {}
        for message in map(Message.routed, messages):
            places.setdefault((message.topic, message.partition), []).append(message)
        with self.transaction() as db:
            for (topic, partition), batch in places.items():
                name = self._name(topic)
                end = db.execute(
                    "INSERT INTO ends VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET off = off + excluded.off RETURNING off",
                    (name, partition, len(batch)),
                ).fetchone()[0]
                rows = (
                    (
                        name,
                        partition,
                        offset,
                        now,
                        m.key,
                        _ENCODER.encode(m.headers).decode() if m.headers else "",
                        m.value,
                    )
                    for offset, m in enumerate(batch, end - len(batch))
                )
                db.executemany("INSERT INTO messages VALUES(?, ?, ?, ?, ?, ?, ?)", rows)

    def consumer(self, group: str, topics: Sequence[Topic], *, commits: bool = True) -> "SqliteConsumer":
        return SqliteConsumer(self, f"{self.namespace}.{group}", topics, commits=commits)

    def snapshot(self, topic: Topic, partitions: Iterable[int] | None = None) -> dict[str, Message]:
        wanted = sorted(partitions if partitions is not None else range(topic.partitions))
        return newest_of_each_key(m for p in wanted for m in self.read(topic, p))

    def read(self, topic: Topic, partition: int, start: int = 0, end: int | None = None) -> Iterator[Message]:
        stop = self.ends(topic).get(partition, 0) if end is None else end
        while start < stop:
            batch = self.fetch(topic, partition, start, min(500, stop - start))
            if not batch:
                return
            yield from batch
            start = batch[-1].offset + 1

    def fetch(self, topic: Topic, partition: int, start: int, count: int) -> list[Message]:
        """At most `count` records of a partition from offset `start`."""
        with self._lock:
            rows = self.connection.execute(
                "SELECT key, value, headers, part, off, ts FROM messages"
                " WHERE topic = ? AND part = ? AND off >= ? ORDER BY off LIMIT ?",
                (self._name(topic.name), partition, start, count),
            ).fetchall()
        return [
            Message(topic.name, key, value, msgspec.json.decode(headers) if headers else {}, None, part, off, ts)
            for key, value, headers, part, off, ts in rows
        ]

    def identity(self, topic: Topic) -> str:
        name = self._name(topic.name)
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO topic_ids VALUES(?, ?)", (name, uuid.uuid4().hex))
            return str(db.execute("SELECT id FROM topic_ids WHERE name = ?", (name,)).fetchone()[0])

    def starts(self, topic: Topic) -> dict[int, int]:
        with self._lock:
            ends = self.ends(topic)
            first = "SELECT min(off) FROM messages WHERE topic = ? AND part = ?"
            found = {p: self.connection.execute(first, (self._name(topic.name), p)).fetchone()[0] for p in ends}
        return {p: end if found[p] is None else found[p] for p, end in ends.items()}

    def ends(self, topic: Topic) -> dict[int, int]:
        with self._lock:
            rows = self.connection.execute("SELECT part, off FROM ends WHERE topic = ?", (self._name(topic.name),))
            return dict.fromkeys(range(topic.partitions), 0) | dict(rows.fetchall())

    def tail(self, topic: Topic, starts: Mapping[int, int]) -> "SqliteTail":
        return SqliteTail(self, topic, dict(starts))

    def offsets_at(self, topic: Topic, timestamp_ms: int) -> dict[int, int]:
        return {p: self._offset_at(topic, p, end, timestamp_ms) for p, end in self.ends(topic).items()}

    def _offset_at(self, topic: Topic, partition: int, end: int, timestamp_ms: int) -> int:
        """By bisection: times never fall along a partition but where a clock was set back."""
        low, high = 0, end
        while low < high:
            middle = (low + high) // 2
            found = self.fetch(topic, partition, middle, 1)
            if found and found[0].timestamp_ms < timestamp_ms:
                low = found[0].offset + 1
            else:
                high = middle
        return low

    def committed(self, group: str, topic: Topic) -> dict[int, int]:
        """Next offset to read of each partition; `group` without the namespace."""
        return self.positions(f"{self.namespace}.{group}", topic)

    def positions(self, full_group: str, topic: Topic) -> dict[int, int]:
        """Next offset to read of each partition; the beginning where the partition ends before what was committed."""
        name = self._name(topic.name)
        with self._lock:
            query = "SELECT part, off FROM offsets WHERE grp = ? AND topic = ?"
            found = dict(self.connection.execute(query, (full_group, name)).fetchall())
            ends = self.ends(topic)
        for partition in [p for p, offset in found.items() if offset > ends.get(p, 0)]:
            logger.warning("%s: %s/%d ends at offset %d, behind %d that was committed; it is read from the beginning",
                           full_group, name, partition, ends.get(partition, 0), found.pop(partition))  # fmt: skip
            with self.transaction() as db:
                row = (full_group, name, partition)
                db.execute("DELETE FROM offsets WHERE grp = ? AND topic = ? AND part = ?", row)
        return dict.fromkeys(range(topic.partitions), 0) | found

    def set_offset(self, group: str, topic: Topic, partition: int, offset: int) -> None:
        """Commit inside the current transaction; `group` without the namespace."""
        self.connection.execute(
            "INSERT OR REPLACE INTO offsets VALUES(?, ?, ?, ?)",
            (f"{self.namespace}.{group}", self._name(topic.name), partition, offset),
        )

    def lag(self, group: str, topic: Topic) -> int:
        done, begins = self.committed(group, topic), self.starts(topic)
        return sum(max(0, end - max(done[p], begins[p])) for p, end in self.ends(topic).items())

    def members(self, groups: Sequence[str]) -> dict[str, int]:
        with self._lock:
            rows = self.connection.execute(
                "SELECT grp, count(*) FROM members WHERE seen > ? GROUP BY grp", (time.time() - LEASE_SECONDS,)
            )
            found = dict(rows.fetchall())
            path = self.connection.execute("PRAGMA database_list").fetchone()[2]
        return {g: found.get(f"{self.namespace}.{g}", 0) + stage_lock.is_held(path, self.namespace, g) for g in groups}

    def peek(self, topic: Topic, starts: Mapping[int, int]) -> dict[int, Message]:
        found = {p: self.fetch(topic, p, start, 1) for p, start in starts.items()}
        return {p: batch[0] for p, batch in found.items() if batch}

    def close(self) -> None:
        self.connection.close()


class SqliteTail:
    """See `claimwire.log.Tail`."""

    def __init__(self, log: SqliteLog, topic: Topic, positions: dict[int, int]) -> None:
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
        """Nothing is held."""


class SqliteConsumer:
    """A member of a group, by leases in the file: a member that has not polled for LEASE_SECONDS loses its share."""

    def __init__(self, log: SqliteLog, group: str, topics: Sequence[Topic], *, commits: bool = True) -> None:
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
        """Go on to the end of partitions whose last offsets have no record any more: their lag would never be 0."""
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

    def seek_to_time(self, timestamp_ms: int) -> None:
        self._rebalance()
        for name, partition in self._owned:
            row = self._log.connection.execute(
                "SELECT min(off) FROM messages WHERE topic = ? AND part = ? AND ts >= ?",
                (self._log._name(name), partition, timestamp_ms),
            ).fetchone()
            end = self._log.ends(self._topics[self._log._name(name)])[partition]
            self._owned[name, partition] = end if row[0] is None else row[0]

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
            # Neither a member that is gone, nor one that was killed while the clock was ahead.
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
