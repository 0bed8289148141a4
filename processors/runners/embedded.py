"""The embedded runner: state, outputs and offsets of a batch in one SQLite transaction (exactly once)."""

import logging
import os
import threading
import time
from typing import Any

from claimwire.config.settings import Settings, sqlite_path
from claimwire.errors import MACHINE_FAULTS
from claimwire.log import Message, stage_lock
from claimwire.log.holes import Holes
from claimwire.log.sqlite import SqliteLog
from claimwire.runtime import metrics
from claimwire.runtime.watchdog import Work
from processors.learn.table import HostTable
from processors.match.folds import without_fold
from processors.runners.children import StagePool
from processors.runners.failures import Result, Tally, attempt_in, forget_caches, published, settled
from processors.stage import Stage, StatefulStage

logger = logging.getLogger(__name__)
IDLE_SECONDS = 0.05


class StageRunner:
    """One stage on an embedded log. `pool` has its children, which `close` ends; None runs it in this process."""

    def __init__(self, stage: Stage, log: SqliteLog, settings: Settings, pool: StagePool | None = None) -> None:
        self.stage, self._log, self._batch = stage, log, settings.batch_size
        self._max_bytes = settings.max_message_bytes
        self._pool = pool
        self._lock = stage_lock.hold(sqlite_path(settings.broker), log.namespace, stage.name)
        self._state: Any = None
        if isinstance(stage, StatefulStage):
            self._state = stage.open_state(log.connection, log.namespace)
        self._hosts = HostTable() if stage.has_host_rules else None
        self._holes = Holes(log, stage.name, (stage.source,))
        owned = [(stage.source.name, partition) for partition in range(stage.source.partitions)]
        self.work = Work(stage.name, (stage.source,), lambda: owned, lambda: self._pool.progress if self._pool else 0)

    def step(self) -> int:
        """Process at most one batch of each partition; return the number of records."""
        self.work.beat()
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
        self._holes.look(batch)
        if self._hosts is not None:
            self._hosts.refresh(self._log)
        taken = [self._hosts.attached(m) for m in batch] if self._hosts else batch
        parts = self._pool.in_order(taken) if self._pool else iter(())
        done, tally = 0, Tally()
        while done < len(batch):
            with metrics.STAGE_SECONDS.labels(self.stage.name).time():
                # One round serves all partitions; slow pages of one partition make it long.
                with self.work.holding(self.work.owned()):
                    results = next(parts, None)
                end = len(batch) if results is None else done + len(results)
                self._commit(partition, batch[done:end], taken[done:end], results, tally)
            done = end
        return len(batch)

    def _commit(
        self, partition: int, batch: list[Message], taken: list[Message], done: list[Result] | None, tally: Tally
    ) -> None:
        """Write outputs, state and offset of the records; `done` has the results of a pool, if one is used."""
        with self._log.transaction() as db:
            try:
                results = done or (attempt_in(db, self.stage, m, self._state) for m in taken)
                found = settled(self.stage, batch, results, self._max_bytes, tally)
                outputs = [[without_fold(m) for m in of_record] for of_record in found]
                count = published(self._log.publish, self.stage, batch, outputs)
            except BaseException:
                forget_caches(self._state)
                raise
            self._log.set_offset(self.stage.name, self.stage.source, partition, batch[-1].offset + 1)
        metrics.OUTPUTS.labels(self.stage.name).inc(count)
        metrics.RECORDS.labels(self.stage.name).inc(len(batch))
        self.work.take(len(batch))

    def close(self) -> None:
        """End the children and release the lock of the stage."""
        if self._pool is not None:
            self._pool.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def drain(runners: list[StageRunner]) -> None:
    """Run until no stage has waiting records."""
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
