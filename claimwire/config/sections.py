"""TOML files of [[sections]] (rules, channels, examples), with errors that name file and line."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Meta

from claimwire.config.settings import line_of_key, read_toml
from claimwire.config.typed import Mistake, row_of
from claimwire.errors import ConfigError
from claimwire.records.vocabulary import did_you_mean

T = TypeVar("T")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
Name = Annotated[str, Meta(min_length=1, description='a name, like "desk"')]
Duration = Annotated[
    str, Meta(pattern=r"^[1-9]\d{0,4}[smhd]$", description='a duration like "90s", "5m", "2h" or "1d"')
]
Hours = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d \S+$",
        description='a time range like "22:00-06:00 Europe/Paris"',
    ),
]


@dataclass(frozen=True)
class Section:
    """One [[kind]] section of a file; `number` counts sections of that kind from 0, `text` starts with the section."""

    path: str
    kind: str
    number: int
    row: Mapping[str, Any]
    text: str
    line: int

    def fail(self, key: str, problem: str) -> ConfigError:
        """Return the error for a key of this section, `file:line: key: problem`."""
        return ConfigError(f"{self.path}:{self.line + line_of_key(self.text, key)}: {key}: {problem}")

    def read(self, kind: type[T]) -> T:
        """Return the section as an instance of a dataclass. Raises ConfigError."""
        try:
            return row_of(kind, self.row)
        except Mistake as mistake:
            raise self.fail(mistake.key, mistake.problem) from None

    def check(self, key: str, words: Collection[str], choices: Collection[str]) -> None:
        """Check that all `words` of a key are among `choices`. Raises ConfigError."""
        for word in words:
            if word not in choices:
                raise self.fail(key, f"{word!r} is not one of {', '.join(choices)}{did_you_mean(word, choices)}")

    def check_zone(self, key: str, hours: str) -> None:
        """Check that the time zone of "22:00-06:00 Europe/Paris" exists. Raises ConfigError."""
        zone = hours.partition(" ")[2]
        try:
            ZoneInfo(zone or "UTC")
        except (KeyError, ValueError, OSError):
            raise self.fail(key, f"unknown time zone {zone!r}; use a name like Europe/Paris") from None


def seconds(duration: str) -> float:
    """Return the seconds of a duration; 0 if it is empty."""
    return float(int(duration[:-1]) * SECONDS[duration[-1]]) if duration else 0.0


def read_sections(path: str, kinds: Collection[str]) -> dict[str, list[Section]]:
    """Read the sections of a file, by kind. Raises ConfigError for anything else in it."""
    text, table = read_toml(Path(path))
    return sections_of(path, text, table, kinds)


def sections_of(path: str, text: str, table: Mapping[str, Any], kinds: Collection[str]) -> dict[str, list[Section]]:
    """Split the parsed TOML `table` into sections by kind. Raises ConfigError."""
    found: dict[str, list[Section]] = {kind: [] for kind in kinds}
    for key, rows in table.items():
        if key not in found:
            names = ", ".join(f"[[{k}]]" for k in kinds)
            raise ConfigError(f"{path}:{line_of_key(text, key)}: {key}: no such key (only {names})")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ConfigError(f"{path}:{line_of_key(text, key)}: {key}: write [[{key}]]")
        starts = [m.start() for m in re.finditer(rf"^\s*\[\[\s*{re.escape(key)}\s*\]\]", text, re.MULTILINE)]
        for number, row in enumerate(rows):
            start = starts[number] if number < len(starts) else 0
            found[key].append(Section(path, key, number, row, text[start:], text[:start].count("\n")))
    return found
