"""A member of a group that stands still ends its process; one that is at work, or has nothing to do, does not."""

import itertools
import subprocess
import sys
import time

import pytest
from prometheus_client import REGISTRY

from claimwire import topics
from claimwire.log.backlog import Unread
from claimwire.log.sqlite import SqliteLog
from claimwire.runtime.watchdog import BUSY_FACTOR, Exported, Stalls, WatchedConsumer, Work
from tests.records import raw_article, raw_message

PROGRAM = """
import itertools, sys, threading
from claimwire import topics
from claimwire.log.sqlite import SqliteLog
from claimwire.runtime.watchdog import Work, watch

log = SqliteLog.open(sys.argv[1], "t")
stop = threading.Event()
threading.Timer(1.5, stop.set).start()
owned = [] if sys.argv[2] == "without partitions" else [("articles.raw", p) for p in range(12)]
counter = itertools.count().__next__ if sys.argv[2] == "working" else lambda: 7
work = Work("analyse", (topics.RAW,), lambda: owned, counter, commits=sys.argv[2] != "table")
watch(log, work, 0.6, stop)
"""
A, B = ("articles.raw", 0), ("articles.raw", 1)


@pytest.mark.parametrize(
    ("how", "records", "status"),
    [("stuck", 1, 1), ("working", 1, 0), ("stuck", 0, 0), ("without partitions", 1, 0), ("table", 1, 0)],
)
def test_only_what_is_stuck_ends(tmp_path, how, records, status):
    url = f"sqlite:///{tmp_path / 's.db'}"
    log = SqliteLog.open(url, "t")
    log.ensure_topics(topics.TOPICS)
    message = raw_message(raw_article())
    log.publish([message] * records)
    log.close()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, how], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == status, done.stderr
    place = f"articles.raw/{message.routed().partition}"
    says = f"analyse: 1 records of {place} are waiting and none was read for 1 s; the process exits"
    assert done.stderr == (f"{says}\n" if status else "")


@pytest.fixture
def work() -> Work:
    return Work("analyse", (topics.RAW,), lambda: (A, B))


def test_one_starved_partition_is_a_stall_though_others_move(work):
    stalls = Stalls(120)
    for second in range(0, 121, 5):
        work.take(1)
        work.take(0)
        assert not stalls.look(second, work, {A: second, B: 7})
    work.take(1)
    assert stalls.look(125, work, {A: 125, B: 7}) == {B: 125}


def test_a_worker_that_is_never_idle_may_be_late_with_a_partition(work):
    stalls = Stalls(120)
    for second in range(0, 120 * BUSY_FACTOR + 1, 5):
        work.take(1)
        assert not stalls.look(second, work, {A: second, B: 7})
    work.take(1)
    assert stalls.look(120 * BUSY_FACTOR + 5, work, {A: 1, B: 7}).keys() == {B}


def test_work_of_children_and_a_rebuilt_state_are_no_stall(work):
    slow_pages, rebuild = Stalls(120), Stalls(120)
    work.counter = itertools.count().__next__
    for second in range(0, 5000, 5):
        with work.holding([A]):
            assert not slow_pages.look(second, work, {A: 0})
    work.counter = lambda: 0
    for second in range(0, 10_000, 5):
        work.excuse()
        assert not rebuild.look(second, work, {A: 0})
    assert rebuild.look(10_200, work, {A: 0})


def test_nothing_taken_at_all_is_a_stall(work):
    stalls = Stalls(120)
    assert not stalls.look(0, work, {A: 0, B: 7})
    assert not stalls.look(120, work, {A: 0, B: 7})
    assert stalls.look(121, work, {A: 0, B: 7}) == {A: 121, B: 121}
    stalls.forget()
    assert not stalls.look(500, work, {A: 0})


def test_a_partition_that_moved_away_is_no_longer_shown():
    exported = Exported("search")
    labels = {"stage": "search", "topic": "articles.raw", "partition": "0"}
    exported.set({A: Unread(2, 5, time.time() - 60), B: Unread(0, 0, None)})
    assert REGISTRY.get_sample_value("claimwire_lag_records", labels) == 5
    assert REGISTRY.get_sample_value("claimwire_oldest_unread_seconds", labels) == pytest.approx(60, abs=5)
    exported.set({B: Unread(0, 0, None)})
    assert REGISTRY.get_sample_value("claimwire_oldest_unread_seconds", labels) is None
    assert REGISTRY.get_sample_value("claimwire_lag_records", labels) is None


def test_a_consumer_notes_what_it_owns_and_takes(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    message = raw_message(raw_article()).routed()
    log.publish([message])
    consumer = WatchedConsumer(log, "search", (topics.RAW,))
    assert consumer.poll(10, 1.0)
    assert set(consumer.work.owned()) == {("articles.raw", p) for p in range(12)}
    assert consumer.work.positions == {("articles.raw", message.partition): 1}
    assert (consumer.work.taken, consumer.work.idled) == (1, 0)
    consumer.poll(10, 0.0)
    assert consumer.work.idled == 1
    consumer.close()
    assert not consumer.work.owned()
    log.close()
