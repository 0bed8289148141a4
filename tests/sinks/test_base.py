"""The one loop of all sinks: what is committed when, who is asked again, and whose fault it is."""

import threading
import time

import pytest

from claimwire import topics
from claimwire.errors import SinkError, UnreachableError
from claimwire.log import Log, Message
from claimwire.log.sqlite import SqliteLog
from sinks.base import Batch, Sink
from tests.records import raw_article, raw_message


class NamedSink(Sink):
    """Keeps the ids of articles; `errors` are raised first, one a call of its server."""

    group = "named"
    topics = (topics.RAW,)

    def __init__(self, log: Log, *errors: Exception, excused: bool = False) -> None:
        super().__init__(log, 10)
        self.errors, self.excused = list(errors), excused
        self.names: list[str] = []
        self.kept = 0

    def handle(self, batch: Batch) -> None:
        found = batch.each(lambda message, record: message.key if record is None else record.article_id)
        self.insist(self.call, excused=self.excused)
        self.names += [name for _, name in found]

    def call(self) -> None:
        if self.errors:
            raise self.errors.pop(0)

    def housekeep(self, seconds: float) -> None:
        self.kept += 1


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setattr("sinks.base.RETRY_SECONDS", 0.01)
    found = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    found.ensure_topics(topics.TOPICS)
    found.publish([raw_message(raw_article(name)) for name in "ab"])
    yield found
    found.close()


def test_a_batch_is_committed_once_handled_and_housekeeping_needs_no_record(log):
    log.publish([Message(topics.RAW.name, "bad", b"no record"), Message(topics.RAW.name, "gone", None)])
    sink = NamedSink(log)
    taken = 0
    while taken < 4:
        taken += sink.step(0.1)
    assert sorted(sink.names) == sorted([raw_article("a").article_id, raw_article("b").article_id, "gone"])
    assert [m.headers["stage"] for m in log.read(topics.DEADLETTERS, 0)] == ["named"]
    assert log.lag("named", topics.RAW) == 0
    kept = sink.kept
    assert sink.step(0.0) == 0
    assert sink.kept == kept + 1
    sink.close()


@pytest.mark.parametrize("excused", [True, False])
def test_a_server_that_is_away_is_asked_again(log, excused):
    """Only a wait that is excused is no stall for the watchdog."""
    sink = NamedSink(log, UnreachableError("store: refused"), SinkError("store: 503", retryable=True), excused=excused)
    while sink.step(0.1):
        pass
    assert sink.work.excused == (2 if excused else 0)
    assert len(sink.names) == 2
    assert log.lag("named", topics.RAW) == 0
    sink.close()


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left on device"), MemoryError(), SinkError("store: denied", retryable=False)],
    ids=repr,
)
def test_what_no_record_is_to_blame_for_ends_the_sink(log, error):
    """Nothing is committed, and there is no dead letter: the next process takes the batch again."""
    sink = NamedSink(log, error)
    with pytest.raises(type(error)):
        sink.run(threading.Event())
    sink.close()
    assert log.lag("named", topics.RAW) == 2
    assert log.ends(topics.DEADLETTERS)[0] == 0
    again = NamedSink(log)
    while again.step(0.1):
        pass
    assert len(again.names) == 2
    again.close()


def test_a_full_disk_while_a_record_is_taken_makes_no_dead_letter(log):
    class FullSink(NamedSink):
        def handle(self, batch: Batch) -> None:
            batch.each(self.write)

        def write(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    sink = FullSink(log)
    with pytest.raises(OSError, match="No space"):
        sink.step(0.1)
    sink.close()
    assert log.ends(topics.DEADLETTERS)[0] == 0


def test_a_stop_while_a_server_is_away_commits_nothing(log):
    stop = threading.Event()
    stop.set()
    sink = NamedSink(log, *[UnreachableError("store: refused")] * 5)
    assert sink.step(0.1, stop) == 0
    assert log.lag("named", topics.RAW) == 2
    assert (sink.names, sink.kept) == ([], 0)
    sink.close()


def test_a_busy_sink_does_not_wait_for_records(log):
    class BusySink(NamedSink):
        is_busy = True

    sink = BusySink(log)
    while sink.step(5.0):
        pass
    began = time.monotonic()
    assert sink.step(5.0) == 0
    assert time.monotonic() - began < 3
    sink.close()
