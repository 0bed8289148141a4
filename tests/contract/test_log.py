"""The contract of `claimwire.log`, on SQLite and on a real Kafka broker."""

import time
from dataclasses import replace

import pytest

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.ids import partition_of
from claimwire.log import Message, wrong_partitions

RAW = topics.RAW


def message(key: str, value: bytes | None = b"{}", **headers: str) -> Message:
    return Message(RAW.name, key, value, headers)


def take(consumer, count: int, seconds: float = 60.0) -> list[Message]:
    found, deadline = [], time.monotonic() + seconds
    while len(found) < count and time.monotonic() < deadline:
        found += consumer.poll(count - len(found), 0.5)
    return found


def test_ensure_topics_creates_once(log):
    assert log.ensure_topics((topics.OUTCOMES, topics.RAW)) == [f"{log.namespace}.outcomes"]
    assert log.ensure_topics((topics.OUTCOMES, topics.RAW)) == []


def test_records_come_back_whole_and_in_order_of_their_key(log):
    sent = [message(f"k{n % 3}", f"v{n}".encode(), article_id=f"a{n}") for n in range(30)]
    log.publish(sent)
    consumer = log.consumer("g", (RAW,))
    found = take(consumer, 30)
    consumer.close()
    assert len(found) == 30
    for key in ("k0", "k1", "k2"):
        mine = [m for m in found if m.key == key]
        assert [m.value for m in mine] == [m.value for m in sent if m.key == key]
        assert {m.partition for m in mine} == {partition_of(key, RAW.partitions)}
    assert {m.headers["article_id"] for m in found} == {f"a{n}" for n in range(30)}
    assert all(m.topic == RAW.name and m.timestamp_ms > 0 for m in found)


def test_partition_key_overrides_the_key(log):
    log.publish([Message(topics.FEEDS.name, "https://a.example/1", b"1", partition_key="a.example")])
    assert log.ends(topics.FEEDS)[partition_of("a.example", topics.FEEDS.partitions)] == 1


def test_a_group_goes_on_from_what_it_committed(log, second):
    log.publish([message("k", str(n).encode()) for n in range(10)])
    first = log.consumer("g", (RAW,))
    taken = take(first, 4)
    assert [m.value for m in taken] == [b"0", b"1", b"2", b"3"]
    first.commit({(RAW.name, taken[-1].partition): taken[-1].offset + 1})
    assert log.lag("g", RAW) == 6
    first.close()
    again = second.consumer("g", (RAW,))
    assert [m.value for m in take(again, 6)] == [b"4", b"5", b"6", b"7", b"8", b"9"]
    again.close()


def test_uncommitted_records_are_delivered_again(log, second):
    log.publish([message("k", b"1")])
    first = log.consumer("g", (RAW,))
    assert len(take(first, 1)) == 1
    first.close()
    again = second.consumer("g", (RAW,))
    assert len(take(again, 1)) == 1
    again.close()


def test_two_members_share_the_partitions(log, second):
    log.publish([message(f"k{n}") for n in range(60)])
    one, two = log.consumer("g", (RAW,)), second.consumer("g", (RAW,))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        one.poll(1, 0.2)
        two.poll(1, 0.2)
        if one.assignment() and two.assignment() and len(one.assignment() | two.assignment()) == RAW.partitions:
            break
    assert one.assignment()
    assert two.assignment()
    assert not one.assignment() & two.assignment()
    assert len(one.assignment() | two.assignment()) == RAW.partitions
    one.close()
    two.close()


def test_a_partition_that_is_not_owned_is_not_committed(log, second):
    log.publish([message(f"k{n}") for n in range(24)])
    one = log.consumer("g", (RAW,))
    take(one, 24)
    stranger = second.consumer("other", (topics.ALERTS,))
    stranger.poll(1, 0.5)
    stranger.commit({(RAW.name, 0): 1})
    assert log.lag("other", RAW) == 24
    one.close()
    stranger.close()


def test_snapshot_has_the_newest_of_each_key(log):
    feeds = topics.FEEDS.name
    log.publish([Message(feeds, "a", b"1"), Message(feeds, "b", b"2")])
    log.publish([Message(feeds, "a", b"3"), Message(feeds, "b", None), Message(feeds, "c", b"4")])
    assert {k: m.value for k, m in log.snapshot(topics.FEEDS).items()} == {"a": b"3", "c": b"4"}


