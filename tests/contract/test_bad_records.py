"""Records that anybody may have written, on both logs: what each reader makes of them, and that a replay gives them back."""

import asyncio
import contextlib
import json
import sqlite3
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ContractError
from claimwire.failures import dead_letters, failure_of
from claimwire.ids import digest
from claimwire.ledger import outcome_message
from claimwire.letters import LETTER_MARK, replayed
from claimwire.log import CUT, OVERHEAD_BYTES, Log, Message, open_settings_log
from claimwire.log.table import Table
from claimwire.log.wire import key_bytes, key_text, pack_headers, split_headers, unpack_headers
from claimwire.records.base import Record, encode
from claimwire.records.feeds import Feed, Page
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState
from claimwire.store.drivers import open_settings_store
from claimwire.topics import Topic
from console.cli.main import main
from processors.flow import stages
from processors.runners.embedded import StageRunner, drain
from sinks.archive import ArchiveSink
from sinks.notify.sink import NotifySink
from sinks.search.sink import SearchSink
from tests.e2e.harness import free_port
from tests.page.conftest import served
from tests.records import NOW, raw_article, raw_message

# warcio leaves the closing of its temporary files to Python.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
BINARY = key_text(b"\xff\xfekey")
LONG = "k" * 100_000
ODD = (("trace", None), ("blob", b"\xff\x00"), ("article_id", b"\xfe"))
FEED = Feed(url="https://feed.example/", source="Feed", added_at=NOW, next_due=NOW)
OPENED = Outcome(article_id="a", revision_id="r", state=OutcomeState.OPENED, stage="rss", at=NOW)
GOOD = {
    topics.RAW: raw_message(raw_article()), topics.OUTCOMES: outcome_message(OPENED),
    topics.FEEDS: Message("feeds", FEED.url, encode(FEED)),
}  # fmt: skip
DEEP = b'{"schema_version":1,"later":' + b"[" * 50_000


def bad(topic: Topic) -> list[Message]:
    """A record of each kind that none of ours is, all in one partition."""
    good = GOOD[topic].value if topic in GOOD else b"{}"
    found = [
        Message(topic.name, BINARY, good), Message(topic.name, LONG, good), Message(topic.name, "bytes", b"\xff\x00 no"),
        Message(topic.name, "empty", b"{}"), Message(topic.name, "deep", DEEP), Message(topic.name, "null", b"null"),
        Message(topic.name, "odd", b"[]", {"attempt": "x", "article_id": "a", "at": "noon"}, odd_headers=ODD),
        Message(topic.name, BINARY, None), Message(topic.name, "two\nlines é", None, {"article_id": ""}),
    ]  # fmt: skip
    return [replace(message, partition=0) for message in found]


MALFORMED_MARKS = [
    Message(topics.DEADLETTERS.name, LETTER_MARK, None, {"state": "replayed"} | extra)
    for extra in ({}, {"offset": "first"}, {"offset": "-1"}, {"offset": "9" * 40})
]


@pytest.fixture
def settings(namespace, tmp_path) -> Settings:
    return Settings(
        broker=f"sqlite:///{tmp_path / 'stream.db'}", namespace=namespace, store=f"sqlite:///{tmp_path / 'search.db'}", data_dir=str(tmp_path),
        page_port=free_port(),
    )  # fmt: skip


def filled(settings: Settings) -> Log:
    """A log with bad records and a good one on every topic."""
    log = open_settings_log(settings)
    log.ensure_topics(topics.TOPICS)
    log.publish([m for topic in topics.TOPICS for m in bad(topic)] + MALFORMED_MARKS + list(GOOD.values()))
    return log


@pytest.fixture
def full(settings):
    log = filled(settings)
    yield log
    log.close()


