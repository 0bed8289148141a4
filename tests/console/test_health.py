"""Healthy is a claim about everything: each thing that can be wrong gives a line in plain words, on both logs."""

import threading
from dataclasses import replace

import msgspec
import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.ledger import outcome_message
from claimwire.letters import dead_letters_of
from claimwire.log import Log, Message, open_log
from claimwire.log.sqlite import SqliteLog
from claimwire.records.base import encode
from claimwire.records.feeds import Feed
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState
from console.queries.health import GROUPS, examine, of_members
from console.queries.ledger import Ledger
from tests.records import NOW, raw_article, raw_message

LIVING = {group.name: 1 for group in GROUPS}


def problems(log: Log, settings: Settings, folder) -> list[str]:
    ledger = Ledger.read(log, folder)
    found = [says for _, says in examine(log, settings, ledger).problems]
    ledger.close()
    return found


@pytest.fixture
def settings(log, tmp_path) -> Settings:
    return Settings(namespace="t", broker=f"sqlite:///{tmp_path / 's.db'}", data_dir=str(tmp_path))


def aged(log: SqliteLog, minutes: float) -> None:
    log.connection.execute("UPDATE messages SET ts = ts - ?", (int(minutes * 60_000),))


def test_an_empty_log_that_nobody_runs_is_in_order(log, settings, tmp_path):
    assert problems(log, settings, tmp_path) == []


def test_dead_letters(log, settings, tmp_path):
    log.publish(dead_letters_of(raw_message(raw_article()), "analyse", "ValueError: x", NOW))
    assert "1 dead letters are open: claimwire deadletters list --by reason" in problems(log, settings, tmp_path)


def test_a_revision_in_flight_for_longer_than_the_setting(log, settings, tmp_path):
    opened = Outcome(article_id="a", revision_id="r", state=OutcomeState.OPENED, stage="rss", at=NOW, url="https://x.example/1",
                     source="Paper")  # fmt: skip
    waits = Message(topics.RAW.name, "a", b"{}", {"article_id": "a", "revision_id": "r"})
    log.publish([outcome_message(opened), waits])
    aged(log, 20)
    assert not any("in flight for more" in says for says in problems(log, settings, tmp_path))
    shorter = replace(settings, in_flight_timeout=600.0)
    says = next(s for s in problems(log, shorter, tmp_path) if "in flight for more" in s)
    assert says.startswith("1 revisions are in flight for more than 10 minutes, the oldest https://x.example/1 since")
    log.publish([outcome_message(msgspec.structs.replace(opened, state=OutcomeState.INDEXED))])
    assert not any("in flight for more" in says for says in problems(log, shorter, tmp_path))


def test_a_revision_that_nothing_has_still_to_take_is_named_before_it_is_late(log, settings, tmp_path):
    opened = Outcome(article_id="a", revision_id="r", state=OutcomeState.OPENED, stage="rss", at=NOW, source="Paper")
    log.publish([outcome_message(opened)])
    aged(log, 0.25)
    assert not any("their records are lost" in says for says in problems(log, settings, tmp_path))
    aged(log, 1)
    says = next(s for s in problems(log, settings, tmp_path) if "their records are lost" in s)
    assert says.startswith("1 revisions were opened")
    assert "retention" in says


def test_records_that_wait_longer_than_a_stage_may_stall(log, settings, tmp_path):
    log.publish([raw_message(raw_article())])
    assert not any(says.startswith("analyse: 1 records") for says in problems(log, settings, tmp_path))
    aged(log, 3)
    assert any(
        says.startswith("analyse: 1 records waiting, the oldest for 18") for says in problems(log, settings, tmp_path)
    )


def test_most_feeds_fail(log, settings, tmp_path):
    def feed(name: str, **fields) -> Message:
        row = Feed(url=f"https://{name}.example/", source=name, added_at=NOW, next_due=NOW, **fields)
        return Message(topics.FEEDS.name, row.url, encode(row))

    log.publish([feed("a", failing_since=NOW), feed("b"), feed("c", failing_since=NOW, disabled=True)])
    assert not any("feeds" in says for says in problems(log, settings, tmp_path))
    log.publish([feed("d", failing_since=NOW)])
    assert "2 of 3 feeds fail: claimwire feeds list" in problems(log, settings, tmp_path)


def test_a_stopped_embedded_pipeline_is_in_order_when_nothing_waits(settings):
    nobody = dict.fromkeys(LIVING, 0)
    assert list(of_members(settings, nobody, 0, 0)) == []
    assert list(of_members(settings, nobody, 5, 2)) == [
        "no part is running, 5 records are waiting and 2 revisions are in flight: claimwire run"
    ]
    assert list(of_members(settings, LIVING | {"search": 0}, 0, 0)) == [
        "search: not running (its group has no members): claimwire run search"
    ]
    kafka = replace(settings, broker="kafka://127.0.0.1:9")
    assert len(list(of_members(kafka, nobody, 0, 0))) == len(nobody)


@pytest.mark.servers
def test_every_group_on_kafka_has_members(kafka, namespace, tmp_path):
    settings = Settings(namespace=namespace, broker=f"kafka://{kafka.host_port}", data_dir=str(tmp_path))
    log = open_log(settings.broker, namespace)
    log.ensure_topics(topics.TOPICS)
    stop, joined = threading.Event(), threading.Barrier(len(GROUPS) - 1, timeout=150)

    def live(name: str, topic: topics.Topic) -> None:
        mine = open_log(settings.broker, namespace)
        consumer = mine.consumer(name, (topic,))
        while not consumer.assignment():
            consumer.poll(1, 0.2)
        joined.wait()
        while not stop.is_set():
            consumer.poll(1, 0.2)
        consumer.close()
        mine.close()

    wanted = [(g.name, g.topics[0] if g.topics else topics.FEEDS) for g in GROUPS if g.name not in ("archive", "match")]
    threads = [threading.Thread(target=live, args=group, daemon=True) for group in wanted]
    for thread in threads:
        thread.start()
    joined.wait()
    log.publish([Message(topics.CLEAN.name, "live/en", b"{}", partition=2)])
    assert problems(log, settings, tmp_path) == ["match: not running (its group has no members): claimwire run match"]
    late = replace(settings, stall_timeout=0.0)
    found = problems(log, late, tmp_path)
    assert found[0].startswith("match: 1 records waiting, the oldest for ")
    assert "(articles.clean/2@0)" in found[0]
    stop.set()
    for thread in threads:
        thread.join(30)
    assert len(problems(log, settings, tmp_path)) == len(GROUPS) - 1
    log.close()
