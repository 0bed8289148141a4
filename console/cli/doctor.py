"""`claimwire doctor`: check settings, servers, feeds, clock and disk, and suggest remedies.

It changes nothing. Exit status: 0 no problem, 1 a problem, 2 invalid settings, 3 a server can't be reached.
"""

import argparse
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from claimwire import topics
from claimwire.config.channels import load_channels
from claimwire.config.settings import Loaded, Settings
from claimwire.errors import ClaimwireError, ConfigError, UnreachableError
from claimwire.log import Log, open_settings_log, wrong_partitions
from claimwire.log.reading import readable
from claimwire.records.feeds import Feed, starred
from claimwire.store import first_month_kept
from claimwire.store.drivers import open_settings_store
from console.cli.feeds import with_hint
from console.cli.output import print_json
from console.cli.setup import NEW_NAMESPACE
from console.cli.status import unhealthy_hosts
from console.queries.health import Health, Subject, examine
from console.queries.ledger import Ledger
from console.resources import resolved
from sinks.notify.channels import open_channels
from sinks.notify.outbox import Outbox
from sinks.search.coverage import coverage

LEAST_DISK = 1_000_000_000
MOST_SKEW_SECONDS = 60.0
NAMED = 3


@dataclass(frozen=True)
class Finding:
    """Result of a check: its state, and `problem` with the remedy, empty if there is none."""

    check: str
    says: str
    problem: str = ""
    status: int = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    found = list(findings(loaded))
    if arguments.json:
        print_json([msgspec.to_builtins(f) for f in found])
    else:
        for finding in found:
            print(f"{'wrong' if finding.problem else 'ok   '}  {finding.check}: {finding.says}")
            if finding.problem:
                print(f"       {finding.problem}")
    return max((f.status for f in found), default=0)


def findings(loaded: Loaded) -> Iterator[Finding]:
    """Run each check; one that fails to run is a finding itself."""
    settings = loaded.settings
    yield _settings(loaded)
    yield _tried("rules", lambda: _rules(settings))
    yield _tried("channels", lambda: _channels(settings))
    for name in dict.fromkeys(filter(None, (settings.data_dir, settings.archive_dir))):
        yield _folder(Path(name))
    yield _tried("store", lambda: _store(settings))
    try:
        log = open_settings_log(settings)
    except ClaimwireError as error:
        yield _unreached("broker", error)
        return
    with closing(log):
        wrong = wrong_partitions(log)
        yield from (Finding("topic", line, NEW_NAMESPACE, 1) for line in wrong)
        if wrong:
            return
        try:
            every = [log.ends(topic) for topic in topics.TOPICS]
        except ClaimwireError as error:
            yield Finding("broker", f"{settings.broker}: {error}", "create its topics: claimwire setup", 1)
            return
        yield Finding("broker", f"{settings.broker}: {sum(sum(ends.values()) for ends in every)} records")
        yield _tried("documents", lambda: _documents(log, settings))
        yield _tried("feeds", lambda: _feeds(log))
        yield from _running(log, settings)
        yield _tried("hosts", lambda: _hosts(log))
        yield _tried("clock", lambda: _clock(log))


def _running(log: Log, settings: Settings) -> Iterator[Finding]:
    """Look at the running pipeline as `claimwire status` does."""
    try:
        with closing(Ledger.read(log, settings.data_dir)) as ledger:
            health = examine(log, settings, ledger)
            in_flight = ledger.counts()["opened"]
    except ClaimwireError as error:
        yield _unreached("stages", error)
        return
    running = [name for name, count in health.members.items() if count]
    unread = f"{sum(health.lag.values())} records waiting"
    yield _seen(health, Subject.STAGES, f"{', '.join(running) or 'none'} running, {unread}")
    yield _seen(health, Subject.IN_FLIGHT, f"{in_flight} revisions")
    yield _seen(health, Subject.DEAD_LETTERS, f"{health.letters} open")


def _seen(health: Health, subject: Subject, says: str) -> Finding:
    problems = health.about(subject)
    return Finding(subject.value, says, "; ".join(problems), int(bool(problems)))