def test_a_dead_letter_gives_the_record_back_byte_for_byte(full):
    for record in full.read(topics.CLAIMS, 0):
        letter = dead_letters(record, "alert", failure_of(ValueError("x\udcff")), has_article=False)[0]
        full.publish([letter])
        back = list(full.read(topics.DEADLETTERS, 0))[-1]
        assert (back.key, back.value) == (record.key, record.value)
        full.publish([replayed(back)])
        again = list(full.read(topics.CLAIMS, 0))[-1]
        assert (again.key, again.value, again.odd_headers) == (record.key, record.value, record.odd_headers)
        assert {**record.headers, "attempt": "1", "replayed_from": str(back.offset)} == again.headers


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda t: t.name)
def test_bad_records_are_read_from_the_embedded_log(tmp_path, topic):
    """As they may stand in the file: blobs, text that is no UTF-8, headers that are no JSON."""
    settings = Settings(broker=f"sqlite:///{tmp_path / 's.db'}")
    log = open_settings_log(settings)
    log.ensure_topics((topic,))
    log.publish([Message(topic.name, "good", b"{}", {"a": "b"}, partition=0)])
    file = sqlite3.connect(tmp_path / "s.db")
    rows = [
        (b"\xff", b"\xff"),
        ("CAST(x'FF' AS TEXT)", "no json"),
        ("k", '{"a": null, "b": 1}'),
        ("k", '[["a"]]'),
        (7, "["),
    ]
    for offset, (key, headers) in enumerate(rows, 1):
        sql = "INSERT INTO messages SELECT topic, part, ?, ts, ?, ?, 'text' FROM messages WHERE off = 0"
        file.execute(sql.replace("?, ?, 'text'", f"{key}, ?, 'text'") if str(key).startswith("CAST") else sql,
                     (offset, headers) if str(key).startswith("CAST") else (offset, key, headers))  # fmt: skip
    file.execute("UPDATE ends SET off = ?", (len(rows) + 1,))
    file.commit()
    file.close()
    found = list(log.read(topic, 0))
    assert [m.key for m in found] == ["good", "\udcff", "\udcff", "k", "k", "7"]
    assert [m.key_fault is None for m in found] == [True, False, False, True, True, True]
    assert [m.headers for m in found] == [{"a": "b"}, {}, {}, {}, {}, {}]
    assert found[3].odd_headers == (("a", None), ("b", None))
    log.close()


@pytest.mark.servers
def test_bad_records_are_read_from_kafka_as_another_client_wrote_them(kafka, namespace):
    from aiokafka import AIOKafkaProducer
    from kafka import KafkaConsumer, TopicPartition

    log = open_settings_log(Settings(broker=f"kafka://{kafka.host_port}", namespace=namespace))
    log.ensure_topics((topics.RAW, topics.DEADLETTERS))
    name = topics.RAW.full_name(namespace)
    headers = [("a", b"1"), ("a", None), ("b", b"\xff"), ("a", b"2"), ("é", b"")]

    async def write() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka.host_port) as producer:
            for key in (b"\xff", None, b""):
                await producer.send_and_wait(name, key=key, value=b"\xff", headers=headers, partition=3)

    asyncio.run(write())
    for record in log.read(topics.RAW, 3):
        log.publish(dead_letters(record, "analyse", failure_of(ValueError("x")), has_article=False))
    log.publish([replayed(letter) for letter in log.read(topics.DEADLETTERS, 0)])
    with contextlib.closing(KafkaConsumer(bootstrap_servers=kafka.host_port, group_id=None)) as consumer:
        place = TopicPartition(name, 3)
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        rows = []
        while len(rows) < 6:
            rows += consumer.poll(timeout_ms=1000).get(place, [])
    assert [row.key for row in rows[3:]] == [b"\xff", None, b""]
    for row in rows[3:]:
        assert row.value == b"\xff"
        own = [pair for pair in row.headers if pair[0] not in ("attempt", "replayed_from")]
        written = [(n, v or b"") for n, v in headers]
        assert sorted(own, key=lambda p: p[0]) == sorted(written, key=lambda p: p[0])
    log.close()