def test_read_gives_a_stretch_of_a_partition(log):
    log.publish([message("k", str(n).encode()) for n in range(8)])
    partition = partition_of("k", RAW.partitions)
    assert [m.value for m in log.read(RAW, partition, 2, 5)] == [b"2", b"3", b"4"]
    assert [m.offset for m in log.read(RAW, partition)] == list(range(8))
    assert log.ends(RAW)[partition] == 8


def test_too_large_is_refused_by_name_and_nothing_of_the_batch_is_there(log):
    with pytest.raises(ContractError, match=r"articles\.raw: record of 100001 bytes is over 100000"):
        log.publish([message("k", b"small"), message("k", b"x" * 100_001)])
    assert sum(log.ends(RAW).values()) == 0


def test_namespaces_do_not_see_each_other(log, broker):
    from claimwire.log import open_log

    other = open_log(broker, f"{log.namespace}x")
    other.ensure_topics((RAW,))
    log.publish([message("k")])
    assert sum(other.ends(RAW).values()) == 0
    other.close()


def test_empty_publish_and_poll(log):
    log.publish([])
    consumer = log.consumer("g", (RAW,))
    assert consumer.poll(10, 0.1) == []
    consumer.close()


def test_a_tail_reads_on_from_where_it_is_set(log):
    log.publish([message("k", str(n).encode()) for n in range(5)])
    partition = partition_of("k", RAW.partitions)
    starts = dict.fromkeys(range(RAW.partitions), 0) | {partition: 3}
    tail = log.tail(RAW, starts)
    assert [m.value for m in take_tail(tail, 2)] == [b"3", b"4"]
    assert tail.poll(0.05) == []
    log.publish([message("k", b"5")])
    assert [(m.value, m.partition, m.offset) for m in take_tail(tail, 1)] == [(b"5", partition, 5)]
    tail.close()


def take_tail(tail, count: int) -> list[Message]:
    found, deadline = [], time.monotonic() + 60
    while len(found) < count and time.monotonic() < deadline:
        found += tail.poll(0.5)
    return found


def test_the_first_offset_at_a_time(log):
    assert set(log.offsets_at(RAW, 0).values()) == {0}
    log.publish([message("k", b"0"), message("k", b"1")])
    time.sleep(0.05)
    between = int(time.time() * 1000)
    time.sleep(0.05)
    log.publish([message("k", b"2")])
    partition = partition_of("k", RAW.partitions)
    assert log.offsets_at(RAW, 0)[partition] == 0
    assert log.offsets_at(RAW, between)[partition] == 2
    assert log.offsets_at(RAW, between + 60_000)[partition] == 3


def test_a_group_has_its_living_members(log, second):
    assert log.members(["g", "other"]) == {"g": 0, "other": 0}
    consumer = second.consumer("g", (RAW,))
    while not consumer.assignment():
        consumer.poll(1, 0.1)
    assert log.members(["g", "other"]) == {"g": 1, "other": 0}
    consumer.close()
    assert log.members(["g"]) == {"g": 0}


def test_peek_is_the_first_record_of_each_partition_from_an_offset(log):
    sent = [Message(RAW.name, f"{p}", b"x" * 90_000, {"n": str(n)}, partition=p) for p in (3, 4, 5) for n in range(4)]
    for one in sent:
        log.publish([one])
    starts = {p: log.ends(RAW)[p] - 4 for p in (3, 4, 5)}
    for ahead in (0, 3):
        found = log.peek(RAW, {p: start + ahead for p, start in starts.items()})
        assert {p: (m.offset, m.headers["n"]) for p, m in found.items()} == {
            p: (start + ahead, str(ahead)) for p, start in starts.items()
        }
        assert all(m.timestamp_ms > 0 for m in found.values())
    assert log.peek(RAW, {}) == {}
    assert log.ends(RAW)[3] == starts[3] + 4


def test_partitions_of_the_topics_that_are_there(log):
    assert log.partitions(topics.TOPICS) == {"articles.raw": 12, "feeds": 12, "alerts": 4, "deadletters": 1}
    assert wrong_partitions(log) == []
    log.ensure_topics((replace(topics.CLAIMS, partitions=6), replace(topics.PAGES, partitions=1)))
    assert wrong_partitions(log) == [
        f"topic {log.namespace}.claims has 6 partitions, not 4",
        f"topic {log.namespace}.pages has 1 partitions, not 12",
    ]


def test_the_first_offset_that_is_there(log):
    assert log.starts(RAW) == dict.fromkeys(range(RAW.partitions), 0)
    log.publish([message("k"), message("k")])
    assert log.starts(RAW) == dict.fromkeys(range(RAW.partitions), 0)
