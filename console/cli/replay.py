"""`claimwire replay`: import web archives as back-fill, or replay part of the log into a namespace of its own."""

import argparse
import dataclasses
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from claimwire import topics
from claimwire.config.settings import Loaded, Settings, load
from claimwire.errors import ConfigError, ContractError, ParseError
from claimwire.log import Log, Message, open_settings_log
from claimwire.log.reading import decoded
from claimwire.log.sqlite import SqliteLog
from claimwire.messages import message_of
from claimwire.records.articles import CleanArticle, RawArticle
from claimwire.store.drivers import open_settings_store
from console.cli.output import counted as counting
from console.cli.output import print_json, print_table, progress
from console.resources import resolved
from processors.flow import stages
from processors.rules import load_rules
from processors.runners.children import stage_pool
from processors.runners.embedded import StageRunner, drain
from producers.archives.warc import archived_articles
from producers.articles import opened
from sinks.search.sink import SearchSink

BATCH = 200
SOURCES = {"analyse": topics.RAW, "match": topics.CLEAN}
RUN = {"analyse": ("analyse", "match", "alert"), "match": ("match", "alert")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help="a web archive: .warc, .warc.gz or .arc.gz")
    parser.add_argument("--source", help="source of all pages (default: each page's host)")
    parser.add_argument(
        "--from", dest="since", metavar="T", help="replay the log from this time (ISO 8601) into --namespace N"
    )
    parser.add_argument("--to", dest="until", metavar="T", help="end of the replay (default: now)")
    parser.add_argument("--stage", choices=tuple(SOURCES), default="analyse", help="first stage to run again")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    if bool(arguments.files) == bool(arguments.since):
        raise ConfigError("replay: give archive files, or a time with --from")
    return _replay_log(arguments, loaded.settings) if arguments.since else _replay_files(arguments, loaded.settings)


def _replay_files(arguments: argparse.Namespace, settings: Settings) -> int:
    paths = [Path(name) for name in arguments.files]
    for path in paths:
        if not path.is_file():
            raise ConfigError(f"{path}:0: file: no such file")
    log = open_settings_log(settings)
    log.ensure_topics(topics.TOPICS)
    counted: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    broken = []
    for path in paths:
        try:
            _publish(log, path, arguments.source, counted, passed)
        except (ParseError, OSError) as error:
            broken.append(str(error))
            progress(f"{error}; earlier records were imported")
    log.close()
    if arguments.json:
        print_json({"articles": counted["articles"], "passed_over": dict(sorted(passed.items())), "broken": broken})
    else:
        rows = [("articles", counted["articles"]), *((f"skipped: {why}", n) for why, n in sorted(passed.items()))]
        print_table(("replay", ""), rows)
    return 1 if broken else 0


def _publish(log: Log, path: Path, source: str | None, counted: Counter[str], passed: Counter[str]) -> None:
    """Publish the pages of a file. Raises ParseError or OSError after publishing the readable ones."""
    batch: list[Message] = []
    with counting("articles") as advance:
        try:
            for article in archived_articles(path, source, passed):
                batch += [opened(article, "replay"), message_of(article)]
                counted["articles"] += 1
                advance(counted["articles"])
                if len(batch) >= 2 * BATCH:
                    log.publish(batch)
                    batch = []
        finally:
            log.publish(batch)


def _replay_log(arguments: argparse.Namespace, target: Settings) -> int:
    flags = {name: getattr(arguments, name, None) for name in ("broker", "store", "data_dir")}
    source = load(arguments.config, None, flags).settings
    if source.namespace == target.namespace:
        raise ConfigError(f"replay: --namespace: {target.namespace} is the namespace being replayed; choose another")
    since, until = (
        _time(arguments.since, "--from"),
        _time(arguments.until, "--to") if arguments.until else datetime.now(UTC),
    )
    here, there = open_settings_log(source), open_settings_log(target)
    there.ensure_topics(topics.TOPICS)
    if any(there.ends(topics.OUTCOMES).values()):
        raise ConfigError(f"replay: --namespace: {target.namespace} already has records; choose a new one")
    # Versions of the hosts' rules are inputs of the analysis.
    there.publish([_copied(m) for m in here.snapshot(topics.HOSTRULES).values()])
    # Partitions of raw articles are analysed in turn, so only one at a time keeps the original order.
    size = 1 if isinstance(there, SqliteLog) and arguments.stage == "analyse" else BATCH
    batches = _batches(here, SOURCES[arguments.stage], since, until, size)
    if isinstance(there, SqliteLog):
        count = _run_stages(there, target, RUN[arguments.stage], batches)
    else:
        count = sum(_published(there, batch) for batch in batches)
        progress(f"now: claimwire run {' '.join(RUN[arguments.stage])} search --namespace {target.namespace}")
    here.close()
    there.close()
    print_json({"records": count}) if arguments.json else print(f"{count} records replayed into {target.namespace}")
    return 0


def _time(text: str, option: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"replay: {option}: not a time: {text!r}; write 2026-11-20T08:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _copied(message: Message) -> Message:
    return dataclasses.replace(message, offset=-1)


def _batches(log: Log, topic: topics.Topic, since: datetime, until: datetime, size: int) -> Iterator[list[Message]]:
    """Yield the records of a time span in order of time over all partitions."""
    low, high = int(since.timestamp() * 1000), int(until.timestamp() * 1000)
    every = heapq.merge(*(log.read(topic, p) for p in range(topic.partitions)), key=lambda m: m.timestamp_ms)
    found = (m for m in every if low <= m.timestamp_ms <= high)
    while batch := list(islice(found, size)):
        yield batch


def _published(log: Log, batch: list[Message]) -> int:
    """Copy records, each with the ledger line that opens its revision."""
    log.publish([line for m in batch for line in (*_opening(m), _copied(m))])
    return len(batch)


def _opening(message: Message) -> list[Message]:
    kind: type[RawArticle] | type[CleanArticle] = RawArticle if message.topic == topics.RAW.name else CleanArticle
    try:
        article: RawArticle | CleanArticle = decoded(message, kind)
    except ContractError:
        # It becomes a dead letter again, with its own ledger line.
        return []
    return [opened(article, "replay")]


def _run_stages(log: SqliteLog, settings: Settings, names: tuple[str, ...], batches: Iterable[list[Message]]) -> int:
    """Run the stages and the search sink on the embedded log, batch by batch; return the number of records."""
    every = stages(settings, load_rules(resolved(settings.rules)))
    runners = [StageRunner(s, log, settings, stage_pool(s, settings)) for s in every if s.name in names]
    sink = SearchSink(log, open_settings_store(settings), settings.batch_size * 4)
    count = 0
    with counting("records") as advance:
        for batch in batches:
            count += _published(log, batch)
            drain(runners)
            advance(count)
            if count % BATCH == 0:
                sink.step(0.0)
    while sink.step(0.0):
        pass
    sink.close()
    for runner in runners:
        runner.close()
    return count
