"""The embedded runner: state, outputs and offsets of a batch in one SQLite transaction, so exactly once."""

import fcntl
import logging
import os
import sqlite3
import threading
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from claimwire import metrics
from claimwire.errors import MACHINE_FAULTS, ClaimwireError, ConfigError, ContractError
from claimwire.ledger import dead_letters_of
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from claimwire.settings import Settings, sqlite_path
from claimwire.watchdog import Work
from claimwire.workers import Pool
from processors.learn.table import HostTable
from processors.steps import Stage, analyse, analyse_plainly, give_up

logger = logging.getLogger(__name__)
AnalysePool = Pool[Message, list[Message]]
IDLE_SECONDS = 0.05
# A batch smaller than this may fail whole without stopping the stage.
SMALL_BATCH = 10


def analyse_pool(settings: Settings) -> AnalysePool:
    """The children of the stage `analyse`: a page that is late is read plainly, and rejected where that is late too."""
    return Pool(analyse, settings.workers, settings.analyse_timeout, rescue=analyse_plainly, give_up=give_up)


class StageStopped(ClaimwireError):
    """More than half of a batch failed: the fault is ours or the store's, not the records'."""


def check_failures(stage: str, failed: int, total: int, last: str) -> None:
    """Raises StageStopped where more than half of a batch of at least SMALL_BATCH failed."""
    if total >= SMALL_BATCH and failed > total / 2:
        raise StageStopped(f"stage {stage} stops: {failed} of {total} records failed, the last with {last}")


class StageRunner:
    """One stage on an embedded log. `pool` None runs a CPU-bound stage in this process."""

    def __init__(self, stage: Stage, log: SqliteLog, settings: Settings, pool: AnalysePool | None = None) -> None:
        self.stage, self._log, self._batch = stage, log, settings.batch_size
        self._pool = pool
        self._lock = _lock_stage(settings.broker, log.namespace, stage.name)
        self._state: Any = stage.open_state(log.connection, log.namespace) if stage.open_state else None
        self._hosts = HostTable() if stage.has_host_rules else None
        owned = [(stage.source.name, partition) for partition in range(stage.source.partitions)]
        self.work = Work(stage.name, (stage.source,), lambda: owned, lambda: self._pool.done if self._pool else 0)

    def step(self) -> int:
        """Take at most one batch of each partition; returns the number of records taken."""
        done = self._log.committed(self.stage.name, self.stage.source)
        taken = 0
        for partition, end in self._log.ends(self.stage.source).items():
            if done[partition] < end:
                taken += self._take(partition, done[partition])
        if not taken:
            self.work.take(0)
        return taken

    def _take(self, partition: int, start: int) -> int:
        batch = self._log.fetch(self.stage.source, partition, start, self._batch)
        if not batch:
            return 0
        if self._hosts is not None:
            self._hosts.refresh(self._log)
            batch = [self._hosts.attached(m) for m in batch]
        with metrics.STAGE_SECONDS.labels(self.stage.name).time():
            # All partitions have their turn in one round, which slow pages of one of them make long.
            with self.work.holding(self.work.owned()):
                results = self._pool.map(batch) if self._pool else None
            with self._log.transaction() as db:
                try:
                    self._write(db, batch, results)
                except BaseException:
                    if hasattr(self._state, "forget_caches"):
                        self._state.forget_caches()
                    raise
                self._log.set_offset(self.stage.name, self.stage.source, partition, batch[-1].offset + 1)
        metrics.RECORDS.labels(self.stage.name).inc(len(batch))
        self.work.take(len(batch))
        return len(batch)

    def _write(
        self, db: sqlite3.Connection, batch: list[Message], results: list[list[Message] | Exception] | None
    ) -> None:
        failed, last = 0, ""
        for index, message in enumerate(batch):
            result = results[index] if results is not None else self._process(db, message)
            if not isinstance(result, Exception):
                try:
                    self._log.publish(result)
                    metrics.OUTPUTS.labels(self.stage.name).inc(len(result))
                    continue
                except ContractError as error:
                    result = error
            failed, last = failed + 1, f"{type(result).__name__}: {result}"
            logger.warning("stage %s: dead letter %s/%d@%d: %s", self.stage.name, message.topic, message.partition,
                           message.offset, last)  # fmt: skip
            detail = last if isinstance(result, ClaimwireError) else "".join(traceback.format_exception(result))[-2000:]
            text = last if detail == last else f"{last}\n{detail}"
            letters = dead_letters_of(
                message, self.stage.name, text, datetime.now(UTC), has_article=self.stage.has_article
            )
            self._log.publish(letters)
        check_failures(self.stage.name, failed, len(batch), last)

    def _process(self, db: sqlite3.Connection, message: Message) -> list[Message] | Exception:
        db.execute("SAVEPOINT record")
        try:
            result = self.stage.process(message, self._state)
        except MACHINE_FAULTS:
            raise
        except Exception as error:
            db.execute("ROLLBACK TO record")
            db.execute("RELEASE record")
            if hasattr(self._state, "forget_caches"):
                self._state.forget_caches()
            return error
        db.execute("RELEASE record")
        return result

    def close(self) -> None:
        """Let another process take the stage."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _lock_stage(broker: str, namespace: str, stage: str) -> int | None:
    """A descriptor that holds the lock until it is closed, or its process ends."""
    path = sqlite_path(broker)
    if path == ":memory:":
        return None
    lock = os.open(f"{path}.{namespace}.{stage}.lock", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise ConfigError(f"broker {broker}: stage {stage} is already run by another process") from None
    return lock


def drain(runners: list[StageRunner]) -> None:
    """Run until no stage has anything to take."""
    while sum(runner.step() for runner in runners):
        pass


def run_stage(runner: StageRunner, stop: threading.Event) -> None:
    """Run one stage until `stop`. Raises StageStopped."""
    while not stop.is_set():
        try:
            if not runner.step():
                time.sleep(IDLE_SECONDS)
        except MACHINE_FAULTS as error:
            logger.warning("stage %s: %s; trying again", runner.stage.name, error)
            stop.wait(1.0)
