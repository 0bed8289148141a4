"""State of one partition of a stage in the distributed way: one SQLite file with state, outbox and last offset.

Decision, state change and outputs are one transaction; then the outputs are published, then the input is acknowledged.
On taking a partition over: where the file is ahead of the committed offset, what is delivered again gets its outputs
from the outbox; where it is behind or new, the recorded decisions are folded first, without deciding again.
"""

import fcntl
import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from claimwire.errors import ContractError, UnreachableError
from claimwire.log import Log, Message
from claimwire.sqlite_file import connect
from processors.failures import attempt_in, forget_caches, settled
from processors.steps import Stage

logger = logging.getLogger(__name__)
# Redelivery reaches back one commit interval; what is older has been acknowledged.
OUTBOX_OFFSETS = 5_000
LOCK_SECONDS = 60.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS applied(one INTEGER PRIMARY KEY CHECK(one = 1), off INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox(off INTEGER NOT NULL, seq INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL,
  headers TEXT NOT NULL, value BLOB, PRIMARY KEY(off, seq)) WITHOUT ROWID;
"""


class PartitionState:
    """Opened by the worker that owns the partition; a lock on the file keeps out one that no longer does."""

    def __init__(self, stage: Stage, partition: int, namespace: str, folder: Path) -> None:
        assert stage.open_state is not None
        self._stage, self._partition = stage, partition
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{namespace}.{stage.name}.{partition}.db"
        self._lock = path.with_suffix(".lock").open("w")
        self._acquire()
        self._db = connect(path)
        self._db.executescript(SCHEMA)
        self._state: Any = stage.open_state(self._db, namespace)

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

    @property
    def applied(self) -> int:
        """The last offset folded into the state, -1 where none is."""
        row = self._db.execute("SELECT off FROM applied").fetchone()
        return row[0] if row else -1

    def catch_up(self, first: int, log: Log, tick: Callable[[], None] = lambda: None) -> int:
        """Fold the recorded decisions on the offsets after `applied` and before `first`; returns how many.

        Calls `tick` for each decision that is read or folded: a rebuild is work, and no stall.
        """
        stage = self._stage
        if stage.recorded is None or stage.apply is None or self.applied + 1 >= first:
            return 0
        start, count = self.applied, 0
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS decisions(off INTEGER PRIMARY KEY, key TEXT, value BLOB)")
        for partition in range(stage.recorded.partitions):
            for message in log.read(stage.recorded, partition):
                tick()
                place = self._place(message)
                if place and place[0] == self._partition and start < place[1] < first:
                    row = (place[1], message.key, message.value)
                    self._db.execute("INSERT OR IGNORE INTO decisions VALUES(?, ?, ?)", row)
        self._db.execute("BEGIN IMMEDIATE")
        for off, key, value in self._db.execute("SELECT off, key, value FROM decisions ORDER BY off").fetchall():
            tick()
            stage.apply(Message(stage.recorded.name, key, value), self._state)
            self._db.execute("INSERT OR REPLACE INTO applied VALUES(1, ?)", (off,))
            count += 1
        self._db.execute("INSERT OR REPLACE INTO applied VALUES(1, ?)", (first - 1,))
        self._db.execute("COMMIT")
        self._db.execute("DROP TABLE decisions")
        logger.info("stage %s partition %d: %d recorded decisions folded", stage.name, self._partition, count)
        return count

    def _place(self, message: Message) -> tuple[int, int] | None:
        try:
            return self._stage.position(message) if self._stage.position else None
        except (ContractError, KeyError) as error:
            logger.warning("%s %d@%d is no decision: %s", message.topic, message.partition, message.offset, error)
            return None

    def process(self, messages: Sequence[Message], max_bytes: int) -> list[list[Message]]:
        """Outputs of each record, or its dead letter; state and outbox in one transaction.

        Raises StageStopped or MACHINE_FAULTS, and then nothing of the batch is kept.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            new = [message for message in messages if message.offset > self.applied]
            known = [self._outputs(message.offset) for message in messages[: len(messages) - len(new)]]
            results = (attempt_in(self._db, self._stage, message, self._state) for message in new)
            outputs = settled(self._stage, new, results, max_bytes)
            for message, of_record in zip(new, outputs, strict=True):
                self._keep(message.offset, of_record)
            self._db.execute("DELETE FROM outbox WHERE off < ?", (self.applied - OUTBOX_OFFSETS,))
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            forget_caches(self._state)
            raise
        self._db.execute("COMMIT")
        return [*known, *outputs]

    def _keep(self, offset: int, outputs: list[Message]) -> None:
        rows = [(offset, n, m.topic, m.key, json.dumps(dict(m.headers)), m.value) for n, m in enumerate(outputs)]
        self._db.executemany("INSERT OR REPLACE INTO outbox VALUES(?, ?, ?, ?, ?, ?)", rows)
        self._db.execute("INSERT OR REPLACE INTO applied VALUES(1, ?)", (offset,))

    def _outputs(self, offset: int) -> list[Message]:
        rows = self._db.execute("SELECT topic, key, headers, value FROM outbox WHERE off = ? ORDER BY seq", (offset,))
        return [Message(topic, key, value, json.loads(headers)) for topic, key, headers, value in rows]

    def close(self) -> None:
        """Let the next owner open the file."""
        self._db.close()
        self._lock.close()
