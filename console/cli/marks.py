"""`claimwire marks`: list and set marks on stories (follow, mute) and alerts (useful, wrong)."""

import argparse
from datetime import UTC, datetime

import msgspec

from claimwire import topics
from claimwire.config.settings import Loaded
from claimwire.errors import ConfigError
from claimwire.log import open_settings_log
from console.cli.output import print_json, print_table
from console.queries.marking import ACTIONS, read_marks, set_mark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", default="list", choices=("list", *ACTIONS))
    parser.add_argument("id", nargs="?", metavar="ID", help="a story_id (follow, mute) or an alert_id (useful, wrong)")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    if arguments.action != "list" and not arguments.id:
        raise ConfigError(f"marks {arguments.action}: give an ID")
    log = open_settings_log(loaded.settings)
    log.ensure_topics((topics.MARKS,))
    if arguments.action != "list":
        set_mark(log, arguments.action, arguments.id, datetime.now(UTC))
    marks = sorted(read_marks(log).values(), key=lambda mark: mark.at)
    log.close()
    if arguments.json:
        print_json([msgspec.to_builtins(mark) for mark in marks])
    else:
        print_table(("mark", "id", "at"), [(m.mark.value, m.id, f"{m.at:%Y-%m-%d %H:%M}") for m in marks])
    return 0
