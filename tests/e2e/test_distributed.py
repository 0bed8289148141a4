"""Guarantee 3 on real Kafka, Faust workers and Elasticsearch: what `torture` checks after it, and one command for all."""

import contextlib
import json
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.ledger import counts, read_ledger
from claimwire.log import Log, open_log
from claimwire.log.sqlite import SqliteLog
from claimwire.records.feeds import Feed
from claimwire.records.vocabulary import OutcomeState
from claimwire.store import CONTENT, SearchStore
from claimwire.store.drivers import open_store
from console.resources import resolved
from processors.flow import stages
from processors.rules import load_rules
from processors.runners.embedded import StageRunner, drain
from producers.tables.feeds_file import import_feeds
from sinks.search.sink import SearchSink
from tests.console.command import claimwire
from tests.e2e.harness import Processes, SiteThread, free_port, wait_until_done
from tests.e2e.test_embedded import feeds_file

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
CLOSED = {OutcomeState.INDEXED, OutcomeState.DUPLICATE, OutcomeState.REJECTED}


def copied(source: Log, folder: Path, *copies: topics.Topic) -> SqliteLog:
    """An embedded log with the records of some topics, each at its partition and offset."""
    log = SqliteLog.open(f"sqlite:///{folder / 'copy.db'}", source.namespace)
    log.ensure_topics(topics.TOPICS)
    for topic in copies:
        for partition in range(topic.partitions):
            for message in source.read(topic, partition):
                log.publish([message])
                assert log.ends(topic)[partition] == message.offset + 1
    return log


def folded(log: SqliteLog, folder: Path, names: set[str], rules_file: str = "") -> StageRunner:
    """Run the named stages on an embedded log to the end."""
    settings = Settings(broker=f"sqlite:///{folder / 'copy.db'}", data_dir=str(folder))
    rules = load_rules(rules_file or resolved(settings.rules))
    runners = [StageRunner(s, log, settings) for s in stages(settings, rules) if s.name in names]
    drain(runners)
    for runner in runners:
        runner.close()
    return runners[0]


def values(log: Log, topic: topics.Topic) -> set[bytes]:
    return {m.value for p in range(topic.partitions) for m in log.read(topic, p) if m.value}


def index(store: SearchStore) -> dict[str, dict[str, tuple[int, dict]]]:
    store.refresh()
    return {kind: {i: (version, dict(body)) for i, version, body in store.dump(kind)} for kind in CONTENT}


def environment(namespace: str, kafka, elasticsearch) -> dict[str, str]:
    return {
        "CLAIMWIRE_NAMESPACE": namespace,
        "CLAIMWIRE_BROKER": f"kafka://{kafka.host_port}",
        "CLAIMWIRE_STORE": f"elasticsearch://{elasticsearch.host_port}",
        "CLAIMWIRE_ALLOW_PRIVATE_ADDRESSES": "true",
        "CLAIMWIRE_POLL_MIN": "0.3",
        "CLAIMWIRE_HOST_INTERVAL": "0",
        "CLAIMWIRE_HOST_INFLIGHT": "8",
        "CLAIMWIRE_SESSION_TIMEOUT": "6",
        "CLAIMWIRE_WORKERS": "1",
        "CLAIMWIRE_BATCH_SIZE": "10",
    }


def follow_demo(log: Log, site) -> None:
    now, since = datetime.now(UTC), datetime(2020, 10, 1, tzinfo=UTC)
    feeds = [
        Feed(url=f"{site.base}/{s.id}/feed", source=s.name, added_at=now, next_due=now, interval=0.4, live_since=since)
        for s in site.sources
    ]
    assert import_feeds(log, feeds) == len(site.sources)


def check_clean_articles(log: Log, folder: Path) -> None:
    """3 (a): analyse(raw) is the same set of CleanArticles in any order, process and number of workers."""
    (folder / "a").mkdir()
    embedded = copied(log, folder / "a", topics.RAW)
    folded(embedded, folder / "a", {"analyse"})
    assert values(embedded, topics.CLEAN) == values(log, topics.CLEAN)


def check_index(log: Log, store: SearchStore, folder: Path, rules_file: str = "") -> None:
    """3 (b): folding this run's own articles.clean again gives exactly the index that Elasticsearch holds."""
    (folder / "b").mkdir()
    embedded = copied(log, folder / "b", topics.CLEAN)
    folded(embedded, folder / "b", {"match", "alert"}, rules_file)
    local = open_store(f"sqlite:///{folder / 'b' / 'search.db'}", log.namespace)
    sink = SearchSink(embedded, local, 500)
    while sink.step(0.0):
        pass
    expected, found = index(local), index(store)
    for kind in CONTENT:
        assert found[kind].keys() == expected[kind].keys(), kind
        assert found[kind] == expected[kind], kind
    closed = {k for k, o in read_ledger(log).items() if o.state in (OutcomeState.INDEXED, OutcomeState.DUPLICATE)}
    assert {k[0] for k in closed} == set(found["articles"])


