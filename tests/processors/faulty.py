"""Stages that fail as their records say, and both runners of them.

`python -m tests.processors.faulty KIND BROKER NAMESPACE FOLDER` is the distributed runner's process.
"""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Protocol

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ContractError, UnreachableError
from claimwire.log import Log, Message
from claimwire.runtime.liveness import Liveness
from claimwire.topics import Topic
from processors.flow import stages
from processors.runners import distributed
from processors.runners.children import stage_pool
from processors.runners.embedded import StageRunner, run_stage
from processors.runners.failures import StageStopped
from processors.stage import CpuBoundStage, Stage, StatefulStage

BATCH, MOST_BYTES = 60, 20_000
SECONDS = 90.0
ROOT = Path(__file__).parents[2]


def outputs(message: Message, folder: Path) -> list[Message]:
    """Fail as the record says, a disk twice and memory once; else one output."""
    match message.value:
        case b"bug":
            raise KeyError("our fault")
        case b"bad":
            raise ContractError("no record")
        case b"disk" if _times(folder / "disk") <= 2:
            raise OSError(28, "No space left on device")
        case b"memory" if _times(folder / "memory") <= 1:
            raise MemoryError
        case b"large":
            return [Message(topics.CLEAN.name, "live/en", bytes(MOST_BYTES + 1))]
    return [Message(topics.CLEAN.name, "live/en", message.value, dict(message.headers))]


def _times(file: Path) -> int:
    """Number of calls for a file, in all processes."""
    with file.open("a") as noted:
        noted.write("x")
    return file.stat().st_size


class Plain(Stage):
    name, source = "faulty", topics.RAW

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def process(self, message: Message, state: Any) -> list[Message]:
        return outputs(message, self._folder)


class InChildren(CpuBoundStage, Plain):
    def give_up(self, message: Message) -> list[Message]:
        return [Message(topics.CLEAN.name, "live/en", b"given up")]


class Counting(StatefulStage, Plain):
    """Count the records that are processed."""

    recorded = topics.CLEAN

    def open_state(self, db: sqlite3.Connection, namespace: str) -> sqlite3.Connection:
        db.execute("CREATE TABLE IF NOT EXISTS counting(value)")
        return db

    def process(self, message: Message, state: sqlite3.Connection) -> list[Message]:
        state.execute("INSERT INTO counting VALUES(?)", (message.value,))
        return super().process(message, state)

    def apply(self, message: Message, state: Any) -> None:
        """Count nothing: these tests rebuild no state."""

    def position(self, message: Message) -> tuple[int, int]:
        return message.partition, message.offset


def stage_of(kind: str, settings: Settings) -> Stage:
    """A stage of ours by its class, or one of the flow by its name."""
    ours = {"plain": Plain, "children": InChildren, "state": Counting}
    if kind in ours:
        return ours[kind](Path(settings.data_dir))
    return next(stage for stage in stages(settings, ()) if stage.name == kind)


def settings_of(broker: str, namespace: str, folder: str) -> Settings:
    return Settings(
        broker=broker, namespace=namespace, data_dir=folder, batch_size=BATCH, max_message_bytes=MOST_BYTES, workers=1,
        session_timeout=6.0,
    )  # fmt: skip


class Runner(Protocol):
    """One stage on one of the runners."""

    def run(self, log: Log, stage: Stage) -> str:
        """Run until all records are taken (empty), or until the stage stops; the reason then."""

    def state(self, stage: Stage) -> sqlite3.Connection:
        """The database with the state of partition 0."""


class Embedded:
    def __init__(self, settings: Settings, kind: str) -> None:
        self._settings = settings

    def run(self, log: Any, stage: Stage) -> str:
        pool = stage_pool(stage, self._settings)
        if pool is not None:
            pool.map([Message(topics.RAW.name, "warm", b"warm")])
        runner, stop = StageRunner(stage, log, self._settings, pool), Taken(log, stage.name, stage.source)
        try:
            run_stage(runner, stop)
        except StageStopped as stopped:
            return str(stopped)
        finally:
            runner.close()
        return ""

    def state(self, stage: Stage) -> sqlite3.Connection:
        return sqlite3.connect(self._settings.broker.removeprefix("sqlite:///"))


def _waiting(log: Log, stage: Stage) -> int:
    """Number of records to take; a broker that has just started does not know for a while."""
    try:
        return log.lag(stage.name, stage.source)
    except UnreachableError:
        return 1


class Taken(threading.Event):
    """A stop that is set when all records are taken; it does not wait."""

    def __init__(self, log: Log, group: str, topic: Topic) -> None:
        super().__init__()
        self._rest = lambda: log.lag(group, topic)

    def is_set(self) -> bool:
        return not self._rest()

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


class Distributed:
    def __init__(self, settings: Settings, kind: str) -> None:
        self._settings, self._kind = settings, kind

    def run(self, log: Log, stage: Stage) -> str:
        arguments = [self._kind, self._settings.broker, self._settings.namespace, self._settings.data_dir]
        command = [sys.executable, "-m", "tests.processors.faulty", *arguments]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as worker:
            deadline = time.monotonic() + SECONDS
            while _waiting(log, stage) and worker.poll() is None and time.monotonic() < deadline:
                time.sleep(0.2)
            worker.terminate()
            lines = worker.communicate(timeout=SECONDS)[1].splitlines()
        mark = f"stage {stage.name} ends: "
        ends = [line.partition(mark)[2] for line in lines if mark in line]
        assert not _waiting(log, stage) or ends, "\n".join(lines)
        return "".join(ends)

    def state(self, stage: Stage) -> sqlite3.Connection:
        settings = self._settings
        return sqlite3.connect(Path(settings.data_dir) / "state" / f"{settings.namespace}.{stage.name}.0.db")


def main(kind: str, broker: str, namespace: str, folder: str) -> int:
    settings = settings_of(broker, namespace, folder)
    stage = stage_of(kind, settings)
    distributed.stages = lambda *_: (stage,)
    return distributed.run_worker(settings, (), stage.name, threading.Event(), Liveness(60))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
