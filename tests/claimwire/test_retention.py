"""Retention and compaction of the embedded log."""

import time

from claimwire import topics
from claimwire.log import Message
from claimwire.log.retention import expire

DAY = topics.DAY_MS


def keys(log, topic) -> list[str]:
    return [m.key for p in range(topic.partitions) for m in log.read(topic, p)]


def test_what_is_read_and_old_goes_and_what_is_not_read_stays_for_twice_its_time(log):
    log.publish([Message(topics.RAW.name, f"k{n}", b"x", partition=0) for n in range(4)])
    log.set_offset("analyse", topics.RAW, 0, 3)
    now = int(time.time() * 1000)
    assert not expire(log, topics.TOPICS, now + 6 * DAY)
    assert expire(log, topics.TOPICS, now + 8 * DAY) == {"articles.raw": 3}
    assert keys(log, topics.RAW) == ["k3"]
    assert log.ends(topics.RAW)[0] == 4
    assert expire(log, topics.TOPICS, now + 15 * DAY) == {"articles.raw": 1}
    log.publish([Message(topics.RAW.name, "k4", b"x", partition=0)])
    assert [m.offset for m in log.read(topics.RAW, 0)] == [4]


def test_a_table_keeps_the_newest_row_of_each_key_and_forgets_deleted_ones(log):
    rows = [("a", b"1"), ("b", b"1"), ("a", b"2"), ("c", b"1"), ("c", None)]
    log.publish([Message(topics.FEEDS.name, k, v, partition=1) for k, v in rows])
    before = log.snapshot(topics.FEEDS)
    now = int(time.time() * 1000)
    assert expire(log, topics.TOPICS, now) == {"feeds": 2}
    assert log.snapshot(topics.FEEDS) == before
    assert keys(log, topics.FEEDS) == ["b", "a", "c"]
    assert expire(log, topics.TOPICS, now + 2 * DAY) == {"feeds": 1}
    assert log.snapshot(topics.FEEDS) == before


def test_more_than_a_chunk(log, monkeypatch):
    monkeypatch.setattr("claimwire.log.retention.CHUNK", 10)
    log.publish([Message(topics.FEEDS.name, "a", b"x", partition=0) for _ in range(35)])
    assert expire(log, topics.TOPICS, int(time.time() * 1000)) == {"feeds": 34}
