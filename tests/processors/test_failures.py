"""Records that fail: one suite through both runners, whose fault it is, what becomes of them, and when a stage stops."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from claimwire import topics
from claimwire.failures import MOST_DETAIL, MOST_ERROR, failure_of
from claimwire.ledger import counts, read_ledger
from claimwire.log import Log, Message, open_log
from claimwire.log.wire import key_text
from processors.runners.partition_state import PartitionState
from processors.stage import Stage, StatefulStage
from tests.processors.faulty import BATCH, ROOT, Counting, Distributed, Embedded, Runner, settings_of, stage_of
from tests.records import raw_article, raw_message

GOOD, FAULTS = (b"1", b"disk", b"memory", b"2"), (b"1", b"bad", b"disk", b"bug", b"memory", b"large", b"2")
NO_RECORDS = {
    b"\xff\x00 not json": "ContractError", b'{"schema_version": 1}': "missing required field",
    b'{"schema_version": 9': "ContractError", b"null": "ContractError", None: "names no article",
}  # fmt: skip


@dataclass
class Run:
    """A stage on a runner with a log of its own; `run` starts a process or a thread of work again."""

    runner: Runner
    log: Log
    stage: Stage

    def run(self, *values: bytes | None) -> str:
        """Publish records and run the stage; the reason if it stopped."""
        self.log.publish([self._record(n, value) for n, value in enumerate(values)])
        return self.runner.run(self.log, self.stage)

    def _record(self, number: int, value: bytes | None) -> Message:
        # A record without a value that names an article is a tombstone.
        ids = {"article_id": "a", "revision_id": str(number)} if value is not None else {}
        return Message(self.stage.source.name, f"k{number}", value, ids, partition=0)

    def read(self, topic: topics.Topic) -> list[Message]:
        return [m for p in range(topic.partitions) for m in self.log.read(topic, p)]

    @property
    def taken(self) -> int:
        return self.log.committed(self.stage.name, self.stage.source)[0]


@pytest.fixture(params=["embedded", pytest.param("distributed", marks=[pytest.mark.servers, pytest.mark.timeout(240)])])
def start(request, namespace, tmp_path) -> Iterator:
    """A function that makes the run of a kind of stage."""
    logs = []

    def start(kind: str) -> Run:
        is_embedded = request.param == "embedded"
        broker = (
            f"sqlite:///{tmp_path / 's.db'}" if is_embedded else f"kafka://{request.getfixturevalue('kafka').host_port}"
        )
        settings = settings_of(broker, namespace, str(tmp_path))
        logs.append(open_log(broker, namespace))
        logs[0].ensure_topics(topics.TOPICS)
        return Run((Embedded if is_embedded else Distributed)(settings, kind), logs[0], stage_of(kind, settings))

    yield start
    logs[0].close()


@pytest.mark.parametrize("kind", ["plain", "children", "state"])
def test_faults_end_the_same_way_on_both_runners_and_in_children(start, kind):
    run = start(kind)
    assert run.run(*FAULTS) == ""
    assert run.taken == len(FAULTS)
    assert [m.value for m in run.read(topics.CLEAN)] == list(GOOD), "a full disk and no memory make no dead letter"
    errors = {m.value: m.headers["error"] for m in run.read(topics.DEADLETTERS)}
    bug = errors.pop(b"bug")
    assert bug.startswith("KeyError: 'our fault'\nTraceback (most recent call last):")
    assert 'raise KeyError("our fault")' in bug
    assert errors == {
        b"bad": "ContractError: no record", b"large": "ContractError: articles.clean: record of 20001 bytes is over 20000",
    }  # fmt: skip
    assert counts(read_ledger(run.log).values()) == {"dead_lettered": 3}
    if isinstance(run.stage, StatefulStage):
        rows = run.runner.state(run.stage).execute("SELECT value FROM counting ORDER BY rowid")
        # An output that is too large is found after the record.
        assert [v for (v,) in rows] == [b"1", b"disk", b"memory", b"large", b"2"], "a record that fails leaves no trace"

    stopped = run.run(*[b"bug"] * 11, *[b"bad"] * 9)
    assert "records failed, the last with KeyError: 'our fault'" in stopped
    assert stopped.startswith("stage faulty stops: ")
    if kind != "children":
        assert stopped.startswith("stage faulty stops: 11 of 20 records")
        assert (run.taken, len(run.read(topics.DEADLETTERS))) == (len(FAULTS), 3), "nothing of the batch is taken"
    # Finished parts are committed while other children work; a small part alone stops no stage.
    assert run.taken < len(FAULTS) + 10


@pytest.mark.parametrize("kind", ["analyse", "match", "alert"])
def test_a_batch_of_what_is_no_record_becomes_dead_letters_and_the_loop_lives_on(start, kind):
    run = start(kind)
    values = [value for value in NO_RECORDS for _ in range((BATCH - 1) // len(NO_RECORDS))]
    raw = raw_message(raw_article())
    analysed = stage_of("analyse", settings_of("", "t", ".")).process(raw, None)[0] if kind != "analyse" else raw
    if kind != "alert":
        run.log.publish([replace(analysed, partition=0)])
    assert run.run(*values) == ""
    letters = run.read(topics.DEADLETTERS)
    assert Counter(m.value for m in letters) == Counter(values)
    assert {m.headers["stage"] for m in letters} == {kind}
    assert all(NO_RECORDS[m.value] in m.headers["error"] for m in letters)
    assert counts(read_ledger(run.log).values())["dead_lettered"] == (len(values) if run.stage.has_article else 0)
    after = {"analyse": topics.CLEAN, "match": topics.ARTICLES, "alert": topics.ALERTS}[kind]
    assert len(run.read(after)) == (kind != "alert")


def test_a_long_error_keeps_its_first_line_and_the_end_of_the_traceback():
    try:
        raise ValueError("x" * 9000 + "\nend")
    except ValueError as error:
        failure = failure_of(error)
    assert (len(failure.text), "\n" in failure.text, failure.is_of_record) == (MOST_ERROR, False, False)
    assert failure.detail[-MOST_DETAIL:].endswith("end\n")


def test_the_dead_letter_of_a_redelivered_record_comes_from_the_outbox(tmp_path):
    """A worker killed between its transaction and its publishing: the record is known, and its dead letter is not lost."""
    keys = {b"bad": key_text(b"\xff")}
    batch = [
        Message(topics.RAW.name, keys.get(v, "same"), v, {"a": "\u00e9"}, partition=0, offset=n)
        for n, v in enumerate((b"1", b"bad", b"2"))
    ]
    state = PartitionState(Counting(tmp_path), 0, "t", tmp_path)
    state.process(batch, 8_000_000)
    again = state.process([*batch, Message(topics.RAW.name, "same", b"3", partition=0, offset=3)], 8_000_000)
    state.close()
    assert [m.topic for of_record in again for m in of_record] == [
        topics.CLEAN.name, topics.DEADLETTERS.name, topics.OUTCOMES.name, topics.CLEAN.name, topics.CLEAN.name,
    ]  # fmt: skip
    assert (again[1][0].key, again[1][0].value) == (keys[b"bad"], b"bad")
    assert again[0][0].headers == {"a": "\u00e9"}


WORKER = """
import asyncio, sys
from claimwire import topics
from claimwire.errors import UnreachableError
from claimwire.log.kafka import KafkaLog
from processors.runners import distributed
from tests.processors import faulty

