"""The search store's protocol; the drivers stand beside it, under one contract suite.

Contract (`tests/contract/test_store.py`):
- `write` is idempotent and versioned: a document with an older version than the stored one changes nothing and is
  not a failure. It returns one `Failure` for each document that the store will never take (mapping errors); what may
  be taken later raises SinkError(retryable=True) after the driver's own retries, and the caller writes again.
- What `write` returned is durable, and found by `search` after `refresh`.
- `search` finds documents that hold all words and all "quoted phrases" of the query, newest first, by the words of
  the text in any case. A query without a word finds everything.
- A filter of several values finds documents with any of them, several filters those that fit all.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from claimwire.records import Verdict
from claimwire.vocabulary import LANGUAGE, EventType, Modality, ReportReason, Severity, Vocabulary, did_you_mean

# Kinds that the fold of articles.clean gives; KINDS adds those of the pipeline itself.
CONTENT = ("articles", "claims", "clusters", "stories", "alerts")
KINDS = (*CONTENT, "outcomes", "deadletters", "feeds")
# Of these kinds an article has many documents.
OF_ARTICLE = frozenset(("claims", "alerts", "deadletters"))
# One index for all time: records of one thing may be of two months, and make one document.
UNDATED = frozenset(("outcomes", "feeds"))
# Periods that are kept apart: months from MONTHLY_SINCE on, whole years before it (an archive may span decades), and
# all that is older than OLDEST_YEAR. Fixed years: the period of a document never changes, so that its id stays one.
MONTHLY_SINCE, OLDEST_YEAR = 2026, 1995
# The fields that facets and filters take, by kind.
FACETS: Mapping[str, tuple[str, ...]] = {
    "articles": ("source", "language", "story_id", "outcome"),
    "claims": (
        "source",
        "language",
        "story_id",
        "cluster_id",
        "article_id",
        "claimant",
        "event_type",
        "verdict",
        "places",
        "modality",
        "reason",
    ),
    "clusters": ("story_id", "event_type", "claimants", "sources"),
    "stories": ("sources", "language"),
    "alerts": ("rule", "severity", "source", "story_id", "article_id", "verdict"),
    "outcomes": ("state", "stage", "reason", "source", "article_id"),
    "deadletters": ("state", "stage", "reason", "topic", "article_id"),
    "feeds": ("status", "source", "language"),
}


# Of these fields, whatever the kind, only the words of a vocabulary are ever found.
VOCABULARIES: Mapping[str, type[Vocabulary]] = {
    "event_type": EventType, "modality": Modality, "verdict": Verdict, "severity": Severity,
    "reason": ReportReason,
}  # fmt: skip


@dataclass(frozen=True)
class Document:
    """One document: `kind` of KINDS, `version` as DESIGN's guarantee 2 says, `first_seen_at` decides the period."""

    kind: str
    id: str
    version: int
    first_seen_at: datetime
    body: Mapping[str, Any]

    @property
    def period(self) -> str:
        """`all`, `older`, a year or a month (YYYY-MM), in UTC."""
        seen = self.first_seen_at.astimezone(UTC)
        if self.kind in UNDATED:
            return "all"
        if seen.year < OLDEST_YEAR:
            return "older"
        return f"{seen:%Y-%m}" if seen.year >= MONTHLY_SINCE else f"{seen:%Y}"


@dataclass(frozen=True)
class Failure:
    """A document that the store refuses for good, and why."""

    document: Document
    reason: str


@dataclass(frozen=True)
class Hit:
    """A found document; `highlight` has the found words between ⟦ and ⟧."""

    id: str
    body: Mapping[str, Any]
    highlight: str


@dataclass(frozen=True)
class Found:
    """`total` hits, the newest of them in `hits`."""

    total: int
    hits: Sequence[Hit] = field(default_factory=tuple)


