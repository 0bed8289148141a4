"""A sink that was stopped for longer than its topic keeps records; tests/claimwire/test_holes.py has the embedded log."""

from collections.abc import Callable

import pytest

from claimwire import topics
from claimwire.log import Message
from claimwire.log.holes import holes_of
from claimwire.runtime.metrics import DELETED_UNREAD
from sinks.archive import ArchiveSink
from tests.groups.conftest import Broker
from tests.groups.test_commits import wait

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
RAW = topics.RAW


def test_a_sink_that_was_stopped_for_too_long(broker: Broker, opened: Callable, tmp_path, caplog):
    log, before = opened(), DELETED_UNREAD.labels("archive")._value.get()

    def take(count: int) -> None:
        sink = ArchiveSink(opened(), tmp_path / "warc", 10**9, 50)
        taken = []
        wait(lambda: taken.append(sink.step(0.5)) or sum(taken) >= count)
        sink.close()

    def publish(partitions: range) -> None:
        log.publish([Message(RAW.name, "bad", b"no record", partition=p) for p in partitions])

    publish(range(2))
    take(2)
    for _ in range(5):
        publish(range(3))
    broker.delete_before(RAW, 4, range(3))
    # Of partition 2 the group had read nothing yet.
    assert holes_of(log, "archive", (RAW,)) == {(RAW.name, 0): 3, (RAW.name, 1): 3}
    assert log.lag("archive", RAW) == 2 + 2 + 1
    take(5)
    lines = sorted(r.getMessage()[:73] for r in caplog.records if r.name == "claimwire.log.holes")
    assert lines == [f"archive: 3 records of articles.raw/{p} (offsets 1 to 3) were deleted before" for p in range(2)]
    assert DELETED_UNREAD.labels("archive")._value.get() - before == 6
    assert log.lag("archive", RAW) == 0
    assert holes_of(log, "archive", (RAW,)) == {}
