"""`claimwire status`: lag of each part, sums of the ledger, feeds; exit status 1 if there is a problem."""

import argparse
import http.client
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec

from claimwire import topics
from claimwire.config.settings import Loaded, Settings, sqlite_path
from claimwire.errors import ConfigError, ContractError, UnreachableError
from claimwire.log import Log, Message, open_settings_log
from claimwire.log.reading import decoded, readable
from claimwire.records.feeds import Feed
from claimwire.records.hosts import HostHealth
from claimwire.records.vocabulary import OutcomeState
from claimwire.store import SearchStore
from claimwire.store.drivers import open_settings_store
from console.cli.ledger import delays
from console.cli.output import print_json, print_table
from console.queries.health import Health, examine
from console.queries.ledger import COLUMNS, Ledger
from console.queries.missing import close_missing, missing
from console.queries.published import NAMED, compare
from sinks.notify.notifications import plain

logger = logging.getLogger(__name__)
LINES = 10
MOST_LOST = 1000
QUICK_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ledger", action="store_true", help="sums by source and day, compared with the published articles"
    )
    parser.add_argument(
        "--close-missing", action="store_true", help="with --ledger: end revisions whose records are lost, as rejected"
    )
    parser.add_argument("--quick", action="store_true", help="only check that the process with these settings is alive")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    settings = loaded.settings
    if arguments.quick:
        return _quick(settings, as_json=arguments.json)
    log = open_settings_log(settings)
    store = open_settings_store(settings)
    size = _sizes(settings, store)
    store.close()
    log.ensure_topics(topics.TOPICS)
    if arguments.ledger:
        return _ledger(log, settings, as_json=arguments.json, close=arguments.close_missing)
    ledger = Ledger.read(log, settings.data_dir)
    hosts = unhealthy_hosts(log)
    health = examine(log, settings, ledger)
    report = _report(log, ledger, health) | {"size": size, "unhealthy_hosts": [msgspec.to_builtins(h) for h in hosts]}
    log.close()
    ledger.close()
    if arguments.json:
        print_json(report)
    else:
        _print(report, hosts)
    return 1 if health.problems else 0


def _quick(settings: Settings, *, as_json: bool) -> int:
    """Request /healthz of the process with these settings on this machine. Raises UnreachableError, ConfigError."""
    if not settings.metrics_port and not settings.page_port:
        raise ConfigError("status --quick: set metrics_port or page_port; the process answers only there")
    at_metrics = settings.metrics_bind, settings.metrics_port
    bind, port = at_metrics if settings.metrics_port else (settings.page_bind, settings.page_port)
    host = "127.0.0.1" if bind in ("0.0.0.0", "::", "") else bind
    connection = http.client.HTTPConnection(host, port, timeout=QUICK_SECONDS)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        says = answer.read(10_000).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"no process answers at {host}:{port}: {error}") from None
    finally:
        connection.close()
    is_healthy = answer.status == HTTPStatus.OK
    print_json({"healthy": is_healthy, "problems": [] if is_healthy else says.splitlines()}) if as_json else print(says)
    return 0 if is_healthy else 1


def _report(log: Log, ledger: Ledger, health: Health) -> dict[str, Any]:
    outcomes, reasons = ledger.counts(), ledger.reasons()
    lost = ledger.newest(OutcomeState.MAYBE_LOST, MOST_LOST)[::-1]
    feeds = Counter(_feed_status(m) for m in log.snapshot(topics.FEEDS).values())
    delay = delays(log)
    return {
        "healthy": not health.problems, "problems": [says for _, says in health.problems], "members": health.members,
        "lag": health.lag,
        "oldest_unread": {name: f"{age:.0f} s" for name, age in health.oldest_unread.items() if health.lag[name]},
        "revisions": outcomes.total(), "in_flight": outcomes["opened"],
        "outcomes": {k: v for k, v in sorted(outcomes.items()) if k != "opened"}, "rejected": dict(sorted(reasons.items())),
        "delay": {f"{name} {cut}": f"{seconds} s" for name, cuts in delay.items() for cut, seconds in cuts.items()},
        "deadletters": health.letters, "feeds": dict(sorted(feeds.items())),
        "maybe_lost": [{"url": o.url, "source": o.source, "at": o.at.isoformat(), "says": o.reason} for o in lost],
    }  # fmt: skip


