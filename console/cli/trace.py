"""`claimwire trace URL`: show the records of one article in each topic, from raw record to claims."""

import argparse
from datetime import UTC, datetime
from typing import Any

from claimwire import topics
from claimwire.config.settings import Loaded
from claimwire.errors import ContractError
from claimwire.letters import first_line
from claimwire.log import Log, open_settings_log
from claimwire.log.reading import readable
from claimwire.records.articles import RawArticle
from claimwire.records.base import decode
from claimwire.records.outcomes import Outcome
from claimwire.records.sightings import Article
from claimwire.store.drivers import open_settings_store
from claimwire.text.display import claim_line, mark_of, shown
from console.cli.forget import ident_of
from console.cli.output import print_json, print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="the article's URL, or its article_id")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    settings = loaded.settings
    ident = ident_of(arguments.url)
    log = open_settings_log(settings)
    steps = sorted([*_records(log, ident), *_dead(log, ident), *_outcomes(log, ident)], key=lambda step: step["at"])
    store = open_settings_store(settings)
    stored = store.get("articles", ident)
    if stored:
        steps.append(
            _step("store", f"version of {stored['fetched_at']}", f"{stored['outcome']}, story {stored['story_id']}")
        )
    store.close()
    log.close()
    if arguments.json:
        print_json({"article_id": ident, "steps": steps})
    elif steps:
        print(f"article {ident}")
        print_table(
            ("at", "where", "record", "what"), [(s["at"][:23], s["where"], s["record"], s["what"]) for s in steps]
        )
    else:
        print(f"article {ident}: never seen here")
    return 0 if steps else 1


def _step(where: str, record: str, what: str, timestamp_ms: int = 0) -> dict[str, Any]:
    at = datetime.fromtimestamp(timestamp_ms / 1000, UTC).isoformat(timespec="milliseconds") if timestamp_ms else ""
    return {"at": at, "where": where, "record": record, "what": what}


def _records(log: Log, ident: str) -> list[dict[str, Any]]:
    steps = []
    for topic in (topics.RAW, topics.CLEAN, topics.ARTICLES, topics.CLAIMS, topics.ALERTS):
        for partition in range(topic.partitions):
            for message in log.read(topic, partition):
                if message.headers.get("article_id") != ident or message.value is None:
                    continue
                place = f"{partition}@{message.offset}"
                steps.append(_step(topic.name, place, _described(topic, message.value), message.timestamp_ms))
    return steps


def _described(topic: topics.Topic, value: bytes) -> str:
    assert topic.record is not None
    try:
        record: Any = decode(value, topic.record)
    except ContractError as error:
        return f"unreadable: {error}"
    if isinstance(record, RawArticle):
        return f"{record.body_source} of {record.source}, fetched {record.fetched_at:%Y-%m-%d %H:%M:%S}"
    if isinstance(record, Article):
        copy = f", duplicate of {record.duplicate_of}" if record.duplicate_of else ""
        return f"revision {record.revision}, story {record.story_id}, {len(record.sightings)} claims{copy}"
    if topic is topics.CLEAN:
        return f"{len(record.text)} characters, {len(record.claims)} claims, {len(record.removed)} lines removed"
    found = shown(record)
    return f"{mark_of(found)}: {claim_line(found)}"


def _dead(log: Log, ident: str) -> list[dict[str, Any]]:
    return [
        _step(
            "deadletters",
            f"0@{m.offset}",
            f"{m.headers.get('stage')}: {first_line(m)}",
            m.timestamp_ms,
        )
        for m in log.read(topics.DEADLETTERS, 0)
        if m.headers.get("article_id") == ident or m.key == ident
    ]


def _outcomes(log: Log, ident: str) -> list[dict[str, Any]]:
    topic, steps = topics.OUTCOMES, []
    for partition in range(topic.partitions):
        mine = (m for m in log.read(topic, partition) if m.key.startswith(f"{ident}/"))
        for message, line in readable(mine, Outcome):
            what = f"{line.state.value} ({line.stage})" + (f": {line.reason}" if line.reason else "")
            steps.append(_step("ledger", line.revision_id[:12], what, message.timestamp_ms))
    return steps
