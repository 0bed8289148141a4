"""A stage that has stopped ends its process with one line; one that is at work, or has nothing to do, does not."""

import subprocess
import sys

import pytest

from claimwire import topics
from claimwire.log.sqlite import SqliteLog
from tests.records import raw_article, raw_message

PROGRAM = """
import itertools, sys, threading
from claimwire.log.sqlite import SqliteLog
from claimwire.settings import Settings
from processors.stall import end_when_stalled
from processors.steps import stages

log = SqliteLog.open(sys.argv[1], "t")
analyse = stages(Settings(), ())[0]
stop = threading.Event()
threading.Timer(3.0, stop.set).start()
progress = itertools.count().__next__ if sys.argv[2] == "working" else lambda: 7
end_when_stalled(log, analyse, progress, lambda: sys.argv[2] != "without partitions", 0.6, stop)
"""


@pytest.mark.parametrize(
    ("how", "records", "status"), [("stuck", 1, 1), ("working", 1, 0), ("stuck", 0, 0), ("without partitions", 1, 0)]
)
def test_only_what_is_stuck_ends(tmp_path, how, records, status):
    url = f"sqlite:///{tmp_path / 's.db'}"
    log = SqliteLog.open(url, "t")
    log.ensure_topics(topics.TOPICS)
    log.publish([raw_message(raw_article())] * records)
    log.close()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, how], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == status, done.stderr
    says = "stage analyse: 1 records wait and none was taken for 1 s; the process ends"
    assert done.stderr == (f"{says}\n" if status else "")
