"""Catalogue of boilerplate lines (`data/rules.toml`), and patterns for datelines, bylines and truncation marks."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

LONGEST = 160


class Anchor(Enum):
    ANY = "any"
    HEAD = "head"
    TAIL = "tail"
    CUT = "cut"


@dataclass(frozen=True)
class LineRule:
    """A rule: `pattern` or one of `phrases` matches the whole folded line of at most `longest` characters."""

    id: str
    anchor: Anchor
    phrases: frozenset[str]
    pattern: re.Pattern[str] | None
    longest: int


@cache
def catalogue() -> tuple[dict[str, Any], ...]:
    """Return the rules of `data/rules.toml` unchanged, with their examples and counter-examples."""
    return tuple(tomllib.loads((Path(__file__).parent / "data" / "rules.toml").read_text("utf-8"))["rule"])


@cache
def rules() -> tuple[LineRule, ...]:
    """Return the compiled catalogue."""
    return tuple(
        LineRule(
            id=rule["id"],
            anchor=Anchor(rule["anchor"]),
            phrases=frozenset(p.casefold() for p in rule.get("phrases", ())),
            pattern=re.compile(f"(?:{rule['pattern']})") if "pattern" in rule else None,
            longest=rule.get("longest", LONGEST),
        )
        for rule in catalogue()
    )


@cache
def _phrases() -> dict[str, list[LineRule]]:
    table: dict[str, list[LineRule]] = {}
    for rule in rules():
        for phrase in rule.phrases:
            table.setdefault(phrase, []).append(rule)
    return table


@cache
def _patterns() -> tuple[int, tuple[LineRule, ...]]:
    found = tuple(rule for rule in rules() if rule.pattern is not None)
    return max(rule.longest for rule in found), found


def meanings(folded: str) -> Iterator[LineRule]:
    """Return the rules that match a line, which is trimmed and case-folded."""
    yield from _phrases().get(folded, ())
    longest, patterns = _patterns()
    size = len(folded)
    if size <= longest:
        for rule in patterns:
            if size <= rule.longest and rule.pattern.fullmatch(folded):  # type: ignore[union-attr]
                yield rule


BYLINE = re.compile(r"(?:by|von|por|par|di|автор:?)\s+(\S.{1,70}[^.!?])", re.IGNORECASE)
DATELINE = re.compile(
    r"([A-ZÀ-Ý][\w .'’/-]{1,40}(?:, [\w .]{2,30})?) ?\(([A-Z][\w .’'-]{1,30})\)\s*[-–—.]+\s+"
    r"|([A-ZÀ-Ý]{3,}[A-ZÀ-Ý .'’-]{0,30}(?:, [A-Z][\w .]{2,30})?)\s*[-–—]+\s+"
)
AUTOBLOG_EDGE = re.compile(r"^\s*\[ad_\d\]\s*|\s*\[ad_\d\]\s*$")
TRUNCATED = re.compile(
    r"(\[(…|\.\.\.|&#8230;)\]|(…|\.\.\.)\s*(continue reading|read more|weiterlesen|leer más|lire la suite)?.{0,80}"
    r"|(continue reading|read the full story|\(more…\)|read more|seguir leyendo|weiterlesen|lire la suite))\s*$",
    re.IGNORECASE,
)
HOME_WORDS = frozenset(
    "home startseite inicio início accueil главная начало الرئيسية beranda anasayfa strona główna news".split()
) | {"ana sayfa", "you are here:", "sie sind hier:"}
