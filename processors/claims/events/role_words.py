"""Rows of `data/roles.toml`: words that give a number its role, and their place."""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from claimwire.records.vocabulary import QuantityRole


class At(StrEnum):
    """The place of a role word: see `data/roles.toml`."""

    NOUN = "noun"
    GROUP = "group"
    DONE = "done"
    DOES = "does"
    IS = "is"
    BEFORE = "before"
    TALLY = "tally"


@dataclass(frozen=True)
class RoleWord:
    """A row of `data/roles.toml`; `counted` restricts the noun, `of` the kind of the counted."""

    role: QuantityRole
    at: At
    pattern: re.Pattern[str]
    of: str
    counted: re.Pattern[str] | None
    example: str
    counter: str


@cache
def role_words() -> tuple[RoleWord, ...]:
    """Return all rows in the order of the file; the first that matches wins."""
    text = (files("processors.claims") / "data" / "roles.toml").read_text("utf-8")
    return tuple(
        RoleWord(
            QuantityRole(row["role"]), At(row["at"]), re.compile(rf"(?:{row['pattern']})(?!\S)"), row.get("of", ""),
            re.compile(rf"(?:{row['counted']})(?!\S)") if "counted" in row else None, row["example"], row["counter"],
        )
        for row in tomllib.loads(text)["role"]
    )  # fmt: skip


@cache
def words_at(at: At) -> tuple[RoleWord, ...]:
    """Return the rows for one place."""
    return tuple(word for word in role_words() if word.at is at)


@cache
def any_at(at: At) -> re.Pattern[str]:
    """Return one pattern for all rows of a place, tried first for speed."""
    return re.compile("|".join(word.pattern.pattern for word in words_at(at)))


@cache
def outcome_of(word: str) -> QuantityRole | None:
    """Return the role of a single word ("killed", "released"), or None."""
    return next((w.role for w in role_words() if w.at is not At.BEFORE and w.pattern.fullmatch(word)), None)
