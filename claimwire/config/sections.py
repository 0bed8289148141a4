"""TOML files of [[sections]] (rules, channels, examples), with errors that name file and line."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from claimwire.config.settings import line_of_key, read_toml
from claimwire.errors import ConfigError
from claimwire.records.vocabulary import did_you_mean

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


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

    def check_keys(self, known: Collection[str]) -> None:
        """Raise ConfigError for an unknown key."""
        for key in self.row:
            if key not in known:
                raise self.fail(key, f"no such key{did_you_mean(key, sorted(known))}")

    def string(self, key: str, default: str = "", choices: Collection[str] = ()) -> str:
        """Return a text value, one of `choices` if given. Raises ConfigError."""
        value = self.row.get(key, default)
        if not isinstance(value, str):
            raise self.fail(key, f"expected a text, got {value!r}")
        if choices and value not in choices:
            raise self.fail(key, f"{value!r} is not one of {', '.join(choices)}{did_you_mean(value, choices)}")
        return value

    def strings(self, key: str, default: list[str], choices: Collection[str]) -> tuple[str, ...]:
        """Return a list of values from `choices`. Raises ConfigError."""
        value = self.row.get(key, default)
        wrong = [v for v in value if v not in choices] if isinstance(value, list) else [value]
        if wrong:
            raise self.fail(key, f"{wrong[0]!r} is not one of {', '.join(choices)} (in a list)")
        return tuple(value)

    def duration(self, key: str) -> float:
        """Return a duration (90s, 5m, 2h, 1d) in seconds; 0 if the key is missing. Raises ConfigError."""
        value = self.row.get(key)
        if value is None:
            return 0.0
        found = re.fullmatch(r"(\d{1,5})([smhd])", value) if isinstance(value, str) else None
        if found is None or not int(found[1]):
            raise self.fail(key, f'{value!r} is not a duration; write one like "90s", "5m", "2h" or "1d"')
        return float(int(found[1]) * SECONDS[found[2]])

    def hours(self, key: str) -> str:
        """Return hours of the day in a time zone, "22:00-06:00 Europe/Paris"; empty if the key is missing.

        Raises ConfigError.
        """
        value = self.row.get(key)
        if value is None:
            return ""
        clock = r"([01]\d|2[0-3]):[0-5]\d"
        found = re.fullmatch(rf"{clock}-{clock} (\S+)", value) if isinstance(value, str) else None
        if found is None:
            raise self.fail(key, f'{value!r} is not a time range; write one like "22:00-06:00 Europe/Paris"')
        try:
            ZoneInfo(found[3])
        except (KeyError, ValueError, OSError):
            raise self.fail(key, f"unknown time zone {found[3]!r}; use a name like Europe/Paris") from None
        return str(value)


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