def _tried(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except ClaimwireError as error:
        return _unreached(name, error)


def _unreached(name: str, error: ClaimwireError) -> Finding:
    if isinstance(error, UnreachableError):
        return Finding(name, str(error), "check that it runs, and its address, user and certificates", 3)
    return Finding(
        name, str(error), "correct the setting that the line names", 2 if isinstance(error, ConfigError) else 1
    )


def _settings(loaded: Loaded) -> Finding:
    changed = sorted(name for name, origin in loaded.origins.items() if origin != "default")
    return Finding("settings", f"{len(changed)} are not the defaults{': ' if changed else ''}{', '.join(changed)}")


def _rules(settings: Settings) -> Finding:
    from processors.rules import load_rules

    rules = load_rules(resolved(settings.rules))
    problem = "" if rules else "no alerts are sent; see docs/rules.md"
    return Finding("rules", f"{len(rules)} in {resolved(settings.rules)}", problem, int(not rules))


def _channels(settings: Settings) -> Finding:
    """Check that each channel can be opened, and count the notifications that failed."""
    channels = load_channels(resolved(settings.rules))
    open_channels(channels, allow_private=settings.allow_private_addresses)
    file, failing = Path(settings.data_dir) / "notify.db", []
    if file.exists():
        outbox = Outbox(str(file), settings.namespace)
        failing = outbox.failing()
        outbox.close()
    says = "; ".join(f"{channel} failed for {count}: {error}" for channel, count, error in failing)
    help_ = "kept and retried: repair the channel, or remove it from the rules to print them on the console"
    return Finding(
        "channels", says or f"{len(channels)}: {', '.join(channels)}", help_ if failing else "", int(bool(failing))
    )


def _folder(path: Path) -> Finding:
    there = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    free = shutil.disk_usage(there).free
    says = f"{path}: {free / 1e9:.1f} GB free"
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        return Finding("disk", says, f"let this user write into {there}, or choose another folder", 1)
    if free < LEAST_DISK:
        return Finding("disk", says, "a full disk stops every stage; set keep_days, or use a larger disk", 1)
    return Finding("disk", says)


def _store(settings: Settings) -> Finding:
    with closing(open_settings_store(settings)) as store:
        missing = store.missing()
        if missing:
            return Finding("store", f"missing or outdated: {', '.join(missing)}", "claimwire setup", 1)
        return Finding("store", f"{store.search('articles', '', limit=1).total} articles, {store.size() / 1e6:.1f} MB")


def _documents(log: Log, settings: Settings) -> Finding:
    """Check that the store has the log's documents, except unwritten and rejected ones."""
    with closing(open_settings_store(settings)) as store:
        found = coverage(log, store, first_month_kept(settings.keep_days, datetime.now(UTC)))
    counts = ", ".join(f"{c.stored} of {c.documents} {c.kind}" for c in found)
    looked = "" if all(c.is_whole for c in found) else " (of a part of the log)"
    lost = [c.kind for c in found if c.is_lost]
    problem = f"the store has lost {', '.join(lost)}: claimwire setup --refill" if lost else ""
    return Finding("documents", f"the store has {counts or 'none'} of the log{looked}", problem, int(bool(lost)))


def _feeds(log: Log) -> Finding:
    feeds = [feed for _, feed in readable(log.snapshot(topics.FEEDS).values(), Feed)]
    failing = [f for f in feeds if f.failing_since is not None or f.disabled]
    if not feeds:
        return Finding("feeds", "none", "claimwire feeds add URL, or claimwire feeds import FILE", 1)
    says = [f"{f.url}: {with_hint(f.status, f.error or f.status)}" for f in map(starred, failing[:NAMED])]
    more = f" (claimwire feeds list: {len(failing)} of them)" if len(failing) > NAMED else ""
    return Finding("feeds", f"{len(feeds)}, {len(failing)} fail", "; ".join(says) + more, int(bool(failing)))


def _hosts(log: Log) -> Finding:
    hosts = unhealthy_hosts(log)
    says = "; ".join(f"{h.host}: {h.problem}" for h in hosts[:NAMED])
    return Finding("hosts", f"{len(hosts)} with worse extraction than before", says, int(bool(hosts)))


def _clock(log: Log) -> Finding:
    """Check for records from the future: the only sign of a wrong clock without a network request."""
    newest = 0.0
    for partition, end in log.ends(topics.OUTCOMES).items():
        for message in log.read(topics.OUTCOMES, partition, max(0, end - 1), end):
            newest = max(newest, message.timestamp_ms / 1000)
    ahead = newest - time.time()
    if ahead > MOST_SKEW_SECONDS:
        return Finding(
            "clock",
            f"the newest record is {ahead:.0f} s in the future",
            "synchronise the clocks with one time server",
            1,
        )
    return Finding("clock", f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())}Z")
