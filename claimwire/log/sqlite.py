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

from claimwire.config.settings import sqlite_path
from claimwire.errors import ConfigError, UnreachableError
from claimwire.log import Message, Position, fitted, newest_of_each_key, stage_lock
from claimwire.log.sqlite_consumers import LEASE_SECONDS, SqliteConsumer, SqliteTail
from claimwire.log.wire import is_plain, key_bytes, key_text, pack_headers, unpack_headers
from claimwire.runtime.private_files import private_folder
from claimwire.runtime.sqlite_file import connect
from claimwire.topics import Topic

logger = logging.getLogger(__name__)
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
        """Run one transaction over log, offsets and state; nested calls join the outer one."""
        with self._lock:
            if self._depth:
                yield self.connection
                return
            self.connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self.connection
            except BaseException:
                # A full disk has already rolled it back.
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
                    # Kafka also drops the offsets of a deleted topic.
                    db.execute("DELETE FROM offsets WHERE topic = ?", (name,))
                    db.execute("INSERT OR REPLACE INTO topic_ids VALUES(?, ?)", (name, uuid.uuid4().hex))
        return created

    def partitions(self, topics: Sequence[Topic]) -> dict[str, int]:
        with self._lock:
            found = dict(self.connection.execute("SELECT name, partitions FROM topics").fetchall())
        return {t.name: found[self._name(t.name)] for t in topics if self._name(t.name) in found}

    def publish(self, messages: Sequence[Message]) -> None:
        now = int(time.time() * 1000)
        places: dict[Position, list[Message]] = {}
        for message in [fitted(message, self._max_bytes).routed() for message in messages]:
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
                        m.key if is_plain(m.key) else key_bytes(m.key),
                        pack_headers(m.headers, m.odd_headers),
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
        """Return at most `count` records of a partition from offset `start`."""
        with self._lock:
            rows = self.connection.execute(
                "SELECT CAST(key AS BLOB), CAST(value AS BLOB), CAST(headers AS BLOB), part, off, ts FROM messages"
                " WHERE topic = ? AND part = ? AND off >= ? ORDER BY off LIMIT ?",
                (self._name(topic.name), partition, start, count),
            ).fetchall()
        return [_message(topic.name, *row) for row in rows]

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
        """Find offsets by bisection: timestamps of a partition only decrease if a clock was set back."""
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
        """Return the committed offset of each partition; the beginning if the partition ends before it."""
        name = self._name(topic.name)
        with self._lock:
            query = "SELECT part, off FROM offsets WHERE grp = ? AND topic = ?"
            found = dict(self.connection.execute(query, (full_group, name)).fetchall())
            ends = self.ends(topic)
        for partition in [p for p, offset in found.items() if offset > ends.get(p, 0)]:
            logger.warning("%s: %s/%d ends at offset %d, before the committed offset %d; reading from the beginning",
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

    def move(self, group: str, topic: Topic, partition: int, offset: int) -> None:
        with self.transaction():
            if self.members([group])[group]:
                raise ConfigError(f"group {group} has members")
            self.set_offset(group, topic, partition, offset)

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


def _message(
    topic: str, key: bytes, value: bytes | None, packed: bytes, partition: int, offset: int, at: int
) -> Message:
    headers, odd = unpack_headers(packed)
    return Message(topic, key_text(key), value, headers, None, partition, offset, at, odd)
