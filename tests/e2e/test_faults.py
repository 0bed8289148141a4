"""Broker and store go away in the middle of a distributed run: processes live on, nothing is lost, the sums agree."""

import re
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from claimwire import topics
from claimwire.errors import UnreachableError
from claimwire.ledger import counts, read_ledger
from claimwire.log import Log, Message, open_log
from claimwire.store.drivers import open_store
from deploy.teststack.servers import Missing, Server, start_elasticsearch, start_kafka
from tests.conftest import REQUIRED, Address
from tests.contract.test_bad_records import bad
from tests.e2e.harness import Processes, SiteThread, wait_until_done
from tests.e2e.test_distributed import environment, follow_demo
from tests.records import raw_article, raw_message

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    """A broker and a store of this module's own, to be killed."""
    try:
        started = start_kafka(), start_elasticsearch()
    except Missing as missing:
        if REQUIRED:
            pytest.fail(f"CLAIMWIRE_REQUIRE_SERVERS=1, and {missing}")
        pytest.skip(f"left out: {missing}")
    yield started
    for server in started:
        server.stop()


def wait_for_articles(log: Log, count: int) -> None:
    deadline = time.monotonic() + 180
    while sum(log.ends(topics.ARTICLES).values()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def check_lines_of_the_outage(lines: list[str]) -> None:
    """One line a minute of the broker, by whichever client or loop, and one when it is back."""
    client = re.compile(r"^\S+ \S+ [A-Z]+ (kafka|aiokafka|faust|mode)\b")
    away = [line for line in lines if (client.match(line) or " broker 127" in line) and "rebalanc" not in line]
    minutes = {line[:16] for line in lines}
    assert 1 <= len(away) <= len(minutes) + 1, "\n".join(away)
    assert sum("the broker answers again" in line for line in lines) in range(1, len(minutes) + 1)


def test_broker_and_store_go_away_and_come_back(servers, namespace, tmp_path):
    kafka, elasticsearch = servers
    # A consumer may stop for good when its broker was away: then its process ends, and a supervisor starts another.
    env = environment(namespace, Address(kafka.address), Address(elasticsearch.address))
    processes = Processes(tmp_path, env | {"CLAIMWIRE_STALL_TIMEOUT": "30"})
    log = open_log(env["CLAIMWIRE_BROKER"], namespace)
    log.ensure_topics(topics.TOPICS)
    open_store(env["CLAIMWIRE_STORE"], namespace).setup()
    with SiteThread() as site:
        follow_demo(log, site)
        for name in ("rss", "web", "analyse", "match", "alert", "search", "notify"):
            processes.start(name, name, data_dir=str(tmp_path / name))
        try:
            wait_for_articles(log, 5)
            elasticsearch.kill()
            time.sleep(2)
            kafka.kill()
            time.sleep(4)
            with pytest.raises(UnreachableError):
                open_log(env["CLAIMWIRE_BROKER"], namespace)
            kafka.start_again()
            elasticsearch.start_again()
            log.close()
            log = open_log(env["CLAIMWIRE_BROKER"], namespace)
            wait_until_done(log, 40, processes, 300, is_supervised=True)
        finally:
            statuses = processes.stop()
    assert set(statuses.values()) == {0}, processes.logs()
    for name in statuses:
        check_lines_of_the_outage((tmp_path / f"{name}.log").read_text().splitlines())
    ledger = counts(read_ledger(log).values())
    assert ledger == {"indexed": 39, "duplicate": 1}
    store = open_store(env["CLAIMWIRE_STORE"], namespace)
    store.refresh()
    assert store.search("articles", "").total == 40
    sightings = {m.headers["article_id"] for p in range(topics.CLAIMS.partitions) for m in log.read(topics.CLAIMS, p)}
    assert store.search("claims", "").total > 100
    assert {dict(body)["article_id"] for _, _, body in store.dump("claims")} == sightings
    log.close()


def test_records_that_are_none_go_to_the_dead_letters_on_kafka(kafka, elasticsearch, namespace, tmp_path):
    env = environment(namespace, kafka, elasticsearch) | {"CLAIMWIRE_MAX_MESSAGE_BYTES": "20000"}
    processes = Processes(tmp_path, env)
    log = open_log(env["CLAIMWIRE_BROKER"], namespace)
    log.ensure_topics(topics.TOPICS)
    big = "Report\n" + "\n".join(f"The ministry said that {n} soldiers were killed near the river." for n in range(300))
    log.publish(
        [
            Message(topics.RAW.name, "a", b"\xff not json", {"article_id": "a", "revision_id": "1"}),
            Message(topics.RAW.name, "b", b'{"schema_version": 1}', {"article_id": "b", "revision_id": "1"}),
            Message(topics.CLEAN.name, "live/en", b"[]", {"article_id": "c", "revision_id": "1"}),
            Message(topics.CLAIMS.name, "d", b"{}"),
            Message(topics.STORIES.name, "e", b"no"),
            raw_message(raw_article("big", big)),
            raw_message(raw_article("good")),
            raw_message(raw_article("short", "Hi.")),
        ]
    )
    for name in ("analyse", "match", "alert", "search"):
        processes.start(name, name, data_dir=str(tmp_path))
    try:
        deadline = time.monotonic() + 180
        while counts(read_ledger(log).values()).total() < 6 or log.ends(topics.DEADLETTERS)[0] < 6:
            assert time.monotonic() < deadline, processes.logs()
            time.sleep(0.3)
    finally:
        statuses = processes.stop()
    assert set(statuses.values()) == {0}, processes.logs()
    assert counts(read_ledger(log).values()) == {"dead_lettered": 4, "indexed": 1, "rejected": 1}
    letters = list(log.read(topics.DEADLETTERS, 0))
    assert sorted((m.headers["stage"], m.headers["topic"]) for m in letters) == [
        ("analyse", "articles.raw"), ("analyse", "articles.raw"), ("analyse", "articles.raw"),
        ("match", "articles.clean"), ("search", "claims"), ("search", "stories"),
    ]  # fmt: skip
    assert b"\xff not json" in {m.value for m in letters}
    log.close()


def test_sixty_bad_records_in_a_row_and_foreign_ones_stop_no_worker(kafka, namespace, tmp_path):
    env = {"CLAIMWIRE_NAMESPACE": namespace, "CLAIMWIRE_BROKER": f"kafka://{kafka.host_port}"}
    processes = Processes(tmp_path, env | {"CLAIMWIRE_WORKERS": "1", "CLAIMWIRE_SESSION_TIMEOUT": "6"})
    log = open_log(env["CLAIMWIRE_BROKER"], namespace)
    log.ensure_topics(topics.TOPICS)
    row = [Message(topics.RAW.name, "same", b"[]", {"article_id": "same", "revision_id": str(n)}) for n in range(60)]
    taken = {"analyse": topics.RAW, "match": topics.CLEAN, "alert": topics.ARTICLES}
    log.publish([*row, *(m for topic in taken.values() for m in bad(topic)), raw_message(raw_article())])
    for name in taken:
        processes.start(name, name, data_dir=str(tmp_path))
    try:
        deadline = time.monotonic() + 120
        while (
            log.lag("analyse", topics.RAW) or sum(log.ends(topics.ARTICLES).values()) < 10 or lag_of_stages(log, taken)
        ):
            assert time.monotonic() < deadline, processes.logs()
            time.sleep(0.3)
    finally:
        statuses = processes.stop()
    assert set(statuses.values()) == {0}, processes.logs()
    assert Counter(m.headers["stage"] for m in log.read(topics.DEADLETTERS, 0)) == {
        "analyse": 69,
        "match": 9,
        "alert": 9,
    }
    log.close()


def lag_of_stages(log: Log, taken: dict[str, topics.Topic]) -> int:
    return sum(log.lag(name, topic) for name, topic in taken.items())
