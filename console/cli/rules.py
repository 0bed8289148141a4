"""`claimwire rules check|test [FILE]`: validate a rules file, or back-test it on stored articles."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

import msgspec

from claimwire.config.channels import SECTIONS, load_channels
from claimwire.config.sections import Section, read_sections
from claimwire.config.settings import Loaded
from claimwire.errors import ConfigError, ContractError
from claimwire.log import open_settings_log
from claimwire.records.base import decode
from claimwire.records.marks import MARKED, MarkKind
from claimwire.records.sightings import Article, Sighting
from claimwire.store.drivers import open_settings_store
from claimwire.text.display import claim_line, mark_of, shown, story_words
from console.cli.output import print_json, print_table, progress
from console.queries.claim_filter import since_of
from console.queries.marking import read_marks
from console.queries.rule_backtest import OfRule, Subject, alerts_of, history, try_rules
from console.resources import resolved
from processors.rules import Rule, load_rules
from processors.rules.fields import FIELDS
from sinks.notify.channels import open_channels
from sinks.notify.notifications import plain

HELP_WIDTH = 110


@dataclass(frozen=True)
class ExampleRow:
    """An [[example]] section as written: files of claims or articles on which a rule fires, or does not."""

    rule: str
    fires: str = ""
    silent: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = fields_help()
    parser.add_argument("action", choices=("check", "test"))
    parser.add_argument("file", nargs="?", metavar="FILE", help="rules file (default: the setting `rules`)")
    parser.add_argument("--channels", action="store_true", help="check: also open each channel (reads its files)")
    parser.add_argument(
        "--since", default="30d", metavar="WHEN", help="test: like 24h or 30d, or a date (default: 30d)"
    )
    parser.add_argument("--rule", help="test: only this rule")
    parser.add_argument(
        "--limit", type=int, default=20, help="test: maximum messages shown for each rule (default: 20)"
    )


def fields_help() -> str:
    """Return the help on the fields of `when`, with the words of closed vocabularies."""
    lines = []
    for on, fields in FIELDS.items():
        lines.append(f"fields of `when` in rules on {'an' if on == 'article' else 'a'} {on}:")
        for field in fields.values():
            words = f": {' '.join(field.listed)}" if field.listed else ""
            text = f"{field.help}{words}"
            lines += wrap(text, HELP_WIDTH, initial_indent=f"  {field.name:<16} ", subsequent_indent=" " * 19)
        lines.append("")
    return "\n".join(lines)


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    path = arguments.file or resolved(loaded.settings.rules)
    if arguments.action == "check":
        return _check(path, arguments, allow_private=loaded.settings.allow_private_addresses)
    rules = [r for r in load_rules(path) if arguments.rule in (None, r.name)]
    if not rules:
        raise ConfigError(f"{path}:0: --rule: no rule is called {arguments.rule!r}")
    log, store = open_settings_log(loaded.settings), open_settings_store(loaded.settings)
    try:
        marks = story_marks(read_marks(log))
        subjects = history(store, since_of(arguments.since, datetime.now(UTC)))
    finally:
        store.close()
        log.close()
    progress(f"{sum(isinstance(s, Article) for s in subjects)} articles and their claims since {arguments.since}")
    found = try_rules(rules, subjects, marks)
    if arguments.json:
        print_json({name: as_json(of_rule) for name, of_rule in found.items()})
    else:
        _print(found, arguments.limit)
    return 0


def story_marks(marks: Any) -> dict[str, MarkKind]:
    """Return the marks of stories by story_id."""
    of = MARKED[MarkKind.MUTE]
    return {key.partition("/")[2]: mark.mark for key, mark in marks.items() if key.startswith(f"{of}/")}


def as_json(of_rule: OfRule) -> dict[str, Any]:
    """Return the result of a rule's back-test as JSON values."""
    return {
        "alerts": of_rule.alerts, "messages": len(of_rule.messages), "put_off": dict(of_rule.put_off),
        "back_fill": of_rule.back_fill, "by_day": dict(sorted(of_rule.by_day.items())),
        "told": [
            {"at": at.isoformat(), "alerts": [msgspec.to_builtins(a) for a in alerts]} for at, alerts in of_rule.messages
        ],
    }  # fmt: skip


def _print(found: dict[str, OfRule], limit: int) -> None:
    rows = [
        (name, of.alerts, len(of.messages), "; ".join(f"{n} {why}" for why, n in of.put_off.most_common()),
         of.back_fill, ", ".join(f"{day} {n}" for day, n in sorted(of.by_day.items())[-7:]))
        for name, of in found.items()
    ]  # fmt: skip
    print_table(("rule", "alerts", "messages", "not at once", "back-fill", "by day"), rows)
    for name, of in found.items():
        for at, alerts in of.messages[:limit]:
            print(f"\n{at:%Y-%m-%d %H:%M}  {plain(name)}" + (f"  ({len(alerts)} alerts)" if len(alerts) > 1 else ""))
            for alert in alerts[:limit]:
                seen = shown(alert)
                print(
                    f"  {mark_of(seen):<13} {plain(claim_line(seen))} · {plain(story_words(seen))} · {plain(alert.source)}"
                )
        if len(of.messages) > limit:
            print(f"\n{len(of.messages) - limit} more messages of {plain(name)}")


def _check(path: str, arguments: argparse.Namespace, *, allow_private: bool) -> int:
    """Check the file, optionally its channels, and its examples; exit status 1 if an example fails."""
    rules = load_rules(path)
    channels = load_channels(path)
    if arguments.channels:
        open_channels(channels, allow_private=allow_private)
    tried, wrong = check_examples(path, rules)
    if arguments.json:
        print_json({"rules": [r.name for r in rules], "channels": sorted(channels), "examples": tried, "wrong": wrong})
        return 1 if wrong else 0
    head = ("line", "rule", "on", "severity", "notify")
    print_table(head, [(r.line, r.name, r.on, r.severity, ", ".join(r.notify)) for r in rules])
    for line in wrong:
        print(line)
    print(f"{path}: {len(rules)} rules, {len(channels)} channels, {tried} examples, {len(wrong)} of them wrong")
    return 1 if wrong else 0


def check_examples(path: str, rules: tuple[Rule, ...]) -> tuple[int, list[str]]:
    """Return the number of examples and a line for each that fails. Raises ConfigError."""
    tried, wrong = 0, []
    for section in read_sections(path, SECTIONS)["example"]:
        example = section.read(ExampleRow)
        rule = next((r for r in rules if r.name == example.rule), None)
        if rule is None:
            raise section.fail("rule", f"no rule is called {example.rule!r}")
        for key, file in (("fires", example.fires), ("silent", example.silent)):
            for place, subject in _subjects(section, key, file, rule):
                tried += 1
                if bool(alerts_of((rule,), subject)) != (key == "fires"):
                    text = subject.evidence if isinstance(subject, Sighting) else subject.clean.title or ""
                    does = "does not fire" if key == "fires" else "fires"
                    wrong.append(f"{place}: {rule.name}: {does} on: {plain(text)}")
    return tried, wrong


def _subjects(section: Section, key: str, name: str, rule: Rule) -> Iterator[tuple[str, Subject]]:
    """Read a file of examples, a claim or an article on each line."""
    if not name:
        return
    file = Path(section.path).parent / name
    kind: type[Sighting] | type[Article] = Sighting if rule.on == "claim" else Article
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise section.fail(key, f"{name}: {error.strerror or error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield f"{file}:{number}", decode(line, kind)
        except ContractError as error:
            raise ConfigError(f"{file}:{number}: {key}: {error}; `claimwire watch --json` writes such lines") from None
