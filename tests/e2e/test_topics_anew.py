"""Topics that are deleted and created anew beside the state files of before, on real Kafka with the real runner."""

import time
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from claimwire import topics
from claimwire.log import Log, Message, open_log
from claimwire.store.drivers import open_store
from processors.analysis import analyse
from tests.e2e.harness import Processes
from tests.records import raw_article, raw_message

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]


def clean_articles(count: int, town: str) -> list[Message]:
    text = "Flood in {town}\nThe river flooded {n} streets of {town} on Friday, the ministry said.\n"
    found = [analyse(raw_message(raw_article(f"{town}{n}", text.format(town=town, n=n)))) for n in range(count)]
    return [outputs[0] for outputs in found]


def wait_for(what: str, processes: Processes, is_done, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        dead = [n for n, p in processes.running.items() if p.poll() is not None]
        assert not dead, f"{what}: ended by itself: {dead}\n{processes.logs()}"
        assert time.monotonic() < deadline, f"{what}\n{processes.logs()}"
        time.sleep(0.2)


def create_anew(log: Log, host_port: str) -> None:
    names = [t.full_name(log.namespace) for t in topics.TOPICS]
    admin = KafkaAdminClient(bootstrap_servers=host_port)
    admin.delete_topics(names)
    deadline = time.monotonic() + 30
    while set(names) & set(admin.list_topics()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    admin.close()
    assert len(log.ensure_topics(topics.TOPICS)) == len(names)


def test_all_articles_of_new_topics_are_indexed(kafka, namespace, tmp_path):
    env = {
        "CLAIMWIRE_NAMESPACE": namespace, "CLAIMWIRE_BROKER": f"kafka://{kafka.host_port}",
        "CLAIMWIRE_STORE": f"sqlite:///{tmp_path / 'search.db'}", "CLAIMWIRE_DATA_DIR": str(tmp_path),
        "CLAIMWIRE_SESSION_TIMEOUT": "6",
    }  # fmt: skip
    log = open_log(env["CLAIMWIRE_BROKER"], namespace)
    log.ensure_topics(topics.TOPICS)
    store = open_store(env["CLAIMWIRE_STORE"], namespace)
    store.setup()
    processes = Processes(tmp_path, env)
    log.publish(clean_articles(40, "Valdivia"))
    processes.start("match", "match")
    try:
        wait_for("the first topics", processes, lambda: sum(log.ends(topics.ARTICLES).values()) == 40)
        wait_for("their commit", processes, lambda: log.lag("match", topics.CLEAN) == 0)
        processes.stop()
        create_anew(log, kafka.host_port)
        log.publish(clean_articles(60, "Temuco"))
        processes.start_again("match")
        processes.start("search", "search")
        wait_for("the new topics", processes, lambda: indexed(store) == 60)
        wait_for("their commit", processes, lambda: log.lag("match", topics.CLEAN) == 0)
    finally:
        processes.stop()
        store.close()
        log.close()
    check_set_aside(tmp_path)


def indexed(store) -> int:
    store.refresh()
    return sum("Temuco" in body["text"] for _, _, body in store.dump("articles"))


def check_set_aside(folder: Path) -> None:
    lines = [line for line in (folder / "match.log").read_text().splitlines() if "recreated" in line]
    (aside,) = (folder / "state").glob("*.aside")
    assert len(lines) == 1
    assert str(aside) in lines[0]