@dataclass(frozen=True)
class Span:
    """Documents first seen at `since` or later, and before `until`."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS = Span()
Filters = Mapping[str, str | Sequence[str]]
# End of a page of hits: first_seen_at and id of its last one.
After = tuple[datetime, str]
INTERVALS = {"day": 10, "hour": 13}


class SearchStore(Protocol):
    """A store in one namespace."""

    def setup(self) -> list[str]:
        """Create templates, tables and aliases; returns what was created, nothing when run twice."""
        ...

    def missing(self) -> list[str]:
        """Return the names that `setup` would create or change."""
        ...

    def promote(self, other: str) -> None:
        """From now on, who searches this namespace finds what the namespace `other` holds; its own name takes that back."""
        ...

    def write(self, documents: Sequence[Document]) -> list[Failure]: ...

    def refresh(self) -> None:
        """Make all writes visible to search."""
        ...

    def search(
        self,
        kind: str,
        query: str = "",
        filters: Filters | None = None,
        limit: int = 20,
        *,
        span: Span = ALWAYS,
        after: After | None = None,
        count_to: int | None = None,
    ) -> Found:
        """`total` may stop at `count_to`, where that is given."""
        ...

    def facets(
        self,
        kind: str,
        names: Sequence[str],
        query: str = "",
        filters: Filters | None = None,
        limit: int = 20,
        *,
        span: Span = ALWAYS,
        sample: int | None = None,
    ) -> dict[str, list[tuple[str, int]]]:
        """Most frequent values of each field, ties in order of value; of the newest `sample` documents at least, where
        that is given, else of all."""
        ...

    def timeline(
        self, kind: str, query: str = "", filters: Filters | None = None, *, span: Span = ALWAYS, interval: str = "day"
    ) -> list[tuple[str, int]]:
        """Documents a day (YYYY-MM-DD) or hour (YYYY-MM-DDTHH) of first_seen_at, in UTC; empty ones are left out."""
        ...

    def timelines(
        self, kind: str, name: str, values: Sequence[str], *, span: Span = ALWAYS, interval: str = "hour"
    ) -> dict[str, list[tuple[str, int]]]:
        """The timeline of each of these values of a field."""
        ...

    def get(self, kind: str, id_: str) -> Mapping[str, Any] | None: ...

    def get_many(self, kind: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Those that are there, by id."""
        ...

    def stored(self, kind: str, ids: Sequence[str]) -> set[str]:
        """Those of these ids (at most 10,000) of which a document was written here, whatever is read under this name."""
        ...

    def dump(self, kind: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
        """Every document that was written here as (id, version, body), by id."""
        ...

    def scan(
        self, kind: str, query: str = "", filters: Filters | None = None, *, span: Span = ALWAYS
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every document that `search` would find as (id, body), by id."""
        ...

    def expire(self, month: str) -> int:
        """Delete the documents of months before `month` (YYYY-MM), but feeds; how many there were."""
        ...

    def forget(self, kind: str, *ids: str) -> int:
        """Delete documents; of claims, alerts and dead letters, all those of the articles of these ids. How many there were."""
        ...

    def size(self) -> int:
        """Bytes on disk."""
        ...

    def close(self) -> None: ...


def first_month_kept(keep_days: int, now: datetime) -> str:
    """The month (YYYY-MM) of the oldest documents that `keep_days` leaves; empty where all are kept."""
    return f"{now - timedelta(days=keep_days):%Y-%m}" if keep_days else ""


def parse_query(query: str) -> list[str]:
    """Words and quoted phrases of a query, each to be found."""
    parts = re.findall(r'"([^"]*)"|(\S+)', query)
    return [p for p in (" ".join(re.findall(r"\w+", quoted or word)) for quoted, word in parts) if p]


def check_interval(interval: str) -> int:
    """The length of a bucket's name. Raises ValueError where there is no such interval."""
    if interval not in INTERVALS:
        raise ValueError(f"interval {interval!r} is not one of {', '.join(INTERVALS)}")
    return INTERVALS[interval]


def check_field(kind: str, name: str) -> None:
    """Raises ValueError where `name` is no facet of `kind`, with those that are."""
    if kind not in FACETS:
        raise ValueError(f"kind {kind!r} is not one of {', '.join(KINDS)}")
    if name not in FACETS[kind]:
        raise ValueError(f"field {name!r} of {kind} is not one of {', '.join(FACETS[kind])}")


def check_value(name: str, value: str) -> None:
    """Raises ValueError where a field never has this value, with those that it may have."""
    if name == "language" and not re.fullmatch(LANGUAGE, value):
        raise ValueError(f"language: {value!r} is not two letters of ISO 639-1 like en, or und where it is not known")
    words = VOCABULARIES.get(name)
    if words is not None and words.known(value) is None:
        raise ValueError(f"{name}: {value!r} is not one of {', '.join(words)}{did_you_mean(value, words)}")


def values_of(wanted: str | Sequence[str]) -> list[str]:
    """The values of a filter."""
    return [wanted] if isinstance(wanted, str) else list(wanted)


def facet_values(kind: str, body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(field, value) of a document, for each field that filters take."""
    found = []
    for name in FACETS[kind]:
        value = body.get(name)
        found += [(name, v) for v in (value if isinstance(value, list | tuple) else [value]) if isinstance(v, str)]
    return list(dict.fromkeys(found))
