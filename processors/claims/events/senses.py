"""Senses of event words: patterns of context in which a word stands for another event type (`senses.toml`)."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from claimwire.records.vocabulary import EventType
from processors.claims.model import Token

# Words before and after the event word that a pattern sees.
NEAR = 6


@dataclass(frozen=True)
class Sense:
    """A sense of `words`: the event type `means` where `pattern` matches, as in the example and not the counter-example."""

    id: str
    words: frozenset[str]
    pattern: re.Pattern[str]
    means: EventType
    example: str
    counter: str


@cache
def senses() -> tuple[Sense, ...]:
    """Return all senses in the order of the file."""
    rows = tomllib.loads((files("processors.claims") / "data" / "senses.toml").read_text("utf-8"))["sense"]
    return tuple(
        Sense(
            row["id"], frozenset(w.replace("_", " ") for w in row["words"].split()), re.compile(row["pattern"]),
            EventType[row["means"]], row["example"], row["counter"],
        )
        for row in rows
    )  # fmt: skip


@cache
def _of_word(word: str) -> tuple[Sense, ...]:
    return tuple(sense for sense in senses() if word in sense.words)


def meant(form: str, kind: EventType, tokens: Sequence[Token], first: int, last: int) -> EventType:
    """Return the event type of the word `form` at `tokens[first..last]`: `kind`, or that of its sense."""
    found = _of_word(form)
    if not found:
        return kind
    near = " ".join(t.low for t in tokens[max(0, first - NEAR) : last + 1 + NEAR])
    return next((sense.means for sense in found if sense.pattern.search(near)), kind)
