"""Nothing is committed past a record that the broker did not acknowledge, and no row of a table is skipped for it.

A topic that takes no record of over a second ago refuses every write of producers whose clock is slow (INVALID_TIMESTAMP).
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from kafka import KafkaProducer

from claimwire import topics
from claimwire.errors import UnreachableError
from claimwire.ids import partition_of
from claimwire.ledger import counts, read_ledger
from claimwire.log import Message
from claimwire.log.table import Table
from claimwire.messages import message_of
from claimwire.records.articles import CleanArticle
from claimwire.records.feeds import Feed
from claimwire.records.sightings import Article
from claimwire.store.drivers import open_store
from sinks.archive import ArchiveSink
from sinks.notify.sink import NotifySink
from sinks.search.sink import SearchSink
from tests.groups.conftest import Broker

pytestmark = [pytest.mark.servers, pytest.mark.timeout(90), pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]  # fmt: skip
FOR_EVER = str(2**63 - 1)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def article(name: str) -> Message:
    """A decision without claims."""
    clean = CleanArticle(
        article_id=name, revision_id="r", url=None, source="s", lane="live", language="en", fetched_at=NOW, first_seen_at=NOW,
        published_at=NOW, published_estimated=False, title=name, text=name, blocks=(), removed=(), claims=(),
    )  # fmt: skip
    return message_of(
        Article(
            clean=clean, story_id="s", duplicate_of=None, origin="o", revision=1, sightings=(), clean_partition=0, clean_offset=0
        )
    )  # fmt: skip


def wait(until: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def _slow_clock(monkeypatch) -> None:
    """Our producers' clock is ten seconds behind."""
    send = KafkaProducer.send

    def late(self: KafkaProducer, *args: Any, **options: Any) -> Any:
        return send(self, *args, timestamp_ms=int(time.time() * 1000) - 10_000, **options)

    monkeypatch.setattr(KafkaProducer, "send", late)


@pytest.fixture
def sinks(opened, tmp_path, monkeypatch) -> Iterator[dict[str, tuple[topics.Topic, Message]]]:
    """The sinks at work; by name what each takes, with a record for which it must publish something."""
    monkeypatch.setattr("sinks.base.RETRY_SECONDS", 0.3)
    logs = {name: opened() for name in ("search", "archive", "notify")}
    store = open_store(f"sqlite:///{tmp_path / 'search.db'}", logs["search"].namespace)
    running = (
        SearchSink(logs["search"], store, 50),
        ArchiveSink(logs["archive"], tmp_path / "warc", 10**9, 50),
        NotifySink(logs["notify"], str(tmp_path / "notify.db"), 50),
    )
    stop = threading.Event()
    threads = [threading.Thread(target=sink.run, args=(stop,)) for sink in running]
    for thread in threads:
        thread.start()
    bad = [Message(topic.name, "bad", b"no record", partition=0) for topic in (topics.RAW, topics.ALERTS)]
    yield {
        "search": (topics.ARTICLES, article("a")),
        "archive": (topics.RAW, bad[0]),
        "notify": (topics.ALERTS, bad[1]),
    }
    stop.set()
    for thread in threads:
        thread.join(20)


def test_a_sink_commits_nothing_past_a_refused_record(broker: Broker, opened, sinks, caplog):
    watch = opened()
    for topic in (topics.OUTCOMES, topics.DEADLETTERS):
        broker.configure(topic, message_timestamp_before_max_ms="1000")
    watch.publish([message for _, message in sinks.values()])
    wait(lambda: sum(r.name == "sinks.base" and "trying again" in r.getMessage() for r in caplog.records) >= 6)
    watch.publish([message for _, message in sinks.values()])
    time.sleep(0.5)
    for name, (topic, _) in sinks.items():
        assert sum(watch.committed(name, topic).values()) == 0, name
    for topic in (topics.OUTCOMES, topics.DEADLETTERS):
        broker.configure(topic, message_timestamp_before_max_ms=FOR_EVER)
    wait(lambda: not any(watch.lag(name, topic) for name, (topic, _) in sinks.items()))
    assert counts(read_ledger(watch).values()) == {"indexed": 1}
    assert len(list(watch.read(topics.OUTCOMES, partition_of("a/r", topics.OUTCOMES.partitions)))) >= 2
    letters = [(m.headers["stage"], m.headers["offset"]) for m in watch.read(topics.DEADLETTERS, 0)]
    assert {("archive", "0"), ("archive", "1"), ("notify", "0"), ("notify", "1")} <= set(letters)


def test_a_table_keeps_the_rows_behind_one_that_could_not_be_set_aside(broker: Broker, opened):
    log = opened()
    broker.configure(topics.DEADLETTERS, message_timestamp_before_max_ms="1000")
    good = [message_of(Feed(url=f"https://a.example/{n}", source="s", added_at=NOW, next_due=NOW)) for n in range(3)]
    log.publish([Message(topics.FEEDS.name, "bad", b"{", partition_key="a.example"), *good])
    table: Table[Feed] = Table(log, topics.FEEDS, "rss", Feed)
    with pytest.raises(UnreachableError):
        wait(lambda: table.refresh(0.2))
    broker.configure(topics.DEADLETTERS, message_timestamp_before_max_ms=FOR_EVER)
    wait(lambda: table.refresh(0.2) or table.is_ready)
    table.close()
    assert len(table.rows) == 3
    assert [m.key for m in log.read(topics.DEADLETTERS, 0)] == ["bad"]
