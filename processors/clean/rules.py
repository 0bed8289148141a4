"""The catalogue of text-level boilerplate (`data/rules.toml`), and what is read off a line rather than removed."""

import re
import tomllib
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
    """`pattern` or one of `phrases` is the whole folded line of at most `longest` characters."""

    id: str
    anchor: Anchor
    phrases: frozenset[str]
    pattern: re.Pattern[str] | None
    longest: int

    def matches(self, folded: str) -> bool:
        """Whether the rule means a line, which is trimmed and case-folded."""
        if len(folded) > self.longest:
            return False
        return folded in self.phrases or (self.pattern is not None and self.pattern.fullmatch(folded) is not None)


@cache
def catalogue() -> tuple[dict[str, Any], ...]:
    """The rules of `data/rules.toml` as they are written, with their examples and counter-examples."""
    return tuple(tomllib.loads((Path(__file__).parent / "data" / "rules.toml").read_text("utf-8"))["rule"])


@cache
def rules() -> tuple[LineRule, ...]:
    """The catalogue, ready to match."""
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
