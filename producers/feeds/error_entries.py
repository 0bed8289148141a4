"""Entries in which the maker of a feed (a bridge, a generator) reports its own error (`data/error_entries.toml`)."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from producers.feeds.entries import RawEntry

LONGEST = 20_000


@cache
def catalogue() -> tuple[dict[str, Any], ...]:
    """Return the rules with their examples and counter-examples."""
    text = (Path(__file__).parent / "data" / "error_entries.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["rule"])


@dataclass(frozen=True)
class _Rule:
    words: tuple[str, ...]
    title: re.Pattern[str]
    text: re.Pattern[str] | None


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(
        _Rule(tuple(r["words"]), re.compile(r["title"], re.I), re.compile(r["text"], re.I) if "text" in r else None)
        for r in catalogue()
    )


def error_entries(rows: Sequence[RawEntry]) -> list[RawEntry]:
    """Return the entries that are errors of the feed's maker."""
    titles = "\n".join(row.title for row in rows).lower()
    rules = [rule for rule in _rules() if any(word in titles for word in rule.words)]
    return [row for row in rows if any(_is_error(row, rule) for rule in rules)] if rules else []


def _is_error(row: RawEntry, rule: _Rule) -> bool:
    if not rule.title.match(row.title.strip()):
        return False
    return rule.text is None or rule.text.search((row.content or row.summary)[:LONGEST]) is not None