def test_one_command_runs_everything(kafka, elasticsearch, namespace, tmp_path):
    """`claimwire run` on Kafka: the stages get processes of their own, which end with their parent."""
    env = environment(namespace, kafka, elasticsearch) | {"CLAIMWIRE_DATA_DIR": str(tmp_path)}
    log = open_log(env["CLAIMWIRE_BROKER"], namespace)
    with SiteThread() as site:
        env["CLAIMWIRE_FEEDS"] = str(feeds_file(tmp_path, site))
        processes = Processes(tmp_path, env)
        processes.start_with_feeds("all")
        try:
            # It creates the topics; until then there is nothing to look at.
            while not (tmp_path / "notify.db").exists():
                assert processes.running["all"].poll() is None, processes.logs()
                time.sleep(0.2)
            wait_until_done(log, len(site.articles), processes)
            assert counts(read_ledger(log).values()) == {"indexed": 39, "duplicate": 1}
            store = open_store(env["CLAIMWIRE_STORE"], namespace)
            forget_one(log, store, env)
        finally:
            statuses = processes.stop()
    assert statuses == {"all": 0}, processes.logs()
    check_index(log, store, tmp_path)
    store.close()
    assert children_of(namespace) == []
    log.close()


def test_named_parts_start_once_and_options_reach_the_stages(kafka, elasticsearch, namespace, tmp_path):
    """Options stand before and after the parts; what is no stage is not given to the stages' processes."""
    ports = {"page": free_port(), "metrics": free_port()}
    settings = environment(namespace, kafka, elasticsearch) | {"CLAIMWIRE_PAGE_PORT": str(ports["page"])}
    file = tmp_path / "named.toml"
    file.write_text(f'namespace = "{namespace}"\nbroker = "kafka://{kafka.host_port}"\nsession_timeout = 6\n')
    del settings["CLAIMWIRE_BROKER"], settings["CLAIMWIRE_NAMESPACE"]
    processes = Processes(tmp_path, settings | {"CLAIMWIRE_DATA_DIR": str(tmp_path), "CLAIMWIRE_CONFIG": "none.toml"})
    arguments = ["run", "--config", str(file), "--workers", "1", "analyse", "match", "page", "--metrics-port"]
    processes.start_as("all", [*arguments, str(ports["metrics"]), "--log-level", "WARNING"])
    try:
        processes.wait_until_running("all")
        taken = {n: wait_for(f"http://127.0.0.1:{ports['metrics'] + n}/metrics") for n in (0, 1, 2)}
        assert wait_for(f"http://127.0.0.1:{ports['page']}/healthz") == 200
        assert taken == {0: 200, 1: 200, 2: 200}
        stages_of = [line.split() for line in children_of(namespace, seconds=0)]
        assert sorted(words[-1] for words in stages_of if words[-2:-1] == ["run"]) == ["analyse", "match"]
        assert processes.running["all"].poll() is None, processes.logs()
    finally:
        statuses = processes.stop()
    assert statuses == {"all": 0}, processes.logs()
    assert "INFO" not in processes.logs()


def wait_for(url: str) -> int:
    """Return the status of `url` as soon as it answers."""
    opener, deadline = urllib.request.build_opener(urllib.request.ProxyHandler({})), time.monotonic() + 120
    while True:
        try:
            with opener.open(url, timeout=10) as answer:
                return answer.status
        except OSError:
            assert time.monotonic() < deadline, url
            time.sleep(0.2)


def forget_one(log: Log, store: SearchStore, env: dict[str, str]) -> None:
    """`claimwire forget` while everything runs; the folded log must say the same of what is left."""
    article = next(body for _, _, body in store.dump("articles") if body["claims"] > 2 and not body["duplicate_of"])
    out = json.loads(claimwire("forget", article["url"], "--json", cwd=Path(), **env))
    assert out["done"]
    assert out["removed"]["claims"] == article["claims"]
    assert "Kafka keeps published records" in out["left"][0]
    store.refresh()
    assert store.get("articles", article["article_id"]) is None
    assert store.search("claims", "", {"article_id": article["article_id"]}).total == 0
    assert counts(read_ledger(log).values())["forgotten"] == 1


def children_of(namespace: str, seconds: float = 10.0) -> list[str]:
    """Return the command lines of processes with this namespace in their environment, after some seconds to end in."""
    deadline = time.monotonic() + seconds
    while True:
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if f"CLAIMWIRE_NAMESPACE={namespace}".encode() in path.read_bytes():
                    found.append((path.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.5)
