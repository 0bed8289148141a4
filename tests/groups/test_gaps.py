"""Offsets without a record at the end of a partition: marks of transactions, tombstones that were compacted away.

The lag reaches 0 all the same, and a table is ready.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from kafka import KafkaProducer

from claimwire import topics
from claimwire.log.sqlite import SqliteLog
from claimwire.log.table import Table
from claimwire.messages import message_of
from claimwire.records.feeds import Feed
from tests.groups.conftest import Broker
from tests.groups.test_commits import wait

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FEED = message_of(Feed(url="https://a.example/feed", source="a", added_at=NOW, next_due=NOW))


@pytest.fixture(autouse=True)
def _soon(monkeypatch) -> None:
    for module in ("kafka_consumers", "sqlite_consumers"):
        monkeypatch.setattr(f"claimwire.log.{module}.GAPS_SECONDS", 0.1)


def is_read_to_the_end(log, second) -> None:
    """A group's lag becomes 0, and a table is ready, whose group commits nothing."""
    consumer = log.consumer("g", (topics.FEEDS,))

    def has_no_lag() -> bool:
        batch = consumer.poll(100, 0.2)
        consumer.commit({(m.topic, m.partition): m.offset + 1 for m in batch})
        return log.lag("g", topics.FEEDS) == 0

    wait(has_no_lag)
    consumer.close()
    table: Table[Feed] = Table(second, topics.FEEDS, "rss", Feed)
    wait(lambda: table.refresh(0.2) or table.is_ready)
    table.close()
    assert not any(second.committed("rss", topics.FEEDS).values())


@pytest.mark.servers
def test_marks_of_transactions(broker: Broker, opened: Callable):
    log, second = opened(), opened()
    producer = KafkaProducer(bootstrap_servers=broker.url.removeprefix("kafka://"), transactional_id=broker.namespace)
    producer.init_transactions()
    for _ in range(2):
        producer.begin_transaction()
        producer.send(topics.FEEDS.full_name(broker.namespace), key=b"a", value=FEED.value, partition=3)
        producer.commit_transaction()
    producer.close()
    # The broker writes the second mark after it has answered the commit.
    wait(lambda: log.ends(topics.FEEDS)[3] == 4)
    is_read_to_the_end(log, second)


@pytest.mark.servers
def test_a_topic_that_was_compacted(broker: Broker, opened: Callable):
    """Rows that were forgotten: what stood before their tombstones is gone; in a broker that runs as shipped after 15 s."""
    log, second = opened(), opened()
    broker.configure(
        topics.FEEDS,
        segment_ms="1",
        min_cleanable_dirty_ratio="0.0",
        delete_retention_ms="0",
        max_compaction_lag_ms="1",
    )
    gone = replace(FEED, value=None)
    for message in (FEED, FEED, gone, replace(FEED, key="b"), replace(gone, key="b")):
        log.publish([message])
        time.sleep(0.01)
    partition = FEED.routed().partition
    wait(lambda: next(m.offset for m in log.read(topics.FEEDS, partition)) > 0)
    assert log.ends(topics.FEEDS)[partition] == 5
    is_read_to_the_end(log, second)


def test_tombstones_that_the_embedded_log_has_removed(tmp_path):
    url = f"sqlite:///{tmp_path / 's.db'}"
    log, second = SqliteLog.open(url, "t"), SqliteLog.open(url, "t")
    log.ensure_topics(topics.TOPICS)
    log.publish([FEED, message_of(Feed(url="https://a.example/2", source="a", added_at=NOW, next_due=NOW))])
    log.connection.execute("DELETE FROM messages WHERE off = 1")
    is_read_to_the_end(log, second)
    log.close()
    second.close()