def _sizes(settings: Settings, store: SearchStore) -> dict[str, str]:
    """Return the sizes on disk of the embedded log, the store and the archive."""
    found = {"store": store.size()}
    if settings.is_embedded:
        file = Path(sqlite_path(settings.broker))
        found["log"] = sum(f.stat().st_size for f in file.parent.glob(f"{file.name}*"))
    if settings.archive_dir:
        found["archive"] = sum(f.stat().st_size for f in Path(settings.archive_dir).glob("*.warc.gz*"))
    return {name: f"{size / 1e6:.1f} MB" for name, size in sorted(found.items())}


def _ledger(log: Log, settings: Settings, *, as_json: bool, close: bool) -> int:
    """Compare the ledger with what was published, and print both by day and source."""
    ledger = Ledger(settings.data_dir)
    found = compare(log, ledger, datetime.now(UTC))
    gone = missing(log, ledger, datetime.now(UTC) - timedelta(seconds=settings.in_flight_timeout))
    if close:
        close_missing(log, gone)
    ledger.close()
    log.close()
    total = found.total()
    if as_json:
        named = [{"url": o.url, "source": o.source, "at": o.at.isoformat(), "article_id": o.article_id} for o in gone]
        both = {"missing": named, "without_line": found.without_line, "without_record": found.without_record}
        print_json({"agrees": found.agrees, "rows": found.rows, "total": total} | both)
        return 0 if found.agrees else 1
    head = ("day", "source", "published", "unpublished", *COLUMNS)
    rows = [[row[name] for name in head] for row in [*found.rows, {"day": "all", "source": ""} | total]]
    print_table(["in flight" if name == "opened" else name for name in head], rows)
    for key in found.without_line[:NAMED]:
        print(f"published, but not in the ledger: article/revision {key}")
    for key in found.without_record[:NAMED]:
        print(f"in the ledger, but neither on articles.raw nor in pages: article/revision {key}")
    for line in gone[:NAMED]:
        print(f"opened, but its record is lost: {plain(line.url or line.article_id)}, since {line.at:%Y-%m-%d %H:%M}Z")
    if gone:
        done = "now rejected as expired" if close else "--close-missing ends them as rejected (expired)"
        print(f"{len(gone)} revisions are missing: {done}")
    counted = f"{len(found.without_line)} without a line, {len(found.without_record)} without a record"
    print("the sums agree" if found.agrees else f"the sums do not agree: {counted}")
    return 0 if found.agrees else 1


def _print(report: dict[str, Any], hosts: list[HostHealth]) -> None:
    rows: list[tuple[str, object]] = []
    for key, value in report.items():
        if isinstance(value, list):
            rows.append((key.replace("_", " "), len(value)))
        elif isinstance(value, dict):
            rows += [(f"{key}: {name}", number) for name, number in value.items()]
        else:
            rows.append((key.replace("_", " "), value))
    print_table(("status", ""), rows)
    for problem in report["problems"]:
        print(f"problem: {plain(problem)}")
    for line in report["maybe_lost"][-LINES:]:
        print(f"feed {plain(line['url'])} at {line['at'][:16]}: {line['says']}")
    for host in hosts:
        print(f"host {plain(host.host)} since {host.since:%Y-%m-%d %H:%M}: {host.problem}; "
              f"{' '.join(map(plain, host.examples))}")  # fmt: skip


def unhealthy_hosts(log: Log) -> list[HostHealth]:
    """Return the hosts on which extraction has become worse."""
    rows = [message for _, message in sorted(log.snapshot(topics.HOSTS).items())]
    return [health for _, health in readable(rows, HostHealth) if health.problem]


def _feed_status(message: Message) -> str:
    try:
        return decoded(message, Feed).status
    except ContractError:
        return "unreadable"
