"""`claimwire setup`: create topics, index templates and aliases; idempotent. `--refill` refills a lost store."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from claimwire import topics
from claimwire.config.credentials import store_credentials
from claimwire.config.settings import Loaded, Settings
from claimwire.errors import ClaimwireError, ConfigError, DeniedError, UnreachableError
from claimwire.log import Log, Message, open_settings_log, wrong_partitions
from claimwire.store import KINDS, SearchStore, first_month_kept
from claimwire.store.drivers import open_settings_store
from console.cli.output import counted, print_json, print_table, progress
from sinks.kibana.install import Kibana
from sinks.search.refill import Refill, Refilled, holes, records_left

# Tables that a run needs and a replay does not create: feeds to poll, pages to fetch and re-fetch.
CARRIED = (topics.FEEDS, topics.PAGES)
NEW_NAMESPACE = "choose another namespace, or delete the topic while nothing runs, then: claimwire setup"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--promote",
        metavar="N",
        help="serve the replayed namespace N under this one's names, and continue in N",
    )
    parser.add_argument(
        "--refill",
        action="store_true",
        help="write all documents of the log to the store again; safe to repeat, and while the pipeline runs",
    )
    parser.add_argument(
        "--kibana",
        metavar="URL",
        help="also install data views, searches, dashboards and rules in this Kibana (as the store's user)",
    )


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    settings = loaded.settings
    kibana = Kibana(arguments.kibana, store_credentials(settings)) if arguments.kibana else None
    log = open_settings_log(settings)
    if wrong := wrong_partitions(log):
        for line in wrong:
            progress(f"claimwire: {line}; {NEW_NAMESPACE}")
        log.close()
        return 2
    created = [f"topic {name}" for name in log.ensure_topics(topics.TOPICS)]
    store = open_settings_store(settings)
    created += _set_up(store, may_be_denied=arguments.refill)
    problem = _install(kibana, settings.namespace, created) if kibana else None
    lines = created or ["nothing to create"]
    if arguments.promote:
        carried = _promote(settings, log, store, arguments.promote)
        lines = [
            f"searches of {settings.namespace} now read {arguments.promote}; {carried} rows of feeds and pages copied",
            f"continue with: claimwire run --namespace {arguments.promote}",
        ]
    found = _refill(settings, log, store) if arguments.refill else None
    if arguments.json:
        refilled = {"refilled": msgspec.to_builtins(found)} if found else {}
        print_json({"created": created, "promoted": arguments.promote, **refilled})
    else:
        print("\n".join(lines))
        if found:
            heads = ("written", "refused", "unreadable", "expired")
            print_table(("kind", *heads), [(kind, *(getattr(found, h)[kind] for h in heads)) for kind in KINDS])
    store.close()
    log.close()
    if problem is not None:
        progress(f"claimwire: {problem}; topics and store are set up")
    has_refused = found is not None and found.refused.total() > 0
    return 3 if isinstance(problem, UnreachableError) else int(problem is not None or has_refused)


def _set_up(store: SearchStore, *, may_be_denied: bool) -> list[str]:
    """Set up the store. A user with permission to write documents only can still refill it."""
    try:
        return store.setup()
    except DeniedError as error:
        if not may_be_denied:
            raise
        progress(f"{error}; assuming that a user with permission has run `claimwire setup`")
        return []


def _install(kibana: Kibana, namespace: str, created: list[str]) -> ClaimwireError | None:
    """Install the objects in Kibana and add their names to `created`; return the error, if any."""
    try:
        created += kibana.import_objects(namespace)
        created += kibana.put_rules(namespace)
    except ClaimwireError as error:
        return error
    return None


def _refill(settings: Settings, log: Log, store: SearchStore) -> Refilled:
    for hole in holes(log):
        since = f" before {hole.oldest:%Y-%m-%d %H:%M}Z" if hole.oldest else ""
        progress(
            f"{hole.topic}: {hole.records} records{since} were deleted by retention; their documents cannot be restored"
        )
    with counted("records", records_left(log)) as advance:
        return Refill(log, store, first_month_kept(settings.keep_days, datetime.now(UTC)), advance).run()


def _promote(settings: Settings, log: Log, store: SearchStore, other: str) -> int:
    """Promote a namespace; return the number of producer rows copied. Raises ConfigError if it is empty."""
    theirs = open_settings_store(settings, other)
    theirs.refresh()
    is_there = next(theirs.dump("articles"), None) is not None
    theirs.close()
    if not is_there:
        raise ConfigError(f"setup: --promote: the store has no articles of {other!r}; replay into it first")
    store.promote(other)
    return _carry(log, settings, other) if other != settings.namespace else 0


def _carry(log: Log, settings: Settings, other: str) -> int:
    there, count = open_settings_log(replace(settings, namespace=other)), 0
    there.ensure_topics(topics.TOPICS)
    for topic in CARRIED:
        known = there.snapshot(topic)
        rows = [m for key, m in log.snapshot(topic).items() if key not in known]
        there.publish([Message(m.topic, m.key, m.value, m.headers, partition=m.partition) for m in rows])
        count += len(rows)
    there.close()
    return count
