"""`claimwire forget URL`: erase an article everywhere, permanently, and report what was removed."""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from claimwire import topics
from claimwire.config.settings import Loaded, Settings
from claimwire.errors import ConfigError
from claimwire.ids import article_id
from claimwire.ledger import forgotten, outcome_message, read_ledger
from claimwire.log import Log, Message, open_settings_log
from claimwire.log.retention import blank
from claimwire.log.sqlite import SqliteLog
from claimwire.messages import erased_article
from claimwire.records.vocabulary import OutcomeState
from claimwire.store import SearchStore
from claimwire.store.drivers import open_settings_store
from console.cli.output import print_json, print_table, progress
from console.process import Process
from sinks.archive import finished, records_of
from sinks.search.documents import SEARCHED_TOPICS

STEPS = (
    ("analyse", (topics.RAW,)),
    ("match", (topics.CLEAN,)),
    ("alert", (topics.ARTICLES,)),
    ("search", SEARCHED_TOPICS),
)
KEPT = (topics.RAW, topics.CLEAN)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="the article's URL, or its article_id")
    parser.add_argument("--dry-run", action="store_true", help="report what would be removed, and remove nothing")
    parser.add_argument(
        "--wait", type=float, default=60.0, metavar="S", help="seconds to wait for the stages and the sink"
    )


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    settings = loaded.settings
    ident = ident_of(arguments.url)
    log, store = open_settings_log(settings), open_settings_store(settings)
    log.ensure_topics(topics.TOPICS)
    revisions = sorted(r for _, r in read_ledger(log, ident))
    removed = _stored(store, ident) | {"revisions in the ledger": len(revisions)}
    if settings.archive_dir:
        files = finished(Path(settings.archive_dir))
        removed["records in the archive"] = sum(len(records_of(path, [ident])) for path in files)
    is_done = True
    if any(removed.values()) and not arguments.dry_run:
        _publish(log, ident)
        is_done = _passed_on(log, settings, arguments.wait)
        removed |= _rest(log, ident, revisions) if is_done else {}
    store.close()
    log.close()
    left = _left(settings, is_done=is_done)
    if arguments.json:
        print_json({"article_id": ident, "done": is_done, "removed": removed, "left": left})
    elif not any(removed.values()):
        print(f"article {ident}: never seen here")
    else:
        print_table((f"article {ident}", "to be removed" if arguments.dry_run else "removed"), sorted(removed.items()))
        print("" if arguments.dry_run else "\n".join(left))
    return 0 if is_done and any(removed.values()) else 1


def ident_of(text: str) -> str:
    """Return the article_id of a URL, or the text itself if it is one."""
    return text if len(text) == 32 and "/" not in text else article_id(text, "")


def _stored(store: SearchStore, ident: str) -> dict[str, int]:
    """Count the documents of the article, by kind."""
    store.refresh()
    kinds = {kind: store.search(kind, "", {"article_id": ident}, limit=0).total for kind in ("claims", "alerts")}
    return {"articles": int(store.get("articles", ident) is not None)} | kinds


def _publish(log: Log, ident: str) -> None:
    """Publish the erasure requests, which follow the article through the topics, and delete its page's row."""
    gone = [erased_article(topics.RAW, ident)]
    gone += [Message(m.topic, m.key, None, partition=m.partition) for m in _pages(log, ident)]
    log.publish(gone)


def _pages(log: Log, ident: str) -> Iterator[Message]:
    yield from (m for key, m in log.snapshot(topics.PAGES).items() if key == ident)


def _passed_on(log: Log, settings: Settings, seconds: float) -> bool:
    """Wait until all stages and the sink have read the existing records; run them here if no process does."""
    process = Process(settings)
    try:
        if isinstance(log, SqliteLog):
            process.start([*(name for name, _ in STEPS), "archive"])
    except ConfigError as error:
        progress(f"{error}; waiting for it")
    deadline = time.monotonic() + seconds
    try:
        return all(_read(log, group, each, deadline) for group, each in STEPS)
    finally:
        process.close()


def _read(log: Log, group: str, each: tuple[topics.Topic, ...], deadline: float) -> bool:
    """Return whether a group reads up to the present end of its topics before the deadline."""
    ends = {topic: log.ends(topic) for topic in each}
    while True:
        done = {topic: log.committed(group, topic) for topic in each}
        behind = sum(max(0, end - done[t][p]) for t, e in ends.items() for p, end in e.items())
        if not behind:
            return True
        if time.monotonic() > deadline:
            return False
        progress(f"{group}: {behind} records left")
        time.sleep(0.1)


def _rest(log: Log, ident: str, revisions: list[str]) -> dict[str, int]:
    """End the article's revisions in the ledger, and erase it from the embedded log."""
    ledger, now = read_ledger(log, ident), datetime.now(UTC)
    lines = [r for r in revisions if ledger[ident, r].state is not OutcomeState.FORGOTTEN]
    log.publish([outcome_message(forgotten(ident, r, "forget", now)) for r in lines])
    removed = {}
    if isinstance(log, SqliteLog):
        removed["records in the log"] = blank(log, ident)
    return removed


def _left(settings: Settings, *, is_done: bool) -> list[str]:
    """Return what is not removed, and why."""
    found = []
    if not is_done:
        found.append("stages or sink have not finished: start them (`claimwire run`), then repeat this command")
    if not settings.is_embedded:
        days = " and ".join(f"{t.retention_ms // topics.DAY_MS} days of {t.name}" for t in KEPT)
        found.append(
            f"Kafka keeps published records until their retention ends ({days}); no replay restores the article"
        )
    return found
