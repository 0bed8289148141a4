"""State of one partition of a stage on Kafka: one SQLite file with state, outbox and last offset.

Decision, state change and outputs are one transaction; then the outputs are published, then the input is acknowledged.
On assignment: if the file is ahead of the committed offset, redelivered records get their outputs from the outbox; if
it is behind or new, the recorded decisions are folded first, without deciding again. A file of a topic that was deleted
and recreated is set aside.
"""

import contextlib
import fcntl
import gc
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from claimwire.errors import ContractError, UnreachableError
from claimwire.log import Log, Message
from claimwire.log.wire import key_bytes, key_text, pack_headers, unpack_headers
from claimwire.runtime.private_files import private_folder, private_open
from claimwire.runtime.sqlite_file import connect
from processors.runners.failures import attempt_in, forget_caches, settled
from processors.runners.rebuild import SOURCE_ID, Decisions, Progress
from processors.stage import StatefulStage

logger = logging.getLogger(__name__)
LOCK_SECONDS = 60.0
# Decisions folded in one transaction: an interrupted rebuild continues after the last one.
FOLDED_AT_ONCE = 500
# Number of offsets after which the ends of the recorded topic are stored again.
NOTED_EVERY = 1_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS applied(one INTEGER PRIMARY KEY CHECK(one = 1), off INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox(off INTEGER NOT NULL, seq INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL,
  headers TEXT NOT NULL, value BLOB, part INTEGER NOT NULL DEFAULT -1, PRIMARY KEY(off, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS topic_ids(topic TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS starts(part INTEGER PRIMARY KEY, off INTEGER NOT NULL);
"""


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Disable the garbage collector: decisions have no cycles, and it would take half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class PartitionState:
    """State file of a partition, opened by its owner; a file lock excludes former owners."""

    def __init__(self, stage: StatefulStage, partition: int, namespace: str, folder: Path) -> None:
        self._stage, self._partition, self._namespace = stage, partition, namespace
        private_folder(folder)
        self._path = folder / f"{namespace}.{stage.name}.{partition}.db"
        self._lock = private_open(self._path.with_suffix(".lock"), "w")
        self._source_id = ""
        self._delivered = self._noted = -1
        self._end_at_start = 0
        self._acquire()
        self._open()

    def _acquire(self) -> None:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    raise UnreachableError(f"{self._lock.name}: another worker holds this partition's state") from None
                time.sleep(0.2)
            else:
                return

    def _open(self) -> None:
        self._db = connect(self._path)
        self._db.executescript(SCHEMA)
        if "part" not in {row[1] for row in self._db.execute("PRAGMA table_info(outbox)")}:
            # A file of an older version.
            self._db.execute("ALTER TABLE outbox ADD COLUMN part INTEGER NOT NULL DEFAULT -1")
        self._state: Any = self._stage.open_state(self._db, self._namespace)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # A full disk has already rolled it back.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            forget_caches(self._state)
            raise
        self._db.execute("COMMIT")

    @property
    def applied(self) -> int:
        """Return the last offset folded into the state; -1 if there is none."""
        row = self._db.execute("SELECT off FROM applied").fetchone()
        return row[0] if row else -1

    def _set_applied(self, offset: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO applied VALUES(1, ?)", (offset,))

    # -- assignment

    def catch_up(self, first: int, log: Log, tick: Callable[[], None] = lambda: None) -> int:
        """Fold the recorded decisions on the offsets after `applied` and before `first`; return their number.

        It commits every FOLDED_AT_ONCE decisions, and calls `tick` for each record as a sign of life.
        """
        self._check_topics(log)
        stage = self._stage
        if self.applied + 1 >= first:
            return 0
        decisions = Decisions(stage, self._partition, self._source_id, self.applied, first)
        ranges = decisions.ranges(log, dict(self._db.execute("SELECT part, off FROM starts").fetchall()))
        name = f"stage {stage.name} partition {self._partition}"
        progress = Progress(name, sum(max(0, end - start) for start, end in ranges.values()))

        def count() -> None:
            progress.read += 1
            tick()

        found = decisions.read(log, ranges, count)
        while batch := list(islice(found, FOLDED_AT_ONCE)):
            self._fold(batch)
            progress.folded += len(batch)
            progress.report()
        with self._transaction():
            self._set_applied(first - 1)
        progress.finish()
        return progress.folded

    def _fold(self, batch: list[tuple[int, Message]]) -> None:
        with _uncollected(), self._transaction():
            for _, message in batch:
                try:
                    self._stage.apply(message, self._state)
                except ContractError as error:
                    logger.warning("%s/%d@%d is skipped: %s", message.topic, message.partition, message.offset, error)
            self._state.flush()
            self._set_applied(batch[-1][0])
            self._set_starts({message.partition: message.offset + 1 for _, message in batch})

    def _set_starts(self, offsets: dict[int, int]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO starts VALUES(?, ?)", offsets.items())

    def note_ends(self, log: Log) -> None:
        """Store the ends of the recorded topic: decisions on offsets after `applied` are published after them.

        Only when all records present at assignment are read, since a former owner may have decided on them.
        """
        recorded, applied = self._stage.recorded, self.applied
        if applied < max(self._end_at_start - 1, self._noted + NOTED_EVERY):
            return
        ends = log.ends(recorded)
        with self._transaction():
            self._set_starts(ends)
        self._noted = applied

    def _check_topics(self, log: Log) -> None:
        """Set the file aside if its source topic was recreated, or ends before the last offset folded."""
        source, recorded = self._stage.source, self._stage.recorded
        ids = {topic.name: log.identity(topic) for topic in (source, recorded)}
        self._source_id, self._end_at_start = ids[source.name], log.ends(source)[self._partition]
        known = dict(self._db.execute("SELECT topic, id FROM topic_ids").fetchall())
        if known.get(source.name, self._source_id) != self._source_id:
            self._set_aside(f"{source.full_name(self._namespace)} was recreated")
        elif self.applied >= self._end_at_start:
            self._set_aside(
                f"{source.full_name(self._namespace)} ends at offset {self._end_at_start}, before {self.applied}"
            )
        elif known == ids:
            return
        with self._transaction():
            if any(known.get(name, ident) != ident for name, ident in ids.items()):
                self._db.execute("DELETE FROM starts")
            self._db.executemany("INSERT OR REPLACE INTO topic_ids VALUES(?, ?)", ids.items())

    def _set_aside(self, why: str) -> None:
        self._db.close()
        aside = self._path.with_suffix(f".{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.aside")
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").rename(f"{aside}{suffix}")
        self._delivered = self._noted = -1
        self._open()
        logger.warning("stage %s partition %d: %s: state set aside as %s; rebuilding",
                       self._stage.name, self._partition, why, aside)  # fmt: skip

    # -- processing

    def process(self, messages: Sequence[Message], max_bytes: int) -> list[list[Message]]:
        """Return the outputs or the dead letter of each record; write state and outbox in one transaction.

        Raises StageStopped or MACHINE_FAULTS after rolling the batch back.
        """
        with self._transaction():
            self._db.execute("DELETE FROM outbox WHERE off <= ?", (self._delivered,))
            new = [message for message in messages if message.offset > self.applied]
            known = [self._outputs(message.offset) for message in messages[: len(messages) - len(new)]]
            results = (attempt_in(self._db, self._stage, message, self._state) for message in new)
            outputs = [self._named(found) for found in settled(self._stage, new, results, max_bytes)]
            for message, of_record in zip(new, outputs, strict=True):
                self._keep(message.offset, of_record)
        return [*known, *outputs]

    def delivered(self, offset: int) -> None:
        """Record that the broker has acknowledged the outputs of all records up to `offset`."""
        self._delivered = max(self._delivered, offset)

    def _named(self, outputs: list[Message]) -> list[Message]:
        """Return the outputs, each decision with the id of the topic of its offset."""
        recorded = self._stage.recorded
        if recorded is self._stage.source or not self._source_id:
            return outputs
        mark = {SOURCE_ID: self._source_id}
        return [replace(m, headers={**m.headers, **mark}) if m.topic == recorded.name else m for m in outputs]

    def _keep(self, offset: int, outputs: list[Message]) -> None:
        rows = [
            (offset, n, m.topic, key_bytes(m.key), pack_headers(m.headers, m.odd_headers), m.value, m.partition)
            for n, m in enumerate(outputs)
        ]
        self._db.executemany("INSERT OR REPLACE INTO outbox VALUES(?, ?, ?, ?, ?, ?, ?)", rows)
        self._set_applied(offset)

    def _outputs(self, offset: int) -> list[Message]:
        columns = "topic, CAST(key AS BLOB), CAST(headers AS BLOB), value, part"
        rows = self._db.execute(f"SELECT {columns} FROM outbox WHERE off = ? ORDER BY seq", (offset,))
        return [_message(*row) for row in rows]

    def close(self) -> None:
        """Let the next owner open the file."""
        self._db.close()
        self._lock.close()


def _message(topic: str, key: bytes, packed: bytes, value: bytes | None, partition: int) -> Message:
    headers, odd = unpack_headers(packed)
    return Message(topic, key_text(key), value, headers, partition=partition, odd_headers=odd)
