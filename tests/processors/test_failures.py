"""Records that fail, on both runners: whose fault it is, what becomes of them, and when a stage stops or its process ends."""

import subprocess
import sys
import time

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ContractError
from claimwire.failures import MOST_DETAIL, MOST_ERROR, failure_of
from claimwire.log import Message, open_log
from claimwire.log.sqlite import SqliteLog
from claimwire.log.wire import key_text
from processors.analysis import analyse
from processors.runners.embedded import StageRunner, drain, run_stage
from processors.runners.failures import StageStopped
from processors.runners.page_readers import analyse_pool
from processors.runners.partition_state import PartitionState
from processors.stage import StatefulStage
from tests.processors.plain_stage import PlainStage

BAD = [Message(topics.RAW.name, "same", b"{}") for _ in range(60)]


class Counting:
    """A state of one table: how many records it has taken."""

    def __init__(self, db, _namespace: str) -> None:
        self.db = db
        db.execute("CREATE TABLE IF NOT EXISTS counting(number INTEGER)")

    def count(self) -> int:
        return self.db.execute("SELECT count(*) FROM counting").fetchone()[0]

    def forget_caches(self) -> None:
        """Nothing is cached."""


class CountingStage(StatefulStage):
    """Fail as the record says; count the others."""

    name, source, recorded = "counting", topics.RAW, topics.CLEAN

    def open_state(self, db, namespace: str) -> Counting:
        return Counting(db, namespace)

    def process(self, message: Message, state: Counting) -> list[Message]:
        state.db.execute("INSERT INTO counting VALUES(1)")
        match message.value:
            case b"bug":
                raise KeyError("our fault")
            case b"bad":
                raise ContractError("no record")
            case b"disk":
                raise OSError(28, "No space left on device")
        return [Message(topics.CLEAN.name, "live/en", message.value, dict(message.headers))]

    def apply(self, message: Message, state: Counting) -> None:
        """Count nothing: these tests rebuild no state."""

    def position(self, message: Message) -> tuple[int, int]:
        return message.partition, message.offset


COUNTING = CountingStage()


def settings_of(tmp_path, **fields) -> Settings:
    return Settings(broker=f"sqlite:///{tmp_path / 's.db'}", data_dir=str(tmp_path), **fields)


def letters(log: SqliteLog) -> list[Message]:
    return list(log.read(topics.DEADLETTERS, 0))


def test_sixty_bad_records_in_a_row_stop_no_stage(log, tmp_path):
    log.publish(BAD)
    runner = StageRunner(PlainStage(analyse), log, settings_of(tmp_path, batch_size=60))
    drain([runner])
    assert len(letters(log)) == 60
    assert log.lag("analyse", topics.RAW) == 0


def test_sixty_bad_records_in_a_row_stop_no_stage_with_children(log, tmp_path):
    settings = settings_of(tmp_path, batch_size=60, workers=1)
    log.publish(BAD)
    pool = analyse_pool(settings)
    drain([StageRunner(PlainStage(analyse), log, settings, pool)])
    pool.close()
    assert {m.headers["error"].split(":")[0] for m in letters(log)} == {"ContractError"}
    assert len(letters(log)) == 60


def test_our_fault_among_bad_records_still_stops_the_stage(log, tmp_path):
    values = [b"bug"] * 11 + [b"bad"] * 9
    log.publish([Message(topics.RAW.name, "same", value) for value in values])
    with pytest.raises(StageStopped, match="stage counting stops: 11 of 20 records failed, the last with KeyError"):
        StageRunner(COUNTING, log, settings_of(tmp_path, batch_size=20)).step()
    assert letters(log) == []
    assert log.lag("counting", topics.RAW) == 20


def test_a_dead_letter_has_the_end_of_its_traceback_on_both_runners(log, tmp_path):
    log.publish([Message(topics.RAW.name, "same", value) for value in (b"bug", b"bad", b"1")])
    drain([StageRunner(COUNTING, log, settings_of(tmp_path))])
    partition = next(p for p, end in log.ends(topics.RAW).items() if end)
    state = PartitionState(COUNTING, partition, "t", tmp_path / "state")
    distributed = state.process(list(log.read(topics.RAW, partition)), 8_000_000)
    state.close()
    for found in (letters(log), [of_record[0] for of_record in distributed[:2]]):
        assert found[0].headers["error"].startswith("KeyError: 'our fault'\nTraceback (most recent call last):")
        assert 'raise KeyError("our fault")' in found[0].headers["error"]
        assert found[1].headers["error"] == "ContractError: no record"


def test_a_long_error_keeps_its_first_line_and_the_end_of_the_traceback():
    try:
        raise ValueError("x" * 9000 + "\nend")
    except ValueError as error:
        failure = failure_of(error)
    assert (len(failure.text), "\n" in failure.text, failure.is_of_record) == (MOST_ERROR, False, False)
    assert failure.detail[-MOST_DETAIL:].endswith("end\n")


def test_a_record_that_fails_leaves_no_trace_in_the_state(tmp_path, log):
    values = [b"1", b"bug", b"2", b"bad"]
    log.publish([Message(topics.RAW.name, "same", value) for value in values])
    runner = StageRunner(COUNTING, log, settings_of(tmp_path))
    drain([runner])
    assert runner._state.count() == 2


