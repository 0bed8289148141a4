"""Detection of solicitations (subscribe, donate, follow us) that no rule covers: weights over `data/appeals.toml`."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

LONGEST, MOST_WORDS = 160, 26
STRONG, WEAK, MOST_WEAK, OPENER, ADDRESS, TELLING, OUTSIDE = 2, 1, 2, 1, 1, -3, 2
# Score that a line must reach; lines outside the body start with OUTSIDE.
ENOUGH = 5
QUOTED = re.compile(r"^[\"“„«‘']|[”»]$")
WORDS = re.compile(r"[^\s.,;:!?()|…]+")
KINDS = ("strong", "weak", "openers", "address", "telling")


class Cues(NamedTuple):
    """Cues of one kind: words, prefixes of words, and phrases."""

    words: frozenset[str]
    beginnings: tuple[str, ...]
    phrases: tuple[str, ...]

    def found(self, words: list[str], folded: str) -> int:
        """Count the cues among the words and phrases of a line."""
        single = sum(w in self.words or w.startswith(self.beginnings) for w in words)
        return single + sum(p in folded for p in self.phrases)


@cache
def cues() -> dict[str, Cues]:
    """Return the cues of all languages by kind: the language of a single line is not known."""
    table = tomllib.loads((Path(__file__).parent / "data" / "appeals.toml").read_text("utf-8"))
    found = {}
    for kind in KINDS:
        entries = [entry.casefold() for language in table.values() for entry in language[kind]]
        single = [e for e in entries if " " not in e]
        found[kind] = Cues(
            frozenset(e for e in single if not e.endswith("*")),
            tuple(sorted({e[:-1] for e in single if e.endswith("*")})),
            tuple(sorted({f" {e.rstrip('*')}" for e in entries if " " in e})),
        )
    return found


def appeal_score(line: str) -> int:
    """Return the solicitation score of a line; 0 for a long or quoted one."""
    if len(line) > LONGEST or QUOTED.search(line):
        return 0
    folded = line.casefold()
    words = WORDS.findall(folded)
    if not words or len(words) > MOST_WORDS:
        return 0
    table, spaced = cues(), f" {folded}"
    count = {kind: table[kind].found(words, spaced) for kind in ("strong", "weak", "address", "telling")}
    score = STRONG * count["strong"] + WEAK * min(count["weak"], MOST_WEAK) + ADDRESS * (count["address"] > 0)
    score += OPENER * (words[0] in table["openers"].words) + TELLING * (count["telling"] > 0)
    return score if count["strong"] or (count["weak"] and count["address"]) else 0


def is_appeal(line: str, is_outside: bool) -> bool:
    """Return whether to remove a line; `is_outside`: it is before the first body sentence or after the last."""
    return appeal_score(line) + OUTSIDE * is_outside >= ENOUGH