publish, build = KafkaLog.publish, distributed.build_app

def refused(log, messages):
    publish(log, [m for m in messages if m.value != b"17"])
    if any(m.value == b"17" for m in messages):
        raise UnreachableError("broker: not enough replicas for record 17")

def crashing(settings, stage):
    built, worker = build(settings, stage)
    async def crash_when_done():
        while sum(worker._log().committed("faulty", topics.RAW).values()) < 30:
            await asyncio.sleep(0.3)
        await built.crash(RuntimeError("the consumer's thread ended"))
    asyncio.get_event_loop().create_task(crash_when_done())
    return built, worker

how, *arguments = sys.argv[1:]
if how == "publish":
    KafkaLog.publish = refused
else:
    distributed.build_app = crashing
sys.exit(faulty.main("plain", *arguments))
"""


def worker(how: str, kafka, namespace: str, folder) -> tuple[subprocess.CompletedProcess[str], float]:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", WORKER, how, f"kafka://{kafka.host_port}", namespace, str(folder)],
        capture_output=True, text=True, timeout=90, check=False, cwd=ROOT,
    )  # fmt: skip
    return done, time.monotonic() - began


@pytest.mark.servers
@pytest.mark.timeout(240)
def test_on_kafka_a_worker_that_fails_ends_at_once_and_commits_nothing_that_is_not_published(
    kafka, namespace, tmp_path
):
    log = open_log(f"kafka://{kafka.host_port}", namespace)
    log.ensure_topics((topics.RAW, topics.CLEAN, topics.DEADLETTERS, topics.OUTCOMES))
    log.publish([Message(topics.RAW.name, "same", str(n).encode(), partition=0) for n in range(30)])

    done, seconds = worker("publish", kafka, namespace, tmp_path)
    assert done.returncode == 1, done.stderr
    assert seconds < 45
    lines = [line for line in done.stderr.splitlines() if "ends: " in line]
    assert lines == ["stage faulty ends: broker: not enough replicas for record 17"]
    assert "Crashed" not in done.stderr
    assert log.committed("faulty", topics.RAW)[0] == 0

    done, seconds = worker("crash", kafka, namespace, tmp_path)
    assert done.returncode == 1, done.stderr
    assert seconds < 45
    assert "stage faulty ends: the consumer's thread ended" in done.stderr
    assert log.committed("faulty", topics.RAW)[0] == 30
    values = {m.value for p in range(topics.CLEAN.partitions) for m in log.read(topics.CLEAN, p)}
    assert values == {str(n).encode() for n in range(30)}
    log.close()
