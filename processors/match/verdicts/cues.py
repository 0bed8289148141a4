"""Cue patterns of `cues.toml`: role words, scopes, growth, revision, retraction, denial, cancelled plans."""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("cues.toml")


class Kind(StrEnum):
    """Purpose of a cue."""

    ROLE = "role"
    SCOPE = "scope"
    SUM = "sum"
    GROWTH = "growth"
    REVISION = "revision"
    LOWERED = "lowered"
    RETRACTION = "retraction"
    DENIAL = "denial"
    CONTRADICTION = "contradiction"
    CONTRAST = "contrast"
    SUPERSEDED = "superseded"
    DOUBLED = "doubled"
    FORMER = "former"
    NEGATION = "negation"
    CALLED_OFF = "called_off"


@dataclass(frozen=True)
class Cue:
    """One pattern with an example that it matches and a counter-example that it does not.

    `lower` is the pattern for texts in lower case, which takes a fifth of the time.
    """

    kind: Kind
    id: str
    pattern: re.Pattern[str]
    lower: re.Pattern[str]
    example: str
    counter: str


@cache
def cues() -> tuple[Cue, ...]:
    """Return all patterns in the order of the file. Role words match whole words only."""
    found = []
    for row in tomllib.loads(FILE.read_text("utf-8"))["cue"]:
        kind = Kind(row["kind"])
        text = rf"(?<!\w)(?:{row['pattern']})(?!\w)" if kind is Kind.ROLE else row["pattern"]
        pattern, lower = re.compile(text, re.IGNORECASE), re.compile(text)
        found.append(Cue(kind, row["id"], pattern, lower, row["example"], row["counter"]))
    return tuple(found)


@cache
def of_kind(kind: Kind) -> tuple[Cue, ...]:
    """Return the patterns of one kind."""
    return tuple(cue for cue in cues() if cue.kind is kind)


def found(kind: Kind, text: str) -> str | None:
    """Return the id of the first pattern of a kind that matches, or None."""
    text = text.lower()
    return next((cue.id for cue in of_kind(kind) if cue.lower.search(text)), None)
