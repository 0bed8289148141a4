"""`python -m tests.bench.throughput`: raw pages to indexed claims, the whole way, beside what a user would write in an afternoon.

Everything shares the machine: stages, broker, store. `--write` puts the table into docs/performance.md.
"""

import argparse
import json
import os
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import trafilatura
from kafka import KafkaAdminClient, KafkaProducer

from claimwire import topics
from claimwire.ids import article_id, digest
from claimwire.ledger import counts, read_ledger
from claimwire.log import Log, Message, open_log
from claimwire.records.alerts import Alert
from claimwire.records.articles import RawArticle
from claimwire.records.base import decode, encode
from claimwire.store.drivers import open_store
from claimwire.text.bodies import pack_body
from deploy.teststack.servers import start_elasticsearch, start_kafka
from processors.analysis import analyse
from tests.bench.report import cpu_rate, report
from tests.corpus import Page, own_pages
from tests.e2e.harness import Processes

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- until here -->"
WARM, STEADY = 50, 10.0
PARTS = ("analyse", "match", "alert", "learn", "search", "notify")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
TEXT = re.compile(rb">([^<>]{40,})<")
WORD = re.compile(rb"\b([a-z]{5,}|\d+)\b")


def changed(html: bytes, turn: int) -> bytes:
    """The page as another report: a sixth of the longer words of its texts are exchanged for others of it, numbers move."""
    if not turn:
        return html
    words = sorted({w for text in TEXT.findall(html) for w in WORD.findall(text) if not w.isdigit()})
    source = random.Random(turn)

    def word(found: re.Match[bytes]) -> bytes:
        text = found.group()
        if text.isdigit():
            return str(int(text) + turn).encode() if len(text) < 3 else text
        return source.choice(words) if source.random() < 0.16 else text

    return TEXT.sub(lambda found: b">" + WORD.sub(word, found.group(1)) + b"<", html)


def raw_articles(pages: Iterable[Page], rounds: int) -> Iterator[RawArticle]:
    """Each page once in each round, with a text and an address of that round."""
    known = list(pages)
    for turn in range(rounds):
        for page in known:
            now = datetime.now(UTC)
            address = f"{page.url}?round={turn}"
            yield RawArticle(
                article_id=article_id(address, page.name), revision_id=digest(page.name, str(turn)), url=address,
                source=page.layout, lane="live", fetched_at=now, first_seen_at=now,
                body=pack_body(changed(page.html, turn)),
            )  # fmt: skip


def message_of(raw: RawArticle) -> Message:
    return Message(
        topics.RAW.name, raw.article_id, encode(raw), {"article_id": raw.article_id, "revision_id": raw.revision_id}
    )


