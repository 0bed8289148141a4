"""`claimwire status`: lag of each part, the ledger's sums, feeds; status 1 where something is unhealthy."""

import argparse
from collections import Counter

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.ledger import counts, read_ledger
from claimwire.log import Message
from claimwire.producer_tables import Feed
from claimwire.records import OutcomeState, decode
from claimwire.settings import Loaded
from console.cli.output import print_json, print_table
from console.runtime import open_settings_log
from sinks.documents import SEARCHED_TOPICS
from sinks.stores import open_store

GROUPS = (("analyse", (topics.RAW,)), ("match", (topics.CLEAN,)), ("alert", (topics.CLAIMS,)),
          ("search", SEARCHED_TOPICS), ("notify", (topics.ALERTS,)))  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="only whether broker and store answer")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    settings = loaded.settings
    log = open_settings_log(settings)
    store = open_store(settings.store, settings.namespace)
    store.close()
    if arguments.quick:
        log.ends(topics.RAW)
        log.close()
        print_json({"healthy": True}) if arguments.json else print("broker and store answer")
        return 0
    log.ensure_topics(topics.TOPICS)
    lag = {name: sum(log.lag(name, topic) for topic in taken) for name, taken in GROUPS}
    ledger = read_ledger(log)
    outcomes = counts(ledger.values())
    reasons = Counter(o.reason or "" for o in ledger.values() if o.state is OutcomeState.REJECTED)
    feeds = Counter(_feed_status(m) for m in log.snapshot(topics.FEEDS).values())
    letters = log.ends(topics.DEADLETTERS)[0]
    log.close()
    is_healthy = outcomes[OutcomeState.DEAD_LETTERED.value] == 0
    report = {
        "healthy": is_healthy, "lag": lag, "revisions": outcomes.total(), "in_flight": outcomes["opened"],
        "outcomes": {k: v for k, v in sorted(outcomes.items()) if k != "opened"}, "rejected": dict(sorted(reasons.items())),
        "deadletters": letters, "feeds": dict(sorted(feeds.items())),
    }  # fmt: skip
    if arguments.json:
        print_json(report)
    else:
        rows: list[tuple[str, object]] = []
        for key, value in report.items():
            if isinstance(value, dict):
                rows += [(f"{key}: {name}", number) for name, number in value.items()]
            else:
                rows.append((key.replace("_", " "), value))
        print_table(("status", ""), rows)
    return 0 if is_healthy else 1


def _feed_status(message: Message) -> str:
    try:
        return decode(message.value, Feed).status
    except ContractError:
        return "unreadable"