def test_the_dead_letter_of_a_redelivered_record_comes_from_the_outbox(tmp_path):
    """A worker killed between its transaction and its publishing: the record is known, and its dead letter is not lost."""
    keys = {b"bad": key_text(b"\xff")}
    batch = [
        Message(topics.RAW.name, keys.get(v, "same"), v, {"a": "\u00e9"}, partition=0, offset=n)
        for n, v in enumerate((b"1", b"bad", b"2"))
    ]
    state = PartitionState(COUNTING, 0, "t", tmp_path)
    state.process(batch, 8_000_000)
    again = state.process([*batch, Message(topics.RAW.name, "same", b"3", partition=0, offset=3)], 8_000_000)
    state.close()
    assert [m.topic for of_record in again for m in of_record] == [
        topics.CLEAN.name, topics.DEADLETTERS.name, topics.OUTCOMES.name, topics.CLEAN.name, topics.CLEAN.name,
    ]  # fmt: skip
    assert (again[1][0].key, again[1][0].value) == (keys[b"bad"], b"bad")
    assert again[0][0].headers == {"a": "\u00e9"}


def test_a_full_disk_makes_no_dead_letter_and_leaves_nothing_of_the_batch(tmp_path):
    batch = [Message(topics.RAW.name, "same", v, partition=0, offset=n) for n, v in enumerate((b"1", b"bad", b"disk"))]
    state = PartitionState(COUNTING, 0, "t", tmp_path)
    with pytest.raises(OSError, match="No space left"):
        state.process(batch, 8_000_000)
    assert state.applied == -1
    state.close()


class Patience:
    """A stop that is set after the second wait."""

    def __init__(self) -> None:
        self.waits = 0

    def is_set(self) -> bool:
        return self.waits == 2

    def wait(self, _seconds: float) -> None:
        self.waits += 1


def test_a_full_disk_is_tried_again_by_the_embedded_runner(log, tmp_path):
    log.publish([Message(topics.RAW.name, "same", value) for value in (b"1", b"bad", b"disk")])
    run_stage(StageRunner(COUNTING, log, settings_of(tmp_path)), Patience())
    assert letters(log) == []
    assert log.lag("counting", topics.RAW) == 3


WORKER = """
import asyncio, sys, threading, time
from claimwire import topics
from claimwire.errors import UnreachableError
from claimwire.runtime.liveness import Liveness
from claimwire.log import Message
from claimwire.log.kafka import KafkaLog
from claimwire.config.settings import Settings
from processors.runners import distributed as app
from processors.stage import Stage

how, broker, namespace, folder = sys.argv[1:]
settings = Settings(broker=broker, namespace=namespace, data_dir=folder, batch_size=10, session_timeout=6.0)
failed = []

def process(message, _):
    if message.value == b"3" and len(failed) < 2:
        failed.append(1)
        raise OSError(28, "No space left on device")
    if message.value == b"4":
        raise KeyError("our fault")
    return [Message(topics.CLEAN.name, "live/en", message.value)]

publish = KafkaLog.publish

def faulty(log, messages):
    publish(log, [m for m in messages if m.value != b"17"])
    if any(m.value == b"17" for m in messages):
        raise UnreachableError("broker: not enough replicas for record 17")

build = app.build_app

def crashing(settings, stage):
    built, worker = build(settings, stage)
    async def crash_when_done():
        while sum(worker._log().committed("analyse", topics.RAW).values()) < 30:
            await asyncio.sleep(0.3)
        await built.crash(RuntimeError("the consumer's thread ended"))
    asyncio.get_event_loop().create_task(crash_when_done())
    return built, worker

if how == "publish":
    KafkaLog.publish = faulty
else:
    app.build_app = crashing

class Faulty(Stage):
    name, source = "analyse", topics.RAW
    process = staticmethod(process)

app.stages = lambda settings, rules: (Faulty(),)
sys.exit(app.run_worker(settings, (), "analyse", threading.Event(), Liveness(60)))
"""


def worker(how: str, kafka, namespace: str, folder) -> tuple[subprocess.CompletedProcess[str], float]:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", WORKER, how, f"kafka://{kafka.host_port}", namespace, str(folder)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done, time.monotonic() - began


@pytest.mark.servers
@pytest.mark.timeout(180)
def test_on_kafka_a_worker_that_fails_ends_at_once_and_commits_nothing_that_is_not_published(
    kafka, namespace, tmp_path
):
    log = open_log(f"kafka://{kafka.host_port}", namespace)
    log.ensure_topics((topics.RAW, topics.CLEAN, topics.DEADLETTERS, topics.OUTCOMES))
    log.publish([Message(topics.RAW.name, "same", str(n).encode(), partition=0) for n in range(30)])

    done, seconds = worker("publish", kafka, namespace, tmp_path)
    assert done.returncode == 1, done.stderr
    assert seconds < 30
    lines = [line for line in done.stderr.splitlines() if "ends: " in line]
    assert lines == ["stage analyse ends: broker: not enough replicas for record 17"]
    assert "Crashed" not in done.stderr
    assert done.stderr.count("No space left on device; trying again") == 2
    assert log.committed("analyse", topics.RAW)[0] in (0, 10)

    done, seconds = worker("crash", kafka, namespace, tmp_path)
    assert done.returncode == 1, done.stderr
    assert seconds < 40
    assert "stage analyse ends: the consumer's thread ended" in done.stderr
    assert log.committed("analyse", topics.RAW)[0] == 30
    values = {m.value for p in range(topics.CLEAN.partitions) for m in log.read(topics.CLEAN, p)}
    assert values == {str(n).encode() for n in range(30)} - {b"4"}
    dead = list(log.read(topics.DEADLETTERS, 0))
    assert {m.value for m in dead} == {b"4"}
    assert 'raise KeyError("our fault")' not in dead[0].headers["error"]  # `python -c` has no source lines
    assert "in process\nKeyError: 'our fault'" in dead[0].headers["error"]
    log.close()
