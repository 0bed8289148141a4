"""Filters of claims: the same words, fields and span for the page, its stream and `claimwire watch`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from claimwire.errors import ConfigError
from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import REPORTED, Verdict, did_you_mean
from claimwire.store import FACETS, Span, check_value, parse_query

FIELDS = tuple(name for name in FACETS["claims"] if name not in ("article_id",))
# Without a filter on reason or repeats, only reported claims are shown.
SHOWN = tuple(reason.value for reason in REPORTED)
UNITS = {"m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class ClaimFilter:
    """Filter: `words` as in a search, `fields` with the accepted values of each field, `since` as typed."""

    words: str = ""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: str = ""

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "ClaimFilter":
        """Parse the filter from a query string. Raises ConfigError for an invalid name or value."""
        words, since, fields = "", "", dict[str, tuple[str, ...]]()
        for name, value in pairs:
            if not value:
                continue
            if name == "q":
                words = value
            elif name == "since":
                since_of(value)
                since = value
            elif name in FIELDS:
                fields[name] = (*fields.get(name, ()), value)
            else:
                raise ConfigError(f"{name}: no such filter{did_you_mean(name, ['q', 'since', *FIELDS])}")
        return cls(words, checked(fields), since)

    @property
    def wanted(self) -> dict[str, tuple[str, ...]]:
        """Return the filters for the store: only reported claims, unless a reason or repeats are selected."""
        is_own_choice = "reason" in self.fields or Verdict.REPEAT in self.fields.get("verdict", ())
        return dict(self.fields) if is_own_choice else {"reason": SHOWN} | dict(self.fields)

    def span(self, now: datetime) -> Span:
        """Return the span of `since` relative to `now`."""
        return Span(since_of(self.since, now)) if self.since else Span()

    def query(self, **changes: tuple[str, ...] | str) -> str:
        """Return the query string of this filter with changes; an empty value removes a field."""
        parts: dict[str, tuple[str, ...] | str] = {"q": self.words, **self.fields, "since": self.since, **changes}
        return urlencode([(n, v) for n, values in parts.items() for v in _listed(values) if v])

    def fits(self, sighting: Sighting) -> bool:
        """Return whether a claim matches; ignores `since`."""
        if any(not set(values) & set(_values(sighting, name)) for name, values in self.wanted.items()):
            return False
        text = " ".join(re.findall(r"\w+", f"{sighting.title or ''} ␞ {sighting.sentence}".lower()))
        return all(f" {phrase.lower()} " in f" {text} " for phrase in parse_query(self.words))


def checked(fields: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Return the filters if every value is possible. Raises ConfigError."""
    for name, values in fields.items():
        for value in values:
            try:
                check_value(name, value)
            except ValueError as error:
                raise ConfigError(str(error)) from None
    return fields


def since_of(text: str, now: datetime | None = None) -> datetime:
    """Parse a time like 90m, 24h, 7d, or a date (ISO 8601, UTC). Raises ConfigError."""
    found = re.fullmatch(r"(\d{1,5})([mhd])", text)
    if found:
        return (now or datetime.now(UTC)) - timedelta(seconds=int(found[1]) * UNITS[found[2]])
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"since: {text!r} is neither like 24h or 7d nor a date like 2026-11-20") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _listed(values: tuple[str, ...] | str) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else values


def _values(sighting: Sighting, name: str) -> tuple[str, ...]:
    value = getattr(sighting if hasattr(sighting, name) else sighting.claim, name)
    return tuple(value) if isinstance(value, list | tuple) else (str(value),)
