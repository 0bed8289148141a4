"""Numbers that count nothing: dates, clock times, ages, labels, scores, years and parts of names."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from processors.claims.lexicon import listed, units
from processors.claims.model import Token
from processors.claims.syntax.figures import is_year

AROUND = 7
BEFORE_YEARS = listed("before_years")
BEFORE_TIMES = frozenset("at by until from our around".split())
SHARES = frozenset("% per percent pct million billion".split())
NAMES = frozenset({"NNP", "NNPS"})
# Words before four digits that make them a count and no year.
COUNTING = listed("counting")


@dataclass(frozen=True)
class Label:
    """A row of `data/labels.toml`; `only` restricts it to one value."""

    id: str
    pattern: re.Pattern[str]
    only: float | None
    example: str
    counter: str


@cache
def labels() -> tuple[Label, ...]:
    """Return all rows in the order of the file."""
    text = (files("processors.claims") / "data" / "labels.toml").read_text("utf-8")
    return tuple(
        Label(row["id"], re.compile(row["pattern"]), row.get("only"), row["example"], row["counter"])
        for row in tomllib.loads(text)["label"]
    )


def is_label(tokens: Sequence[Token], first: int, last: int, value: float) -> bool:
    """Return whether the number `tokens[first..last]` only names, dates or orders something."""
    if _is_in_apposition(tokens, first, last) or _is_time_or_year(tokens, first, last):
        return True
    if _is_of_name(tokens, first, last):
        return True
    before = " ".join([t.low for t in tokens[max(0, first - AROUND) : first]])
    after = " ".join([t.low for t in tokens[last + 1 : last + 1 + AROUND]])
    words = f"{before} # {after}"
    return any((row.only is None or row.only == value) and row.pattern.search(words) for row in labels())


def is_score(tokens: Sequence[Token], first: int, end: int) -> int:
    """Return the last token of a score ("6-2", "14-0-1", "won 3-1") that begins with a number, or -1."""
    stop = end
    while (
        stop + 2 < len(tokens)
        and tokens[stop + 1].text in ("-", "–")
        and tokens[stop + 1].start == tokens[stop].end
        and tokens[stop + 2].text.isdigit()
    ):
        stop += 2
    counts = [t.text for t in tokens[first : stop + 1 : 2]]
    if stop == end or not all(c.isdigit() and len(c) < 4 for c in counts):
        return -1
    is_falling = int(counts[0]) >= int(counts[1]) or len(counts) > 2
    after = tokens[stop + 1] if stop + 1 < len(tokens) else None
    is_counting = (
        after is not None and (after.tag in ("NNS", "NN", "JJ", "%", "CD") or after.low in units()) and not is_falling
    )
    return -1 if is_counting else stop


def _is_in_apposition(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Return whether a number is an age in apposition, as in "Ana Lima, 37, said"."""
    return (
        first > 1
        and tokens[first - 1].tag == ","
        and tokens[first - 2].tag in {*NAMES, "NN"}
        and len(tokens[first].text) < 3
        and (last + 1 >= len(tokens) or tokens[last + 1].tag in (",", "."))
    )


def _is_time_or_year(tokens: Sequence[Token], first: int, last: int) -> bool:
    text, before = tokens[first].text, tokens[first - 1].low if first else ""
    after = tokens[last + 1] if last + 1 < len(tokens) else None
    is_measured = after is not None and (after.low in SHARES or after.low in units())
    if re.fullmatch(r"\d{1,2}[.:][0-5]\d", text) and not is_measured:
        return ":" in text or before in BEFORE_TIMES or re.fullmatch(r"0\d\.\d\d", text) is not None
    if not is_year(text) or first != last:
        return False
    is_count = after is not None and after.tag == "NNS" and after.low in units()
    return before in BEFORE_YEARS or (before not in COUNTING and not is_count)


def _is_of_name(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Return whether a number belongs to the name before it, as in "Falcon 9 lifted off"."""
    return (
        first > 0
        and tokens[first - 1].tag in NAMES
        and tokens[first].text.isdigit()
        and (last + 1 >= len(tokens) or tokens[last + 1].tag not in ("NN", "NNS", "JJ", "%", "$"))
    )