def test_headers_keep_their_values_and_the_order_of_each_name():
    pairs = [("a", b"1"), ("b", None), ("a", b"\xff"), ("a", b"3"), ("b", b"4")]
    plain, odd = split_headers(pairs)
    assert (plain, odd) == ({"a": "3", "b": "4"}, (("b", None), ("a", b"1"), ("a", b"\xff")))
    assert unpack_headers(pack_headers(plain, odd)) == (plain, odd)
    assert unpack_headers(pack_headers({"x": "\udcff"}, ())) == ({"x": "\\udcff"}, ())


def test_a_dead_letter_that_is_too_large_keeps_the_beginning(settings):
    log = open_settings_log(replace(settings, max_message_bytes=50_000))
    log.ensure_topics((topics.RAW, topics.DEADLETTERS))
    record = Message(topics.RAW.name, "k", b"x" * (50_000 + OVERHEAD_BYTES), partition=0, offset=0)
    log.publish(dead_letters(record, "analyse", failure_of(ValueError("x")), has_article=False))
    letter = next(iter(log.read(topics.DEADLETTERS, 0)))
    assert 50_000 < len(letter.value) < len(record.value)
    assert letter.headers[CUT] == str(len(record.value))
    with pytest.raises(ContractError, match="only the beginning of its 70000 bytes"):
        replayed(letter)
    log.close()


def test_every_stage_of_the_embedded_runner_makes_dead_letters(tmp_path):
    settings = Settings(broker=f"sqlite:///{tmp_path / 's.db'}", data_dir=str(tmp_path))
    log = open_settings_log(settings)
    log.ensure_topics(topics.TOPICS)
    every = stages(settings, ())
    log.publish([m for stage in every for m in bad(stage.source)])
    log.publish([m for m in bad(topics.HOSTRULES)] + [raw_message(raw_article())])
    for stage in every:
        drain([StageRunner(stage, log, settings)])
    found = Counter(m.headers["stage"] for m in log.read(topics.DEADLETTERS, 0) if m.key != LETTER_MARK)
    # A record without a value says nothing to `learn`.
    assert found == {"analyse": 9, "match": 9, "alert": 9, "learn": 7}
    assert sum(log.ends(topics.ARTICLES).values()) == len(bad(topics.ARTICLES)) + 1
    log.close()


def test_every_sink_makes_dead_letters_or_skips(full, settings, caplog):
    check_sinks(full, settings, caplog)


