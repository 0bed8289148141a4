"""`claimwire demo`: the demo corpus served on loopback, polled, processed and searchable."""

import argparse
import asyncio
import shutil
import signal
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from claimwire import topics
from claimwire.config.settings import Loaded, Settings
from claimwire.errors import ConfigError
from claimwire.ledger import counts, read_ledger
from claimwire.log import Log
from claimwire.records.base import decode
from claimwire.records.feeds import Feed
from claimwire.records.sightings import Sighting
from claimwire.runtime.private_files import private_folder, private_open
from claimwire.text.words import value_words
from console.cli.output import print_json, print_table, progress
from console.cli.watch import unreported
from console.demo_site import DemoSite
from console.process import DEMO_MARK, PARTS, Process
from console.resources import seeds_dir
from producers.tables.feeds_file import import_feeds
from sinks.search.documents import SEARCHED_TOPICS

LIVE_SINCE = date(2020, 10, 1)
ONCE_SECONDS = 300.0
POLL_SECONDS = 0.05
STEPS = (
    ("analyse", topics.RAW), ("learn", topics.EXTRACTIONS), ("match", topics.CLEAN), ("alert", topics.ARTICLES),
    ("notify", topics.ALERTS),
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="exit with a summary when everything is processed")
    parser.add_argument("--all", action="store_true", help="also print claims that are not reported, with the reason")
    parser.add_argument("--port", type=int, default=0, help="port of the site on 127.0.0.1 (default: any)")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    settings = demo_settings(loaded.settings)
    process = Process(settings)
    # With --once the page would end before anybody could use it.
    parts = [p for p in PARTS if p != "page" or not arguments.once]
    process.listen(parts)
    prepare(settings)
    return asyncio.run(_demo(process, parts, arguments))


def demo_settings(settings: Settings) -> Settings:
    """Return the settings of a demo: frequent polls of a local site."""
    return replace(
        settings, allow_private_addresses=True, poll_min=POLL_SECONDS, poll_max=2 * POLL_SECONDS, host_interval=0.0,
        host_inflight=16, batch_size=25,
    )  # fmt: skip


def prepare(settings: Settings) -> None:
    """Empty the data folder. Raises ConfigError if it holds data that no demo wrote."""
    if not settings.is_embedded:
        return
    folder = Path(settings.data_dir)
    if folder.exists() and any(folder.iterdir()):
        if not (folder / DEMO_MARK).exists():
            raise ConfigError(
                f"{folder}: holds data that no demo wrote; choose another folder with --data-dir, --broker and --store"
            )
        shutil.rmtree(folder)
    private_folder(folder)
    with private_open(folder / DEMO_MARK, "w") as file:
        file.write("Written by `claimwire demo`, which empties this folder when it starts.\n")


async def _demo(process: Process, parts: list[str], arguments: argparse.Namespace) -> int:
    started = time.monotonic()
    site = DemoSite(seeds_dir(), one_by_one=True)
    base = await site.start(arguments.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, process.stop.set)
    if arguments.json:
        process.deliver = lambda _: None
    try:
        await asyncio.to_thread(process.setup, PARTS)
        log = process.log()
        now = datetime.now(UTC)
        since = datetime.combine(LIVE_SINCE, datetime.min.time(), UTC)
        import_feeds(log, [
            Feed(url=f"{base}/{s.id}/feed", source=s.name, added_at=now, next_due=now, interval=POLL_SECONDS, live_since=since)
            for s in site.sources
        ])  # fmt: skip
        if arguments.all and not arguments.json:
            process.beside("claims not reported", unreported(process.log(), process.stop))
        progress(f"serving {len(site.articles)} articles of {len(site.sources)} sources at {base}")
        await asyncio.to_thread(process.start, parts)
        if process.page:
            progress(f"the page is at {process.page.address}; Ctrl-C ends the demo")
        await _until_done(site, log, process.stop, once=arguments.once)
        if arguments.once:
            # Each poll writes to the feeds table, so that the search sink would never have read all of it.
            await asyncio.to_thread(process.end_producers)
            await _until_done(site, log, process.stop, once=True)
        summary = summarise(log, time.monotonic() - started)
    finally:
        await asyncio.to_thread(process.close)
        await site.stop()
    print_summary(summary, as_json=arguments.json)
    is_whole = not summary["dead_letters"] and not (arguments.once and summary["in_flight"])
    return 0 if is_whole and not process.failed else 1


async def _until_done(site: DemoSite, log: Log, stop: threading.Event, *, once: bool) -> None:
    """Show the articles one by one, each after the previous one is matched, so that every run has the same counts."""
    deadline = time.monotonic() + ONCE_SECONDS
    shown = site.shown
    while not stop.is_set() and not (once and time.monotonic() > deadline):
        if shown < len(site.articles):
            if await asyncio.to_thread(is_matched, log, shown):
                site.show_next()
                shown += 1
        elif once and await asyncio.to_thread(is_done, log, shown):
            return
        await asyncio.sleep(0.02 if shown < len(site.articles) else 0.2)


def is_matched(log: Log, articles: int) -> bool:
    """Return whether this many raw articles were published and processed by all stages, and their alerts sent."""
    return sum(log.ends(topics.RAW).values()) >= articles and all(log.lag(group, topic) == 0 for group, topic in STEPS)


def is_done(log: Log, articles: int) -> bool:
    """Return whether this many revisions have ended and nothing waits for a stage or a sink."""
    ledger = counts(read_ledger(log).values())
    if ledger["opened"] or ledger.total() < articles:
        return False
    return all(log.lag(group, topic) == 0 for group, topic in (*STEPS, *(("search", t) for t in SEARCHED_TOPICS)))


def summarise(log: Log, seconds: float) -> dict[str, object]:
    """Return the counts of the run, from the log."""
    ledger = counts(read_ledger(log).values())
    verdicts: Counter[str] = Counter()
    reported = 0
    for partition in range(topics.CLAIMS.partitions):
        for message in log.read(topics.CLAIMS, partition):
            sighting = decode(message.value, Sighting)
            verdicts[sighting.verdict.value] += 1
            reported += sighting.reported
    stories = len(log.snapshot(topics.STORIES))
    return {
        "articles": ledger.total(), "outcomes": {k: v for k, v in sorted(ledger.items()) if k != "opened"},
        "in_flight": ledger["opened"], "stories": stories, "claims": dict(sorted(verdicts.items())),
        "reported": reported, "alerts": sum(log.ends(topics.ALERTS).values()), "dead_letters": log.ends(topics.DEADLETTERS)[0],
        "seconds": round(seconds, 1),
    }  # fmt: skip


def print_summary(summary: dict[str, object], *, as_json: bool) -> None:
    """Print the summary table."""
    if as_json:
        print_json(summary)
        return
    rows: list[tuple[str, object]] = []
    for key, value in summary.items():
        if isinstance(value, dict):
            rows += [(f"{key}: {value_words('verdict', name)}", number) for name, number in value.items()]
        else:
            rows.append((key.replace("_", " "), value))
    print()
    print_table(("demo", ""), rows)
