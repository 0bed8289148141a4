"""Word patterns of `wording.toml`: words of a claim that count for or against reporting it."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("wording.toml")


@dataclass(frozen=True)
class Words:
    """A pattern, the name of its feature, an example that it matches and a counter-example that it does not."""

    name: str
    pattern: re.Pattern[str]
    example: str
    counter: str


@cache
def wordings() -> dict[str, Words]:
    """Return all patterns by name, in the order of the file."""
    rows = tomllib.loads(FILE.read_text("utf-8"))["words"]
    found = [
        Words(r["name"], re.compile(r["pattern"], 0 if r.get("case") else re.IGNORECASE), r["example"], r["counter"])
        for r in rows
    ]
    return {words.name: words for words in found}
