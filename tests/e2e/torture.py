"""The whole way under kill -9, full disks, cut connections and restarted servers: nothing lost, nothing twice.

`python -m tests.e2e.torture [--kills N] [--seed S] [--embedded]`: the seed is printed, and repeats the run's decisions.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from claimwire import topics
from claimwire.ledger import read_ledger
from claimwire.log import Log, open_log
from claimwire.records.vocabulary import OutcomeState
from claimwire.store.drivers import open_store
from deploy.teststack.servers import Server, start_elasticsearch, start_kafka
from producers.web import request_pages
from tests.conftest import Address
from tests.corpus import own_pages
from tests.e2e.harness import Processes, SiteThread, wait_until_done
from tests.e2e.proxy import Fault, Proxy
from tests.e2e.receiver import Receiver, check_received
from tests.e2e.test_distributed import CLOSED, check_clean_articles, check_index, environment, follow_demo

DEMO = 40
ROUND_OF = 10
# A channel that failed is tried again after 5, 10, 20 ... seconds.
RECEIVE_SECONDS = 90.0
WORKERS = (
    "analyse-a",
    "analyse-b",
    "match-a",
    "match-b",
    "alert",
    "learn",
    "search-a",
    "search-b",
    "rss",
    "web",
    "notify",
)


def ask_for_pages(log: Log, site, pages: dict[str, bytes], number: int) -> int:
    """Before every ROUND_OF-th fault, so that each meets work: each page once, under an address of its own; how many."""
    if number % ROUND_OF:
        return 0
    request_pages(log, [f"{site.base}/pages/{name}?round={number}" for name in pages], "own pages", datetime.now(UTC))
    return len(pages)


def embedded(kills: int, seed: int, folder: Path, say: Callable[[str], None] = print) -> Counter[str]:
    """One process with everything, killed again and again; some of its lives have a disk that is nearly full."""
    source, counted = random.Random(seed), Counter[str]()
    pages = {page.name: page.html for page in own_pages()}
    env = {
        "CLAIMWIRE_BROKER": f"sqlite:///{folder / 'stream.db'}", "CLAIMWIRE_STORE": f"sqlite:///{folder / 'search.db'}",
        "CLAIMWIRE_DATA_DIR": str(folder), "CLAIMWIRE_ALLOW_PRIVATE_ADDRESSES": "true", "CLAIMWIRE_POLL_MIN": "0.3",
        "CLAIMWIRE_HOST_INTERVAL": "0", "CLAIMWIRE_HOST_INFLIGHT": "8", "CLAIMWIRE_WORKERS": "1", "CLAIMWIRE_BATCH_SIZE": "10",
    }  # fmt: skip
    receiver = Receiver(folder)
    processes = Processes(folder, env | {"CLAIMWIRE_RULES": str(receiver.rules)})
    log = open_log(env["CLAIMWIRE_BROKER"], "claimwire")
    log.ensure_topics(topics.TOPICS)
    with SiteThread(pages) as site:
        follow_demo(log, site)
        expected = DEMO
        for number in range(kills):
            expected += ask_for_pages(log, site, pages, number)
            is_full = number % 5 == 4
            limit = (folder / "stream.db").stat().st_size + source.randrange(20_000, 600_000) if is_full else None
            processes.start(
                "all", preexec=(lambda n=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))) if limit else None
            )
            time.sleep(source.uniform(2.0, 6.0))
            ended = processes.running["all"].poll()
            processes.kill("all")
            counted["full disk" if is_full else "kill"] += 1
            how = ("full disk" if is_full else "kill -9") + (
                f", ended by itself with {ended}" if ended is not None else ""
            )
            say(f"{number + 1}/{kills}: {how}; {sum(log.ends(topics.ARTICLES).values())} articles")
        processes.start("all")
        processes.wait_until_running("all")
        try:
            wait_until_done(log, expected, processes, 300 + kills)
            receiver.wait_for(log, RECEIVE_SECONDS)
        finally:
            statuses = processes.stop()
    assert statuses == {"all": 0}, processes.logs()
    check(log, expected, folder, env["CLAIMWIRE_STORE"], receiver)
    receiver.close()
    log.close()
    return counted


def distributed(
    kills: int,
    seed: int,
    folder: Path,
    addresses: tuple[str, str],
    namespace: str,
    restarted: tuple[Server, Server] | None = None,
    say: Callable[[str], None] = print,
) -> Counter[str]:
    """Two workers of each stage and two sinks; any of them killed, the store's connections cut, broker and store restarted.

    `addresses`: of Kafka and of Elasticsearch. Servers that others use too are not to be restarted.
    """
    kafka, elasticsearch = addresses
    source, counted = random.Random(seed), Counter[str]()
    pages = {page.name: page.html for page in own_pages()}
    proxy = Proxy(elasticsearch)
    env = environment(namespace, Address(kafka), Address(proxy.address)) | {"CLAIMWIRE_STALL_TIMEOUT": "30"}
    receiver = Receiver(folder)
    processes = Processes(folder, env | {"CLAIMWIRE_RULES": str(receiver.rules)})
    log = open_log(env["CLAIMWIRE_BROKER"], namespace)
    log.ensure_topics(topics.TOPICS)
    open_store(env["CLAIMWIRE_STORE"], namespace).setup()
    with SiteThread(pages) as site:
        follow_demo(log, site)
        expected = DEMO
        for name in WORKERS:
            processes.start(name, name.split("-")[0], data_dir=str(folder / name))
        for number in range(kills):
            expected += ask_for_pages(log, site, pages, number)
            down = {6: restarted[0], 9: restarted[1]}.get(number % 25) if restarted else None
            what = fault(source, processes, proxy, down)
            processes.restart_stalled()
            counted[what.split()[0]] += 1
            say(f"{number + 1}/{kills}: {what}")
        try:
            wait_until_done(log, expected, processes, 400 + 3 * kills, is_supervised=True)
            receiver.wait_for(log, RECEIVE_SECONDS, processes.restart_stalled)
        finally:
            statuses = processes.stop()
    log.close()
    log = open_log(env["CLAIMWIRE_BROKER"], namespace)
    assert set(statuses.values()) <= {0}, processes.logs()
    check(log, expected, folder, f"elasticsearch://{elasticsearch}", receiver)
    receiver.close()
    check_clean_articles(log, folder)
    log.close()
    proxy.close()
    return counted


def fault(source: random.Random, processes: Processes, proxy: Proxy, server: Server | None) -> str:
    """One thing that goes wrong, and what a supervisor does about it."""
    if server is not None:
        server.kill()
        time.sleep(source.uniform(1.0, 3.0))
        server.start_again()
        return f"restart {server.address}"
    time.sleep(source.uniform(0.2, 2.5))
    if source.random() < 0.3:
        kind = source.choice([Fault.DELAY, Fault.DROP, Fault.RESET, Fault.HALF_OPEN])
        proxy.misbehave(kind, source.uniform(0.5, 3.0))
        return f"connection {kind.value}"
    name = source.choice(sorted(processes.running))
    processes.kill(name)
    processes.start_again(name)
    return f"kill {name}"


def check(log: Log, expected: int, folder: Path, store_url: str, receiver: Receiver) -> None:
    """Every revision closed once, the index as the fold of articles.clean has it, each alert received in one notice."""
    ledger = read_ledger(log)
    assert len(ledger) == expected, f"{len(ledger)} revisions of {expected}"
    letters = [m.headers.get("error", "")[:200] for m in log.read(topics.DEADLETTERS, 0)]
    assert not letters, letters
    assert {o.state for o in ledger.values()} <= CLOSED | {OutcomeState.MAYBE_LOST}, Counter(
        o.state for o in ledger.values()
    )
    store = open_store(store_url, log.namespace)
    check_index(log, store, folder, str(receiver.rules))
    store.close()
    check_received(log, receiver)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--embedded", action="store_true", help="only the embedded way, without servers")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print("embedded:", dict(embedded(arguments.kills, arguments.seed, Path(folder))), "nothing lost, nothing twice")
    if arguments.embedded:
        return 0
    kafka, elasticsearch = start_kafka(), start_elasticsearch()
    with tempfile.TemporaryDirectory() as folder:
        counted = distributed(
            arguments.kills,
            arguments.seed,
            Path(folder),
            (kafka.address, elasticsearch.address),
            f"torture{arguments.seed}",
            (kafka, elasticsearch),
        )
        print("distributed:", dict(counted), "nothing lost, nothing twice")
    kafka.stop()
    elasticsearch.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