def check_sinks(full: Log, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    folder = Path(settings.data_dir)
    store = open_settings_store(settings)
    store.setup()
    search = SearchSink(full, store, 500)
    notify = NotifySink(full, str(folder / "notify.db"), 500)
    archive = ArchiveSink(full, folder / "archive", 1 << 20, 500)
    for sink, group, taken in (
        (search, "search", [t for t in topics.TOPICS if t.name in SKIPPED_BY_SEARCH | LETTERS_OF_SEARCH]),
        (notify, "notify", [topics.ALERTS]), (archive, "archive", [topics.RAW]),
    ):  # fmt: skip
        while sum(full.lag(group, topic) for topic in taken):
            sink.step(1.0, threading.Event())
        sink.close()
    letters = [m for m in full.read(topics.DEADLETTERS, 0) if m.headers.get("stage")]
    found = Counter((m.headers["stage"], m.headers["topic"]) for m in letters)
    assert {k: n for k, n in found.items() if k[0] in ("notify", "archive")} == {
        ("notify", "alerts"): 7,
        ("archive", "articles.raw"): 9,
    }
    assert {topic for stage, topic in found if stage == "search"} == LETTERS_OF_SEARCH
    for name in SKIPPED_BY_SEARCH:
        assert f"{name}/0@" in caplog.text


LETTERS_OF_SEARCH = {"articles", "claims", "clusters", "stories", "alerts"}
SKIPPED_BY_SEARCH = {"outcomes", "feeds", "deadletters"}


@pytest.mark.parametrize(("topic", "kind"), [(topics.FEEDS, Feed), (topics.PAGES, Page)], ids=["feeds", "pages"])
def test_a_table_sets_bad_rows_aside(full, topic, kind):
    check_table(full, topic, kind)


def check_table(full: Log, topic: Topic, kind: type[Record]) -> None:
    table = Table(full, topic, "rss", kind)
    while not table.is_ready:
        table.refresh(0.5)
    table.refresh(0.1)
    assert set(table.rows) == ({FEED.url} if topic is topics.FEEDS else set())
    rows = full.snapshot(topic)
    assert set(rows) == set(table.rows)
    values = {m.value for m in full.read(topics.DEADLETTERS, 0) if m.headers.get("topic") == topic.name}
    assert {b"\xff\x00 no", b"{}", DEEP, b"[]"} <= values
    table.close()


VERBS = [
    ("status",), ("status", "--ledger"), ("doctor",), ("feeds", "list"), ("marks",), ("deadletters", "list", "--all"),
    *(("deadletters", "list", "--by", way) for way in ("reason", "stage", "host", "day")),
    *(("deadletters", "show", str(offset)) for offset in range(9)), ("trace", "a"), ("trace", "key"),
    ("watch", "--for", "1", "--since", "5"), ("feeds", "export"), ("deadletters", "replay"),
]  # fmt: skip


FEW_VERBS = [("status", "--json"), ("doctor",), ("deadletters", "list"), ("deadletters", "replay"), ("trace", "a")]


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_no_verb_stops_at_bad_records(full, settings, capsys, form):
    errors = check_verbs(settings, [(*verb, *form) for verb in VERBS], capsys)
    assert "records are unreadable and were skipped" in errors


def check_verbs(settings: Settings, verbs: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> str:
    store = open_settings_store(settings)
    store.setup()
    store.close()
    named = ["--broker", settings.broker, "--store", settings.store, "--namespace", settings.namespace]
    errors = ""
    for verb in verbs:
        assert main([*verb, *named, "--data-dir", settings.data_dir]) in (0, 1), verb
        out = capsys.readouterr()
        assert "Traceback" not in out.err, verb
        errors += out.err
        if "--json" in verb and verb[0] != "watch" and verb[:2] != ("feeds", "export"):
            json.loads(out.out)
    return errors


def test_no_page_stops_at_bad_records(full, settings):
    store = open_settings_store(settings)
    store.setup()
    store.close()
    for site in served(settings):
        for path in (
            "/",
            "/ledger",
            "/ledger.json",
            "/feeds",
            "/feeds.json",
            "/stories",
            "/alerts",
            "/rules",
            "/readyz",
        ):
            assert site.get(path).status == 200, path


@pytest.mark.servers
@pytest.mark.timeout(180)
def test_on_kafka_no_reader_stops_at_bad_records(kafka, settings, capsys, caplog):
    settings = replace(settings, broker=f"kafka://{kafka.host_port}")
    log = filled(settings)
    check_table(log, topics.FEEDS, Feed)
    check_sinks(log, settings, caplog)
    check_verbs(settings, FEW_VERBS, capsys)
    log.close()


def test_a_stretch_of_the_log_with_bad_records_is_replayed(full, settings, capsys, monkeypatch):
    monkeypatch.setenv("CLAIMWIRE_NAMESPACE", settings.namespace)
    other = f"{settings.namespace}x"
    arguments = ["--broker", settings.broker, "--store", settings.store, "--namespace", other]
    assert main(["replay", "--from", "2020-01-01", "--stage", "match", *arguments]) == 0
    assert f"{len(bad(topics.CLEAN))} records replayed into {other}" in capsys.readouterr().out
    there = open_settings_log(replace(settings, namespace=other))
    copies = {(m.key, m.value, m.odd_headers) for m in there.read(topics.CLEAN, 0)}
    assert copies == {(m.key, m.value, m.odd_headers) for m in bad(topics.CLEAN)}
    there.close()


def test_the_line_of_a_bad_record_has_an_id_that_the_store_takes():
    for key in (BINARY, LONG, "two\nlines"):
        letter, line = dead_letters(Message("articles.raw", key, b"{}"), "analyse", failure_of(ValueError("x")))
        assert len(line.key) < 512
        assert line.key.isascii()
        assert line.key.startswith(digest("key", key_bytes(key).hex()))
        assert letter.key == key
