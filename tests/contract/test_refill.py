"""A store that was lost is filled again from the log: both logs, both stores, also beside a running sink."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, TopicPartition

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import SinkError, UnreachableError
from claimwire.letters import dead_letters_of
from claimwire.log import Log, Message, open_log
from claimwire.log.sqlite import SqliteLog
from claimwire.records.base import decode, encode
from claimwire.records.sightings import Article
from claimwire.store import KINDS, SearchStore
from claimwire.store.drivers import open_store
from processors.flow import stages
from processors.rules import load_rules
from processors.runners.embedded import StageRunner, drain
from sinks.search import coverage as coverage_module
from sinks.search import refill as refill_module
from sinks.search.coverage import Coverage, coverage
from sinks.search.documents import SEARCHED_TOPICS
from sinks.search.refill import Hole, Refill, holes, records_left
from sinks.search.sink import SearchSink
from tests.records import NOW, raw_article, raw_message
from tests.sinks.test_sinks import TEXTS, feed_message

# Log and store of one machine, and of many.
PAIRS = [("sqlite", "sqlite"), pytest.param(("kafka", "elasticsearch"), marks=pytest.mark.servers)]


@pytest.fixture(params=PAIRS, ids=str)
def pair(request) -> tuple[str, str]:
    return request.param


@pytest.fixture
def broker(pair, request, tmp_path) -> str:
    is_kafka = pair[0] == "kafka"
    return f"kafka://{request.getfixturevalue('kafka').host_port}" if is_kafka else f"sqlite:///{tmp_path / 's.db'}"


@pytest.fixture
def store_url(pair, request, tmp_path) -> str:
    if pair[1] == "sqlite":
        return f"sqlite:///{tmp_path / 'search.db'}"
    return f"elasticsearch://{request.getfixturevalue('elasticsearch').host_port}"


@pytest.fixture(scope="module")
def decided() -> list[Message]:
    """All that the stages say of two articles, a feed, a dead letter, and an article of no form."""
    settings = Settings(broker="sqlite:///:memory:")
    log = SqliteLog.open(settings.broker, "t")
    log.ensure_topics(topics.TOPICS)
    log.publish([raw_message(raw_article(n, t)) for n, t in TEXTS.items()])
    drain([StageRunner(s, log, settings) for s in stages(settings, load_rules("seeds/rules.toml"))])
    log.publish([feed_message(), Message(topics.ARTICLES.name, "no", b"[]", {"article_id": "no", "revision_id": "1"})])
    log.publish(dead_letters_of(raw_message(raw_article("x")), "analyse", "ValueError: x", NOW))
    found = [m for t in SEARCHED_TOPICS for p in range(t.partitions) for m in log.read(t, p)]
    log.close()
    return [Message(m.topic, m.key, m.value, m.headers, partition=m.partition) for m in found]


@pytest.fixture
def log(broker, namespace, decided) -> Iterator[Log]:
    log = open_log(broker, namespace)
    log.ensure_topics(SEARCHED_TOPICS)
    log.publish(decided)
    yield log
    log.close()


def run_sink(log: Log, store: SearchStore) -> None:
    sink = SearchSink(log, store, 100)
    ends = sum(sum(log.ends(t).values()) for t in SEARCHED_TOPICS)
    taken, deadline = 0, time.monotonic() + 60
    while taken < ends and time.monotonic() < deadline:
        taken += sink.step(0.2)
        ends = sum(sum(log.ends(t).values()) for t in SEARCHED_TOPICS)
    sink.step(0.0)
    sink._consumer.close()


def dump(store: SearchStore) -> dict[str, list]:
    store.refresh()
    return {kind: list(store.dump(kind)) for kind in KINDS}


def lose(store: SearchStore, store_url: str, namespace: str) -> None:
    if store_url.startswith("sqlite"):
        store._db.execute("DELETE FROM documents")
        return
    client = Elasticsearch(store_url.replace("elasticsearch://", "http://"))
    for name in client.indices.get_alias(index=f"{namespace}-*"):
        client.indices.delete(index=name)
    client.close()


def test_a_lost_store_is_filled_again(log, store, store_url, namespace):
    run_sink(log, store)
    before, ends = dump(store), {t: log.ends(t) for t in SEARCHED_TOPICS}
    assert all(before.values())
    found = coverage(log, store)
    assert {c.kind: c.documents for c in found} == {kind: len(rows) for kind, rows in before.items()}
    assert not [c for c in found if c.is_lost]
    lose(store, store_url, namespace)
    lost = coverage(log, store)
    assert [(c.kind, c.documents) for c in lost] == [(c.kind, c.documents) for c in found]
    assert {c.stored for c in lost} == {0}
    assert all(c.is_lost for c in lost)
    said: list[int] = []
    done = Refill(log, store, advance=said.append).run()
    assert dump(store) == before
    assert said[-1] == done.read == records_left(log)
    assert done.unreadable == {"articles": 1}
    assert done.refused.total() == 0
    assert not [c for c in coverage(log, store) if c.is_lost]
    assert {t: log.ends(t) for t in SEARCHED_TOPICS} == ends


@pytest.mark.parametrize("pair", PAIRS[:1], indirect=True)
def test_it_may_be_repeated_and_writes_only_what_the_store_is_to_keep(log, store):
    Refill(log, store).run()
    before = dump(store)
    Refill(log, store).run()
    assert dump(store) == before
    done = Refill(log, store, "2999-01").run()
    assert {kind for kind, count in done.written.items() if count} == {"feeds"}
    assert done.expired["articles"] == 2


def test_it_runs_beside_the_sink(log, store, namespace, broker, decided, monkeypatch):
    """New revisions and an article that is forgotten meanwhile; in the end the store has what a sink alone makes."""
    monkeypatch.setattr(refill_module, "BATCH", 7)
    revised = [m for m in decided if m.topic == topics.ARTICLES.name and m.value != b"[]"]
    kept, gone = (decode(m.value, Article) for m in revised)
    newer = replace_title(kept, "A later revision")
    own = open_log(broker, namespace)
    sink = SearchSink(own, store, 20)
    stop = threading.Event()

    def follow() -> None:
        while not stop.is_set():
            sink.step(0.05, stop)

    thread = threading.Thread(target=follow)
    thread.start()
    tombstones = [
        Message(topics.ARTICLES.name, gone.clean.article_id, None, {"article_id": gone.clean.article_id}),
        *(Message(topics.CLAIMS.name, "x", None, {"article_id": gone.clean.article_id}, partition=p) for p in range(4)),
    ]
    steps = iter(
        [[Message(topics.ARTICLES.name, kept.clean.article_id, encode(newer), revised[0].headers)], tombstones]
    )

    def tell(_: int) -> None:
        for messages in [next(steps, [])]:
            log.publish(messages)

    Refill(log, store, advance=tell).run()
    deadline = time.monotonic() + 60
    while any(log.lag("search", t) for t in SEARCHED_TOPICS) and time.monotonic() < deadline:
        thread.join(0.1)
    stop.set()
    thread.join(20)
    sink._consumer.close()
    own.close()
    after = dump(store)
    assert [(i, b["title"]) for i, _, b in after["articles"]] == [(kept.clean.article_id, "A later revision")]
    assert {b["article_id"] for _, _, b in after["claims"]} == {kept.clean.article_id}
    assert not [c for c in coverage(log, store) if c.is_lost]


def replace_title(article: Article, title: str) -> Article:
    import msgspec

    later = article.clean.fetched_at.replace(year=article.clean.fetched_at.year + 1)
    clean = msgspec.structs.replace(article.clean, title=title, fetched_at=later)
    return msgspec.structs.replace(article, clean=clean)


@pytest.mark.parametrize(
    "pair",
    [("sqlite", "sqlite"), pytest.param(("sqlite", "elasticsearch"), marks=pytest.mark.servers)],
    indirect=True,
    ids=str,
)
def test_what_is_forgotten_while_a_batch_is_in_hand_stays_forgotten(log, store, monkeypatch):
    """The sink deletes an article between the refill's reading and its writing; the store is away at first."""
    monkeypatch.setattr(refill_module, "RETRY_SECONDS", 0.01)
    away = iter([SinkError("store: not written", retryable=True), UnreachableError("store: refused")])
    write, ident = (
        store.write,
        next(m.key for m in log.read(topics.ARTICLES, 0)) if log.ends(topics.ARTICLES)[0] else "",
    )
    ident = ident or next(m.key for p in range(4) for m in log.read(topics.ARTICLES, p) if m.value != b"[]")
    done = threading.Event()

    def late(documents):
        for error in away:
            raise error
        if not done.is_set() and any(d.id == ident for d in documents):
            done.set()
            log.publish([Message(topics.ARTICLES.name, ident, None, {"article_id": ident})])
            store.forget("articles", ident)
        return write(documents)

    monkeypatch.setattr(store, "write", late)
    Refill(log, store).run()
    assert done.is_set()
    assert store.get("articles", ident) is None


