"""`make bench`: JSON lines {name, value, unit, baseline, ratio}; each ratio is against a baseline of the same run.

Nothing here is asserted: a figure of a busy machine is no test. Parts that need servers are left out, said on stderr, where
there are none.
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import trafilatura

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.ids import article_id, digest
from claimwire.log import Log, Message, open_log
from claimwire.log.sqlite import SqliteLog
from claimwire.records.articles import RawArticle
from claimwire.records.base import encode
from claimwire.runtime.process_pool import Pool
from claimwire.store.drivers import open_store
from claimwire.text.bodies import pack_body
from deploy.teststack.servers import Missing, start_elasticsearch, start_kafka
from processors.analysis import analyse
from processors.clean import body_text
from processors.flow import stages
from processors.rules import load_rules
from processors.runners.embedded import StageRunner, drain
from sinks.search.sink import SearchSink
from tests.bench.feeds import feeds
from tests.bench.limits import limits
from tests.bench.load import load
from tests.bench.page import main as page_bench
from tests.bench.polling import polling
from tests.bench.report import cpu_rate, rate, report
from tests.bench.stages import claims_and_matching, growing_story, window
from tests.corpus import Page, own_pages
from tests.e2e.harness import Processes

MESSAGES, MESSAGE_BYTES = 20_000, 4_200


def raw_messages(pages: tuple[Page, ...], rounds: int) -> list[Message]:
    """Return pages as raw articles, each round under URLs of its own."""
    now = datetime.now(UTC)
    messages = []
    for turn in range(rounds):
        for page in pages:
            raw = RawArticle(
                article_id=article_id(f"{page.url}?round={turn}", page.name), revision_id=digest(page.name, str(turn)),
                url=page.url, source=page.layout, lane="live", fetched_at=now, first_seen_at=now,
                body=pack_body(page.html),
            )  # fmt: skip
            messages.append(Message(topics.RAW.name, raw.article_id, encode(raw)))
    return messages


def embedded(messages: list[Message], folder: Path) -> float:
    """Articles a second from articles.raw to the embedded store, with a pool of two."""
    settings = Settings(broker=f"sqlite:///{folder / 's.db'}", data_dir=str(folder))
    log = SqliteLog.open(settings.broker, "bench")
    log.ensure_topics(topics.TOPICS)
    log.publish(messages)
    pool = Pool(analyse, settings.workers, 30.0)
    pool.map(messages[:4])
    flow = stages(settings, load_rules("seeds/rules.toml"))
    runners = [StageRunner(s, log, settings, pool if s.is_cpu_bound else None) for s in flow]
    sink = SearchSink(log, open_store(f"sqlite:///{folder / 'f.db'}", "bench"), 200)

    def work() -> None:
        drain(runners)
        while sink.step(0.0):
            pass

    value = rate(len(messages), work)
    pool.close()
    return value


def distributed(messages: list[Message], folder: Path, kafka: str, elasticsearch: str) -> float:
    """Articles a second from articles.raw to Elasticsearch, one worker for each stage."""
    namespace = f"bench{int(time.time())}"
    env = {
        "CLAIMWIRE_NAMESPACE": namespace, "CLAIMWIRE_BROKER": f"kafka://{kafka}",
        "CLAIMWIRE_STORE": f"elasticsearch://{elasticsearch}", "CLAIMWIRE_DATA_DIR": str(folder),
    }  # fmt: skip
    log = open_log(env["CLAIMWIRE_BROKER"], namespace)
    log.ensure_topics(topics.TOPICS)
    open_store(env["CLAIMWIRE_STORE"], namespace).setup()
    processes = Processes(folder, env)
    for name in ("analyse", "match", "alert", "search"):
        processes.start(name, name)
    warm, rest = messages[:8], messages[8:]
    log.publish(warm)
    _wait(log, len(warm))
    log.publish(rest)
    value = rate(len(rest), lambda: _wait(log, len(messages)))
    processes.stop()
    return value


def _wait(log: Log, count: int) -> None:
    while sum(log.ends(topics.OUTCOMES).values()) < count:
        time.sleep(0.2)


def log_rate(broker: str) -> float:
    """Messages a CPU-second: publish, poll and commit on one log."""
    log = open_log(broker, f"bench{int(time.time())}")
    log.ensure_topics((topics.RAW,))
    body = os.urandom(MESSAGE_BYTES // 2).hex().encode()
    batches = [[Message(topics.RAW.name, f"k{n}", body) for n in range(s, s + 500)] for s in range(0, MESSAGES, 500)]

    def work() -> None:
        for batch in batches:
            log.publish(batch)
        consumer, taken = log.consumer("bench", (topics.RAW,)), 0
        while taken < MESSAGES:
            found = consumer.poll(500, 1.0)
            taken += len(found)
            consumer.commit({(m.topic, m.partition): m.offset + 1 for m in found})
        consumer.close()

    value = cpu_rate(MESSAGES, work)
    log.close()
    return value


def first_claim() -> float:
    """Seconds from the start of `claimwire demo` to the first claim on the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = [sys.executable, "-m", "console.cli.main", "demo", "--once"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            process.stdout.readline()
            seconds = time.perf_counter() - started
            process.stdout.read()
    return seconds


def extract_with_metadata(html: str, url: str) -> str | None:
    """trafilatura as a user would call it for the same purpose."""
    text: str | None = trafilatura.extract(html, url=url, with_metadata=True, include_comments=False)
    return text


def slowest_pages(texts: list[tuple[str, str]]) -> None:
    """The 99th percentile and the worst of `body_text`, and the memory of a process for all."""
    seconds = sorted(1 / rate(1, partial(body_text, t, u)) for t, u in texts)
    report("body_text_p99", seconds[int(0.99 * len(seconds))] * 1000, "ms", "goal", 500.0)
    report("body_text_worst", seconds[-1] * 1000, "ms", "goal", 5000.0)
    taken = float(subprocess.check_output([sys.executable, "-m", "tests.bench.memory"], text=True))
    report("body_text_memory", taken, "MiB", "goal", 150.0)


def main() -> int:
    """All figures; `--window` only those of the matcher's window (minutes)."""
    if "--window" in sys.argv:
        window()
        return 0
    claims_and_matching()
    growing_story()
    feeds()
    limits()
    load()
    polling()
    pages = own_pages()
    texts = [(page.html.decode(page.encoding), page.url) for page in pages]
    [trafilatura.extract(t, url=u, fast=True) for t, u in texts[:5]]
    bare = rate(len(texts), lambda: [trafilatura.extract(t, url=u, fast=True) for t, u in texts])
    with_metadata = rate(len(texts), lambda: [extract_with_metadata(t, u) for t, u in texts])
    report("body_text", rate(len(texts), lambda: [body_text(t, u) for t, u in texts]), "pages/s",
           "trafilatura.extract with metadata, one process", with_metadata)  # fmt: skip
    slowest_pages(texts)
    messages = raw_messages(pages, 3)
    with tempfile.TemporaryDirectory() as folder:
        local = embedded(messages, Path(folder))
        report("embedded", local, "articles/s", "trafilatura.extract fast, one process", bare)
        sqlite = log_rate(f"sqlite:///{folder}/l.db")
    report("start_to_first_claim", first_claim(), "s", "goal", 10.0)
    try:
        kafka, elasticsearch = start_kafka(), start_elasticsearch()
    except Missing as missing:
        print(f"left out: distributed, log: {missing}", file=sys.stderr)
        return 0
    report("log_sqlite", sqlite, "messages/CPU-s", "kafka-python", log_rate(f"kafka://{kafka.address}"))
    with tempfile.TemporaryDirectory() as folder:
        value = distributed(messages, Path(folder), kafka.address, elasticsearch.address)
    report("distributed", value, "articles/s", "embedded", local)
    kafka.stop()
    elasticsearch.stop()
    return page_bench()


if __name__ == "__main__":
    sys.exit(main())
