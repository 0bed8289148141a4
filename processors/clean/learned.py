"""Repeated lines of a host: candidates in an article, and removal of learned ones."""

import re
from collections.abc import Sequence

from claimwire.records.articles import Removed
from claimwire.records.hosts import HostLine, HostRules, Place
from processors.clean.lines import is_body_sentence
from processors.clean.rules import DATELINE

LONGEST = 200
MOST_LINES = 40
HEAD, TAIL = 3, 5
DIGIT = re.compile(r"\d")
QUOTED = re.compile(r"^[\"“„«‘»']")
Kept = tuple[tuple[int, str], ...]


def folded(line: str) -> str:
    """Normalise a line: case and digits, which vary between articles."""
    return DIGIT.sub("0", line.casefold())


def place_of(index: int, count: int) -> Place:
    """Return the position class of the nth of `count` lines; in a short text the nearer end."""
    if index < HEAD and index < count / 2:
        return Place.HEAD
    return Place.TAIL if index >= count - TAIL else Place.MIDDLE


def host_lines(kept: Sequence[tuple[int, str]]) -> tuple[HostLine, ...]:
    """Return the lines that may be boilerplate: short, no quotation, no dateline; each once, from the ends inwards."""
    found = {}
    for index, (_, text) in enumerate(kept):
        if len(text) > LONGEST or QUOTED.search(text) or DATELINE.match(text):
            continue
        place, is_sentence = place_of(index, len(kept)), is_body_sentence(text)
        if place is not Place.MIDDLE or not is_sentence:
            found[place, folded(text)] = HostLine(text=folded(text), place=place, is_sentence=is_sentence)
    ordered = sorted(found.values(), key=lambda line: line.place is Place.MIDDLE)
    return tuple(ordered[:MOST_LINES])


def drop_learned(kept: Kept, rules: HostRules | None) -> tuple[Kept, tuple[Removed, ...]]:
    """Remove the lines that a host repeats, each with its evidence. Never removes half of the text."""
    if rules is None:
        return kept, ()
    known = {(line.place, line.text): line for line in rules.lines}
    left, removed = list(kept), []
    while True:
        hits = [
            (index, known[key])
            for index, (_, text) in enumerate(left)
            if (key := (place_of(index, len(left)), folded(text))) in known
        ]
        if not hits:
            break
        for index, line in reversed(hits):
            number, text = left.pop(index)
            evidence = f"on {line.articles} of {line.of} articles of {rules.host} on {line.days} days, {line.place}"
            removed.append(Removed(rule="learned", line=number, text=text, evidence=evidence))
    if sum(len(r.text) for r in removed) > sum(len(text) for _, text in left):
        return kept, ()
    return tuple(left), tuple(sorted(removed, key=lambda r: r.line))
