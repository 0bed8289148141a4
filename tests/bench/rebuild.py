"""A lost state of `match`, rebuilt on real Kafka by the real runner: `python -m tests.bench.rebuild [DECISIONS] [--long]`.

Decisions on a few hundred articles are made by the matcher itself, and published in as many lanes as it takes: a lane has
a window of its own. `--long` takes the labelled news articles (12.7 claims and 25 KB each) instead of short reports.
"""

import argparse
import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError
from kafka.structs import OffsetAndMetadata, TopicPartition

from claimwire import topics
from claimwire.ids import partition_of
from claimwire.log import Log, Message, open_log
from claimwire.records.articles import CleanArticle
from claimwire.records.base import encode
from deploy.teststack.servers import start_kafka
from processors.analysis import analyse
from processors.match.matcher import Matcher
from processors.matching import match
from tests.bench.report import report
from tests.e2e.harness import Processes
from tests.records import raw_article, raw_message

KEY = topics.lane_key("live", "en")
PARTITION = partition_of(KEY, topics.CLEAN.partitions)
STALL_SECONDS = 5
TOWNS = ("Valdivia", "Temuco", "Osorno", "Concepcion", "Talca", "Iquique", "Arica", "Chillan", "Rancagua", "Curico")
PUBLISHED_AT_ONCE = 2_000


def short_articles(count: int) -> Iterator[Message]:
    """Reports of a few sentences, each in one of ten stories."""
    for n in range(count):
        town = TOWNS[n % len(TOWNS)]
        text = (
            f"Flood in {town}\nThe river flooded {n % 90 + 2} streets of {town} on Friday, the interior ministry said.\n"
            f"The mayor said that {n % 40 + 3} people were injured.\n"
        )
        yield analyse(raw_message(raw_article(f"{town}{n}", text)))[0]


def long_articles() -> Iterator[Message]:
    """The labelled news articles, with their claims."""
    from claimwire.records.articles import Block
    from claimwire.records.vocabulary import BlockType
    from tests.bench.stages import clean_article
    from tests.quality.labelled import EVAL, rows

    for number, row in enumerate(rows(EVAL / "stories" / "dev_articles.jsonl")):
        text = f"{row['title']}\n\n{row['text']}"
        blocks = (Block(type=BlockType.PARAGRAPH, start=len(row["title"]) + 2, end=len(text)),)
        article: CleanArticle = clean_article(number, row["title"], text, blocks, with_claims=True)
        yield Message(topics.CLEAN.name, KEY, encode(article))


def decisions(articles: list[Message], count: int) -> Iterator[Message]:
    """`count` decisions on consecutive offsets of one partition."""
    matcher = Matcher(sqlite3.connect(":memory:", isolation_level=None))
    made = [match(replace(a, partition=PARTITION, offset=n), matcher)[0] for n, a in enumerate(articles)]
    for offset in range(count):
        lane, one = divmod(offset, len(made))
        value = (made[one].value or b"").replace(b'"lane":"live"', b'"lane":"%d"' % lane if lane else b'"lane":"live"')
        yield replace(made[one], value=value, headers={**made[one].headers, "clean_offset": str(offset)})


def publish(log: Log, articles: list[Message], count: int) -> None:
    """A topic of clean articles of which `count` are committed and one is not, and the decisions on those."""
    for start in range(0, count, 10 * PUBLISHED_AT_ONCE):
        size = min(10 * PUBLISHED_AT_ONCE, count - start)
        log.publish([Message(topics.CLEAN.name, KEY, b"{}", partition=PARTITION)] * size)
    log.publish([replace(articles[0], partition=PARTITION)])
    found = decisions(articles, count)
    while batch := list(islice(found, PUBLISHED_AT_ONCE)):
        log.publish(batch)


def commit(host_port: str, namespace: str, offset: int) -> None:
    """Commit an offset for the group of `match`, which has no member yet; a new broker makes its coordinator only now."""
    admin = KafkaAdminClient(bootstrap_servers=host_port)
    place = TopicPartition(topics.CLEAN.full_name(namespace), PARTITION)
    deadline = time.monotonic() + 30
    while True:
        try:
            admin.alter_group_offsets(f"{namespace}.match", {place: OffsetAndMetadata(offset, "", -1)})
        except CoordinatorNotAvailableError:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        else:
            break
    admin.close()


@dataclass(frozen=True)
class Rebuilt:
    """Seconds of a rebuild by the clock, CPU-seconds of its process from the start on, and the most memory (MiB)."""

    seconds: float
    cpu_seconds: float
    memory: float


def rebuild(host_port: str, namespace: str, folder: Path, articles: list[Message], count: int) -> Rebuilt:
    """Run `match` without a state until it has decided on the first new article."""
    env = {
        "CLAIMWIRE_NAMESPACE": namespace, "CLAIMWIRE_BROKER": f"kafka://{host_port}", "CLAIMWIRE_DATA_DIR": str(folder),
        "CLAIMWIRE_STALL_TIMEOUT": str(STALL_SECONDS), "CLAIMWIRE_SESSION_TIMEOUT": "6",
    }  # fmt: skip
    log = open_log(env["CLAIMWIRE_BROKER"], namespace)
    log.ensure_topics(topics.TOPICS)
    publish(log, articles, count)
    commit(host_port, namespace, count)
    processes = Processes(folder, env)
    processes.start("match", "match")
    pid = processes.running["match"].pid
    try:
        wait(processes, lambda: sum(log.ends(topics.ARTICLES).values()) > count)
        status = Path(f"/proc/{pid}/status").read_text()
        ticks = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    finally:
        processes.stop()
        log.close()
    lines = (folder / "match.log").read_text()
    found = re.search(r"state rebuilt, (\d+) recorded decisions folded in ([\d.]+) s", lines)
    assert found, lines[-2000:]
    assert int(found[1]) == count
    cpu = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return Rebuilt(float(found[2]), cpu, int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024)


def wait(processes: Processes, is_done: Callable[[], bool]) -> None:
    """Until it is done; the process must not end, as the watchdog would have it."""
    while not is_done():
        assert processes.running["match"].poll() is None, processes.logs()
        time.sleep(0.2)


def main() -> None:
    """Report decisions a second, and the most memory of the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decisions", type=int, nargs="?", default=100_000)
    parser.add_argument("--long", action="store_true")
    options = parser.parse_args()
    articles = list(long_articles() if options.long else short_articles(1_000))
    named = os.environ.get("CLAIMWIRE_TEST_KAFKA")
    server = None if named else start_kafka()
    with tempfile.TemporaryDirectory() as folder:
        address = named or (server.address if server else "")
        namespace = f"rebuild{os.getpid()}"
        found = rebuild(address, namespace, Path(folder), articles, options.decisions)
    name = f"rebuild_{options.decisions}{'_long' if options.long else ''}"
    report(name, options.decisions / found.seconds, "decisions/s", "goal", 1_500)
    report(f"{name}_cpu", options.decisions / found.cpu_seconds, "decisions/CPU-s", "goal", 1_500)
    report(f"{name}_memory", found.memory, "MiB", "goal", 300)
    if server:
        server.stop()


if __name__ == "__main__":
    main()
