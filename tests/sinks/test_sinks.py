"""Sinks: documents that the mappings take, a store that refuses or goes away, alerts once."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import DeniedError, SinkError
from claimwire.ledger import counts, outcome_message, read_ledger
from claimwire.letters import dead_letters_of, letter_mark
from claimwire.log import Message
from claimwire.log.reading import record_of
from claimwire.log.sqlite import SqliteLog
from claimwire.records.alerts import Alert
from claimwire.records.base import decode, encode
from claimwire.records.feeds import Feed
from claimwire.records.sightings import Article
from claimwire.records.vocabulary import OutcomeState, Verdict
from claimwire.store import FACETS, KINDS
from claimwire.store.drivers import open_settings_store, open_store
from claimwire.store.mappings import MAPPINGS, SEARCHED, check_body
from claimwire.store.sqlite import SqliteStore
from claimwire.text.display import shown
from processors.flow import stages
from processors.rules import load_rules
from processors.runners.embedded import StageRunner, drain
from sinks.notify.notifications import MAX_TEXT, Notification, claim_lines, plain
from sinks.notify.sink import NotifySink
from sinks.search.documents import SEARCHED_TOPICS, document_of_message, feed_id
from sinks.search.sink import SearchSink
from tests.records import NOW, raw_article, raw_message

TEXTS = {
    "a": "Flood in Valdivia kills four\nFour people were killed when the river flooded Valdivia on Friday, the Chilean interior ministry said.\n",
    "b": "Flood toll rises\nThe death toll of the flood in Valdivia has risen to nine people, the Chilean interior ministry said on Friday.\n",
}


@pytest.fixture
def log(tmp_path):
    """A log with the records of two articles, decided."""
    settings = Settings(broker=f"sqlite:///{tmp_path / 's.db'}")
    log = SqliteLog.open(settings.broker, "t")
    log.ensure_topics(topics.TOPICS)
    log.publish([raw_message(raw_article(n, t)) for n, t in TEXTS.items()])
    runners = [StageRunner(s, log, settings) for s in stages(settings, load_rules("seeds/rules.toml"))]
    drain(runners)
    yield log
    log.close()


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'search.db'}", "t")
    yield store
    store.close()


def messages(log) -> list[Message]:
    return [m for topic in SEARCHED_TOPICS for p in range(topic.partitions) for m in log.read(topic, p)]


def test_every_record_makes_a_document_that_the_mapping_takes(log):
    log.publish([feed_message(), *dead_letters_of(messages(log)[0], "match", "ContractError: bad", NOW)])
    documents = [document_of_message(m, record_of(m)) for m in messages(log)]
    assert {d.kind for d in documents} == set(KINDS)
    for document in documents:
        assert check_body(document.kind, document.body) is None, document
        assert document.version > 0


def feed_message(**fields) -> Message:
    feed = Feed(url="https://paper.example/feed", source="Paper", added_at=NOW, next_due=NOW, **fields)
    return Message(topics.FEEDS.name, feed.url, encode(feed))


def run_sink(log, store) -> None:
    sink = SearchSink(log, store, 100)
    while sink.step(0.0):
        pass
    sink._consumer.close()


def test_the_store_has_the_ledger_the_feeds_and_the_dead_letters(log, store):
    log.publish([feed_message(status="timed_out", failures=2.0)])
    run_sink(log, store)
    ledger = read_ledger(log)
    found = dict(store.scan("outcomes"))
    assert {i: b["state"] for i, b in found.items()} == {f"{a}/{r}": o.state.value for (a, r), o in ledger.items()}
    assert store.facets("outcomes", ["state"])["state"] == [("indexed", len(ledger))]
    feed = store.get("feeds", feed_id("https://paper.example/feed"))
    assert (feed["status"], feed["failures"]) == ("timed_out", 2.0)
    log.publish([Message(topics.FEEDS.name, "https://paper.example/feed", None)])
    bad = Message(topics.RAW.name, "k", b"{", {"article_id": "a", "revision_id": "r"}, partition=1, offset=9)
    log.publish(dead_letters_of(bad, "analyse", "ContractError: RawArticle: is none\nmore", NOW))
    run_sink(log, store)
    assert list(store.scan("feeds")) == []
    letter = store.get("deadletters", "0")
    assert (letter["state"], letter["stage"], letter["reason"]) == ("open", "analyse", "ContractError")
    assert letter["place"] == "articles.raw/1@9"
    assert store.get("outcomes", "a/r")["state"] == "dead_lettered"
    log.publish([letter_mark(next(iter(log.read(topics.DEADLETTERS, 0))), "discarded", "a test")])
    run_sink(log, store)
    after = store.get("deadletters", "0")
    assert after == dict(letter) | {"state": "discarded"}
    log.publish([Message(topics.ARTICLES.name, "a", None, {"article_id": "a"})])
    run_sink(log, store)
    assert store.get("deadletters", "0") is None


def test_an_opened_line_that_comes_late_changes_nothing(log, store):
    run_sink(log, store)
    final = next(iter(read_ledger(log).values()))
    late = msgspec.structs.replace(final, state=OutcomeState.OPENED)
    log.publish([outcome_message(late)])
    run_sink(log, store)
    assert store.get("outcomes", f"{final.article_id}/{final.revision_id}")["state"] == final.state.value


def test_facets_and_searched_fields_are_in_the_mappings():
    for kind in KINDS:
        assert all(MAPPINGS[kind][f]["type"] == "keyword" for f in FACETS[kind])
        assert all(MAPPINGS[kind][f]["type"] == "text" for f in SEARCHED[kind])


def test_indexing_closes_the_outcomes(log, store):
    sink = SearchSink(log, store, 100)
    while sink.step(0.0):
        pass
    assert counts(read_ledger(log).values()) == {"indexed": 2}
    assert store.search("articles", '"interior ministry"').total == 2
    assert all(log.lag("search", t) == 0 for t in SEARCHED_TOPICS)
    assert sink.step(0.0) == 0


def test_what_is_no_record_becomes_a_dead_letter(log, store):
    log.publish(
        [
            Message(topics.ARTICLES.name, "k", b"{}", {"article_id": "x", "revision_id": "y"}),
            Message(topics.STORIES.name, "k", b"no"),
        ]
    )
    sink = SearchSink(log, store, 100)
    while sink.step(0.0):
        pass
    letters = list(log.read(topics.DEADLETTERS, 0))
    assert {m.headers["topic"] for m in letters} == {"articles", "stories"}
    assert {m.headers["stage"] for m in letters} == {"search"}
    assert counts(read_ledger(log).values()) == {"indexed": 2, "dead_lettered": 1}


def test_what_the_store_refuses_becomes_a_dead_letter(log, store, monkeypatch, caplog):
    import claimwire.store.sqlite

    real = claimwire.store.sqlite.check_body

    def refuse(kind, body):
        refused = kind == "articles" and "rises" in (body["title"] or "")
        return "no more of these" if refused else real(kind, body)

    monkeypatch.setattr(claimwire.store.sqlite, "check_body", refuse)
    sink = SearchSink(log, store, 100)
    while sink.step(0.0):
        pass
    letter = next(iter(log.read(topics.DEADLETTERS, 0)))
    assert "no more of these" in letter.headers["error"]
    assert any("dead letter: " in m and "no more of these" in m for m in caplog.messages)
    assert decode(letter.value, Article).clean.title == "Flood toll rises"
    assert counts(read_ledger(log).values()) == {"indexed": 1, "dead_lettered": 1}


class AwayStore(SqliteStore):
    """The real store, away for its first writes."""

    away = 2

    def write(self, documents):
        if self.away:
            self.away -= 1
            raise SinkError("store: connection refused", retryable=True)
        return super().write(documents)


def test_a_store_that_is_away_is_waited_for_and_nothing_is_lost(log, tmp_path, monkeypatch):
    monkeypatch.setattr("sinks.base.RETRY_SECONDS", 0.01)
    store = AwayStore.open(f"sqlite:///{tmp_path / 'search.db'}", "t")
    sink = SearchSink(log, store, 100)
    while sink.step(0.0):
        pass
    assert store.away == 0
    assert counts(read_ledger(log).values()) == {"indexed": 2}
    store.close()


def test_a_sink_that_is_stopped_while_the_store_is_away_commits_nothing(log, tmp_path):
    store = AwayStore.open(f"sqlite:///{tmp_path / 'search.db'}", "t")
    store.away = 1000
    stop = threading.Event()
    stop.set()
    sink = SearchSink(log, store, 100)
    assert sink.step(0.0, stop) == 0
    assert sum(log.lag("search", t) for t in SEARCHED_TOPICS) == len(messages(log))
    assert read_ledger(log) == {}
    store.close()


def alerts(log) -> list[Alert]:
    return [decode(m.value, Alert) for p in range(topics.ALERTS.partitions) for m in log.read(topics.ALERTS, p)]


def test_one_notification_for_each_alert_over_restarts(log, tmp_path):
    sent: list[str] = []
    console = {"console": lambda notice: sent.extend(alert.alert_id for alert in notice.alerts)}
    sink = NotifySink(log, str(tmp_path / "n.db"), 10, console)
    log.publish([Message(topics.ALERTS.name, "again", encode(a)) for a in alerts(log)])
    wanted, deadline = {a.alert_id for a in alerts(log)}, time.monotonic() + 60
    while (sink.step(0.2) or set(sent) != wanted) and time.monotonic() < deadline:
        pass
    assert sorted(sent) == sorted(wanted)
    log.publish([Message(topics.ALERTS.name, "again", encode(a)) for a in alerts(log)[:1]])
    sink.close()
    again = NotifySink(log, str(tmp_path / "n.db"), 10, console)
    for _ in range(20):
        again.step(0.1)
    assert len(sent) == len(set(sent))
    assert log.lag("notify", topics.ALERTS) == 0


def test_a_failed_delivery_is_tried_again(log, tmp_path, monkeypatch):
    """By the process that comes after, too: the alert was taken, and waits in the file."""
    monkeypatch.setattr("sinks.notify.outbox.FIRST_RETRY", 0.01)

    def broken(_: Notification) -> None:
        raise OSError("no terminal")

    sink = NotifySink(log, str(tmp_path / "n.db"), 10, {"console": broken})
    while sink.step(0.0):
        pass
    sink.close()
    assert log.lag("notify", topics.ALERTS) == 0
    sent: list[Alert] = []
    again = NotifySink(log, str(tmp_path / "n.db"), 10, {"console": lambda notice: sent.extend(notice.alerts)})
    deadline = time.monotonic() + 60
    wanted = {a.alert_id for a in alerts(log)}
    while len(sent) < len(wanted) and time.monotonic() < deadline:
        again.step(0.05)
    assert sorted(a.alert_id for a in sent) == sorted(wanted)
    again.close()


def test_unreadable_alerts_become_dead_letters(log, tmp_path):
    log.publish([Message(topics.ALERTS.name, "k", b"[]")])
    sent: list[Alert] = []
    sink = NotifySink(log, str(tmp_path / "n.db"), 100, {"console": lambda notice: sent.extend(notice.alerts)})
    while sink.step(0.0):
        pass
    sink.close()
    assert [m.headers["stage"] for m in log.read(topics.DEADLETTERS, 0)] == ["notify"]
    assert sent


def test_text_for_a_terminal_carries_no_control_characters():
    assert plain("a\x1b[31mb\nc\u202ed") == "a [31mb c d"
    assert len(plain("x" * 1000)) == MAX_TEXT


def test_lines_of_an_alert(log):
    changed = next(a for a in alerts(log) if a.verdict is Verdict.UPDATE)
    text = claim_lines(shown(changed))
    assert text.startswith("Update ")
    assert "Dead 4 → 9" in text
    assert "interior ministry" in text
    assert f"story: {changed.story_title}" in text


def test_documents_keep_the_month_of_their_first_sight(log):
    documents = [document_of_message(m, record_of(m)) for m in messages(log)]
    assert {d.period for d in documents} == {NOW.strftime("%Y-%m")}


def test_an_api_key_is_sent_as_the_documentation_says(tmp_path):
    """`Authorization: ApiKey ENCODED`; the test cluster has no module for keys, so the form is what is tested."""
    seen = []

    class Node(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers["Authorization"])
            self.send_response(200 if len(seen) < 2 else 401)
            body = b'{"status": "green"}'
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Node)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    key = tmp_path / "key"
    key.write_text("aWQ6c2VjcmV0\n")
    settings = Settings(store=f"elasticsearch://127.0.0.1:{server.server_port}", store_api_key_file=str(key))
    open_settings_store(settings).close()
    assert seen == ["ApiKey aWQ6c2VjcmV0"]
    with pytest.raises(DeniedError, match="rejects the user or API key"):
        open_settings_store(settings)
    server.shutdown()
    server.server_close()