def processes_of(leader: int) -> list[list[str]]:
    """Fields of /proc/PID/stat of a process and all that it started."""
    found: dict[int, list[str]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
    mine = {leader}
    for pid in sorted(found):
        # Children have higher numbers than their parents, until numbers begin anew.
        if int(found[pid][1]) in mine:
            mine.add(pid)
    return [found[pid] for pid in mine if pid in found]


def cpu_seconds(leader: int) -> float:
    """CPU time of a process and all that it started, of those too that have ended."""
    return sum(int(fields[n]) for fields in processes_of(leader) for n in (11, 12, 13, 14)) / TICKS


def resident_mib(leader: int) -> float:
    """Memory of the largest process."""
    return max((int(fields[21]) for fields in processes_of(leader)), default=0) * PAGE_KIB / 1024


@dataclass
class Measured:
    """Articles, seconds, and CPU seconds of each part; `memory`: MiB of the largest process of each."""

    articles: int
    seconds: float
    cpu: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.articles / self.seconds

    def of_ours(self, *servers: str) -> float:
        """Articles a CPU-second of what is not a server."""
        return self.articles / sum(s for name, s in self.cpu.items() if name not in servers)


def closed(log: Log) -> int:
    return sum(log.ends(topics.OUTCOMES).values())


def wait_for(log: Log, count: int, step: float = 0.1) -> None:
    """Until so many revisions are closed."""
    deadline = time.monotonic() + 600
    while closed(log) < count:
        assert time.monotonic() < deadline, f"{closed(log)} of {count} closed"
        time.sleep(step)


def whole_way(
    broker: str,
    store: str,
    parts: tuple[str, ...],
    servers: dict[str, int],
    warm: list[Message],
    messages: list[Message],
) -> Measured:
    """Raw articles to indexed claims; every named part a process of its own that has seen each language in `warm`."""
    namespace = f"bench{int(time.time())}"
    with tempfile.TemporaryDirectory() as folder:
        env = {"CLAIMWIRE_NAMESPACE": namespace, "CLAIMWIRE_BROKER": broker.replace("FOLDER", folder),
               "CLAIMWIRE_STORE": store.replace("FOLDER", folder), "CLAIMWIRE_DATA_DIR": folder}  # fmt: skip
        log = open_log(env["CLAIMWIRE_BROKER"], namespace)
        log.ensure_topics(topics.TOPICS)
        opened = open_store(env["CLAIMWIRE_STORE"], namespace)
        opened.setup()
        processes = Processes(Path(folder), env)
        for part in parts:
            processes.start(part, *(PARTS if part == "all" else (part,)))
        log.publish(warm)
        wait_for(log, len(warm))
        sessions = {name: p.pid for name, p in processes.running.items()} | servers
        before = {name: cpu_seconds(pid) for name, pid in sessions.items()}
        started = time.perf_counter()
        log.publish(messages)
        wait_for(log, len(warm) + len(messages))
        found = Measured(len(messages), time.perf_counter() - started)
        found.cpu = {name: cpu_seconds(pid) - before[name] for name, pid in sessions.items()}
        found.memory = {name: resident_mib(pid) for name, pid in sessions.items() if name not in servers}
        states = counts(read_ledger(log).values())
        processes.stop()
        assert not states["dead_lettered"], processes.logs()
        print(f"{broker}: {dict(states)}", file=sys.stderr)
        opened.close()
        log.close()
    return found


def afternoon(kafka: str, store: str, raws: list[RawArticle], pages: tuple[Page, ...]) -> Measured:
    """The same pages through the script of an afternoon."""
    topic = f"afternoon{int(time.time())}"
    KafkaAdminClient(bootstrap_servers=kafka).create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
    producer = KafkaProducer(bootstrap_servers=kafka, max_request_size=8_000_000)
    bodies = [page.html for page in pages]
    for number, raw in enumerate(raws):
        html = changed(bodies[number % len(bodies)], number // len(bodies)).decode("utf-8", "replace")
        producer.send(topic, json.dumps({"url": raw.url, "html": html}).encode())
    producer.flush()
    command = [sys.executable, "-m", "tests.bench.afternoon", kafka, topic, store, topic, str(len(raws))]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = Measured(len(raws), time.perf_counter() - started)
        found.cpu, found.memory = {"script": cpu_seconds(process.pid)}, {"script": resident_mib(process.pid)}
    return found


def bare(pages: tuple[Page, ...], raws: list[RawArticle]) -> tuple[float, float]:
    """Pages a CPU-second: trafilatura as it comes; clean text and claims."""
    texts = [(page.html.decode(page.encoding), page.url) for page in pages]
    messages = [message_of(raw) for raw in raws[: len(pages)]]
    [trafilatura.extract(t, url=u) for t, u in texts[:5]]
    [analyse(m) for m in messages[:20]]
    return (
        cpu_rate(len(texts), lambda: [trafilatura.extract(t, url=u) for t, u in texts]),
        cpu_rate(len(messages), lambda: [analyse(m) for m in messages]),
    )


def steady(broker: str, store: str, pages: tuple[Page, ...], a_second: float, seconds: float) -> dict[str, float]:
    """Delays from fetch to the delivered alert (s) at a steady rate, and how much the parts' memory grew (ratio)."""
    namespace = f"steady{int(time.time())}"
    with tempfile.TemporaryDirectory() as folder:
        env = {"CLAIMWIRE_NAMESPACE": namespace, "CLAIMWIRE_BROKER": broker, "CLAIMWIRE_STORE": store,
               "CLAIMWIRE_DATA_DIR": folder}  # fmt: skip
        log = open_log(broker, namespace)
        log.ensure_topics(topics.TOPICS)
        opened = open_store(store, namespace)
        opened.setup()
        processes = Processes(Path(folder), env)
        for part in PARTS:
            processes.start(part, part)
        fresh = raw_articles(pages, 1 + int(seconds * a_second))
        log.publish([message_of(next(fresh)) for _ in range(WARM)])
        wait_for(log, WARM)
        count, started, halfway = 0, time.monotonic(), {}
        while (passed := time.monotonic() - started) < seconds:
            if count < passed * a_second:
                log.publish([message_of(next(fresh))])
                count += 1
            else:
                time.sleep(0.005)
            if not halfway and passed > seconds / 2:
                halfway = {name: resident_mib(p.pid) for name, p in processes.running.items()}
        wait_for(log, WARM + count)
        time.sleep(2)
        grown = max(resident_mib(p.pid) / halfway[name] for name, p in processes.running.items())
        largest = max(resident_mib(p.pid) for p in processes.running.values())
        processes.stop()
        delays = delivered(log, Path(folder), namespace, started_at=time.time() - (time.monotonic() - started))
        opened.close()
        log.close()
    cuts = statistics.quantiles(delays, n=20)
    return {"p50": cuts[9], "p95": cuts[18], "alerts": len(delays), "grown": grown, "largest": largest}


def delivered(log: Log, folder: Path, namespace: str, started_at: float) -> list[float]:
    """Seconds from fetch to delivery of each alert of what was fetched since."""
    fetched = {}
    for partition in range(topics.ALERTS.partitions):
        for message in log.read(topics.ALERTS, partition):
            alert = decode(message.value, Alert)
            fetched[alert.alert_id] = alert.fetched_at.timestamp()
    with closing(sqlite3.connect(folder / "notify.db")) as db:
        rows = db.execute("SELECT alert_id, at FROM sent WHERE namespace = ?", (namespace,)).fetchall()
    pairs = [(fetched[ident], datetime.fromisoformat(at).timestamp()) for ident, at in rows]
    return [sent - since for since, sent in pairs if since >= started_at]


def line(name: str, found: Measured) -> str:
    shares = ", ".join(f"{part} {1000 * seconds / found.articles:.1f}" for part, seconds in found.cpu.items())
    memory = ", ".join(f"{part} {size:.0f}" for part, size in found.memory.items())
    return f"| {name} | {found.rate:.1f} | {found.of_ours('broker', 'store'):.1f} | {shares} | {memory} |"


def measure(rounds: int, seconds: float) -> list[str]:
    """The lines of the document; each figure is reported too."""
    pages = own_pages()
    raws = list(raw_articles(pages, rounds))
    every = [message_of(raw) for raw in raws]
    warm, messages = every[: len(pages)], every[len(pages) :]
    plain, ours = bare(pages, raws)
    report("clean_and_claims", ours, "pages/CPU-s", "trafilatura.extract", plain)
    local = whole_way("sqlite:///FOLDER/stream.db", "sqlite:///FOLDER/search.db", ("all",), {}, warm, messages)
    report("embedded", local.rate, "articles/s", "goal", 30.0)
    kafka, elasticsearch = start_kafka(), start_elasticsearch()
    broker, store = f"kafka://{kafka.address}", f"elasticsearch://{elasticsearch.address}"
    servers = {"broker": kafka.process.pid, "store": elasticsearch.process.pid}
    # The script goes first: what comes after it finds both servers warm.
    script = afternoon(kafka.address, elasticsearch.address, raws, pages)
    wide = whole_way(broker, store, PARTS, servers, warm, messages)
    report("distributed", wide.rate, "articles/s", "goal", 25.0)
    report("distributed_cpu", wide.of_ours("broker", "store"), "articles/CPU-s", "afternoon", script.of_ours())
    delay = steady(broker, store, pages, STEADY, seconds)
    report("fetch_to_alert_p50", delay["p50"], "s", "goal", 1.0)
    report("fetch_to_alert_p95", delay["p95"], "s", "goal", 3.0)
    report("memory_growth", delay["grown"], "ratio", "goal", 1.05)
    kafka.stop()
    elasticsearch.stop()
    return [
        "| way | articles/s | articles a CPU-second of ours | CPU-ms an article | MiB of the largest process |",
        "|---|---|---|---|---|",
        *(
            line(name, found)
            for name, found in (("embedded", local), ("distributed", wide), ("afternoon's script", script))
        ),
        "",
        f"Clean text and claims: {ours:.1f} pages a CPU-second on one core; bare `trafilatura.extract`: {plain:.1f}.",
        f"At {STEADY:g} articles/s for {seconds:.0f} s: fetch to delivered alert p50 {delay['p50']:.2f} s, p95 {delay['p95']:.2f} s"
        f" ({delay['alerts']:.0f} alerts); the largest process has {delay['largest']:.0f} MiB, and in the second half none grew"
        f" by more than {100 * (delay['grown'] - 1):.1f}%.",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="how often each page is sent; the first does not count")
    parser.add_argument("--seconds", type=float, default=120, help="of the steady rate")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    arguments = parser.parse_args()
    lines = measure(arguments.rounds, arguments.seconds)
    print("\n".join(lines))
    if arguments.write:
        head, _, tail = DOCUMENT.read_text("utf-8").partition(BEGIN)
        DOCUMENT.write_text(head + BEGIN + "\n" + "\n".join(lines) + "\n" + END + tail.partition(END)[2], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
