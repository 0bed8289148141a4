"""State of one partition of a stage in the distributed way: one SQLite file with state, outbox and last offset.

Decision, state change and outputs are one transaction; then the outputs are published, then the input is acknowledged.
On taking a partition over: where the file is ahead of the committed offset, what is delivered again gets its outputs
from the outbox; where it is behind or new, the recorded decisions are folded first, without deciding again.
A file of a topic that was deleted and created anew is set aside.
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
from claimwire.private_files import private_folder, private_open
from claimwire.sqlite_file import connect
from processors.flow import Stage
from processors.runners.failures import attempt_in, forget_caches, settled
from processors.runners.rebuild import SOURCE_ID, Decisions, Progress

logger = logging.getLogger(__name__)
LOCK_SECONDS = 60.0
# Decisions folded in one transaction: a rebuild that is interrupted goes on behind the last one.
FOLDED_AT_ONCE = 500
# Offsets after which the ends of the recorded topic are noted again.
NOTED_EVERY = 1_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS applied(one INTEGER PRIMARY KEY CHECK(one = 1), off INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox(off INTEGER NOT NULL, seq INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL,
  headers TEXT NOT NULL, value BLOB, PRIMARY KEY(off, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS topic_ids(topic TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS starts(part INTEGER PRIMARY KEY, off INTEGER NOT NULL);
"""


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: decisions have none, and it would take half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class PartitionState:
    """Opened by the worker that owns the partition; a lock on the file keeps out one that no longer does."""

    def __init__(self, stage: Stage, partition: int, namespace: str, folder: Path) -> None:
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
        assert self._stage.open_state is not None
        self._db = connect(self._path)
        self._db.executescript(SCHEMA)
        self._state: Any = self._stage.open_state(self._db, self._namespace)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # A full disk has ended it already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            forget_caches(self._state)
            raise
        self._db.execute("COMMIT")

    @property
    def applied(self) -> int:
        """The last offset folded into the state, -1 where none is."""
        row = self._db.execute("SELECT off FROM applied").fetchone()
        return row[0] if row else -1

    def _set_applied(self, offset: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO applied VALUES(1, ?)", (offset,))

    # -- taking over

    def catch_up(self, first: int, log: Log, tick: Callable[[], None] = lambda: None) -> int:
        """Fold the recorded decisions on the offsets after `applied` and before `first`; returns how many.

        Every FOLDED_AT_ONCE decisions are committed. `tick` is called for each record that is read: a rebuild is work.
        """
        self._check_topics(log)
        stage = self._stage
        if stage.recorded is None or stage.apply is None or self.applied + 1 >= first:
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
        assert self._stage.apply is not None
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
        """Note where the recorded topic ends: decisions on later offsets than `applied` are published behind that.

        Not before all is read that was there when the partition was taken over: an owner before may have decided on it.
        """
        recorded, applied = self._stage.recorded, self.applied
        if recorded is None or applied < max(self._end_at_start - 1, self._noted + NOTED_EVERY):
            return
        ends = log.ends(recorded)
        with self._transaction():
            self._set_starts(ends)
        self._noted = applied

    def _check_topics(self, log: Log) -> None:
        """Set the file aside where its source was created anew, or ends before the last offset folded."""
        source, recorded = self._stage.source, self._stage.recorded
        ids = {topic.name: log.identity(topic) for topic in (source, recorded) if topic is not None}
        self._source_id, self._end_at_start = ids[source.name], log.ends(source)[self._partition]
        known = dict(self._db.execute("SELECT topic, id FROM topic_ids").fetchall())
        if known.get(source.name, self._source_id) != self._source_id:
            self._set_aside(f"{source.full_name(self._namespace)} was created anew")
        elif self.applied >= self._end_at_start:
            self._set_aside(
                f"{source.full_name(self._namespace)} ends at offset {self._end_at_start}, behind {self.applied}"
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
        logger.warning("stage %s partition %d: %s: its state is set aside as %s and built anew",
                       self._stage.name, self._partition, why, aside)  # fmt: skip

    # -- processing

    def process(self, messages: Sequence[Message], max_bytes: int) -> list[list[Message]]:
        """Outputs of each record, or its dead letter; state and outbox in one transaction.

        Raises StageStopped or MACHINE_FAULTS, and then nothing of the batch is kept.
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
        """The broker has acknowledged the outputs of all records up to `offset`: they are published no more."""
        self._delivered = max(self._delivered, offset)

    def _named(self, outputs: list[Message]) -> list[Message]:
        """The outputs, each decision with the id of the topic that its offset is of."""
        recorded = self._stage.recorded
        if recorded is None or recorded is self._stage.source or not self._source_id:
            return outputs
        mark = {SOURCE_ID: self._source_id}
        return [replace(m, headers={**m.headers, **mark}) if m.topic == recorded.name else m for m in outputs]

    def _keep(self, offset: int, outputs: list[Message]) -> None:
        rows = [
            (offset, n, m.topic, key_bytes(m.key), pack_headers(m.headers, m.odd_headers), m.value)
            for n, m in enumerate(outputs)
        ]
        self._db.executemany("INSERT OR REPLACE INTO outbox VALUES(?, ?, ?, ?, ?, ?)", rows)
        self._set_applied(offset)

    def _outputs(self, offset: int) -> list[Message]:
        columns = "topic, CAST(key AS BLOB), CAST(headers AS BLOB), value"
        rows = self._db.execute(f"SELECT {columns} FROM outbox WHERE off = ? ORDER BY seq", (offset,))
        return [_message(*row) for row in rows]

    def close(self) -> None:
        """Let the next owner open the file."""
        self._db.close()
        self._lock.close()


def _message(topic: str, key: bytes, packed: bytes, value: bytes | None) -> Message:
    headers, odd = unpack_headers(packed)
    return Message(topic, key_text(key), value, headers, odd_headers=odd)
