"""Word patterns of `wording.toml`: words of a claim that count for or against reporting it."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from claimwire.text.pattern_sets import PatternSet

FILE = Path(__file__).with_name("wording.toml")


@dataclass(frozen=True)
class Words:
    """A pattern, the name of its feature, an example that it matches and a counter-example that it does not.

    A pattern that ignores case is searched in the text in lower case: `re.IGNORECASE` takes five times as long.
    """

    name: str
    pattern: re.Pattern[str]
    has_case: bool
    example: str
    counter: str

    def count(self, text: str) -> int:
        """Return how often a text has one of the words."""
        return len(self.pattern.findall(text if self.has_case else text.lower()))


@cache
def wordings() -> dict[str, Words]:
    """Return all patterns by name, in the order of the file."""
    rows = tomllib.loads(FILE.read_text("utf-8"))["words"]
    return {
        r["name"]: Words(r["name"], re.compile(r["pattern"]), r.get("case", False), r["example"], r["counter"])
        for r in rows
    }


@cache
def _sets() -> tuple[PatternSet[str], PatternSet[str]]:
    """Return the patterns that ignore case, and the others."""
    rows = wordings().values()
    folded, exact = ([(w.name, w.pattern.pattern) for w in rows if w.has_case is kind] for kind in (False, True))
    return PatternSet(folded), PatternSet(exact)


def found_in(text: str) -> set[str]:
    """Return the names of the patterns that a text has."""
    folded, exact = _sets()
    return folded.found(text.lower()) | exact.found(text)