def test_records_past_retention_are_named(log, broker, namespace):
    assert holes(log) == []
    topic = topics.CLAIMS
    ends = log.ends(topic)
    partition = max(ends, key=lambda p: ends[p])
    cut = ends[partition] - 1
    oldest = min(m.timestamp_ms for p, e in ends.items() for m in log.read(topic, p, cut if p == partition else 0, e))
    if broker.startswith("sqlite"):
        log.connection.execute(
            "DELETE FROM messages WHERE topic = ? AND part = ? AND off < ?",
            (topic.full_name(namespace), partition, cut),
        )
    else:
        admin = KafkaAdminClient(bootstrap_servers=broker.removeprefix("kafka://"))
        admin.delete_records({TopicPartition(topic.full_name(namespace), partition): cut})
        admin.close()
    assert log.starts(topic) == dict.fromkeys(ends, 0) | {partition: cut}
    (hole,) = holes(log)
    assert (hole.topic, hole.records) == ("claims", cut)
    assert int(hole.oldest.timestamp() * 1000) == oldest
    assert replace(hole, oldest=None) == Hole("claims", cut, None)


def test_blocks_of_a_large_topic_are_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(coverage_module, "COMPARED", 40)
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(SEARCHED_TOPICS)
    for n in range(300):
        log.publish(dead_letters_of(raw_message(raw_article(str(n))), "analyse", "ValueError: x", NOW)[:1])
    store = open_store(f"sqlite:///{tmp_path / 'search.db'}", "t")
    assert coverage(log, store) == []
    run_sink(log, store)
    assert coverage(log, store) == [Coverage("deadletters", 40, 40, is_whole=False)]
    store._db.execute("DELETE FROM documents WHERE CAST(id AS INTEGER) >= 290")
    (found,) = coverage(log, store)
    assert (found.documents, found.stored, found.is_lost) == (40, 30, True)
    store.close()
    log.close()


def test_a_few_overlooked_tombstones_are_no_loss():
    assert Coverage("claims", 1000, 999, True).is_lost
    assert not Coverage("claims", 1000, 999, False).is_lost
    assert Coverage("claims", 1000, 900, False).is_lost
