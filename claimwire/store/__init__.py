"""Protocol of the search store. Both drivers pass one contract suite.

Contract (`tests/contract/test_store.py`):
- `write` is idempotent and versioned: a document with an older version than the stored one changes nothing and is
  not a failure. It returns one `Failure` for each document that the store permanently rejects (mapping errors); other
  faults raise SinkError(retryable=True) after the driver's own retries, and the caller writes again.
- When `write` returns, its documents are durable; `search` finds them after `refresh`.
- `search` finds documents with all words and all "quoted phrases" of the query, ignoring case, newest first. A query
  without a word finds everything.
- A filter matches documents with any of its values; several filters must all match.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from claimwire.records.vocabulary import (
    LANGUAGE,
    EventType,
    Modality,
    ReportReason,
    Severity,
    Verdict,
    Vocabulary,
    did_you_mean,
)

# Kinds that result from folding articles.clean; KINDS adds those of the pipeline itself.
CONTENT = ("articles", "claims", "clusters", "stories", "alerts")
KINDS = (*CONTENT, "outcomes", "deadletters", "feeds")
# Kinds with several documents for an article.
OF_ARTICLE = frozenset(("claims", "alerts", "deadletters"))
# Kinds in a single index: records of one document may fall into two months.
UNDATED = frozenset(("outcomes", "feeds"))
# Index periods: months from MONTHLY_SINCE, whole years before it (an archive may span decades), and one for everything
# before OLDEST_YEAR. The years are fixed: a document's period never changes, so that its id stays unique.
MONTHLY_SINCE, OLDEST_YEAR = 2026, 1995
# Fields for facets and filters, by kind.
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


# Fields whose values are from a vocabulary, in any kind.
VOCABULARIES: Mapping[str, type[Vocabulary]] = {
    "event_type": EventType, "modality": Modality, "verdict": Verdict, "severity": Severity,
    "reason": ReportReason,
}  # fmt: skip


@dataclass(frozen=True)
class Document:
    """One document of a kind in KINDS.

    An older `version` never replaces a newer one; `first_seen_at` sets the period.
    """

    kind: str
    id: str
    version: int
    first_seen_at: datetime
    body: Mapping[str, Any]

    @property
    def period(self) -> str:
        """Return the index period in UTC: `all`, `older`, a year or a month (YYYY-MM)."""
        seen = self.first_seen_at.astimezone(UTC)
        if self.kind in UNDATED:
            return "all"
        if seen.year < OLDEST_YEAR:
            return "older"
        return f"{seen:%Y-%m}" if seen.year >= MONTHLY_SINCE else f"{seen:%Y}"


@dataclass(frozen=True)
class Failure:
    """A document that the store permanently rejects, and the reason."""

    document: Document
    reason: str


@dataclass(frozen=True)
class Hit:
    """A search hit; in `highlight` the matched words are between ⟦ and ⟧."""

    id: str
    body: Mapping[str, Any]
    highlight: str


@dataclass(frozen=True)
class Found:
    """Search result: the newest `hits` of `total`."""

    total: int
    hits: Sequence[Hit] = field(default_factory=tuple)


@dataclass(frozen=True)
class Span:
    """Search query; `since` (inclusive) and `until` (exclusive) bound first_seen_at."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS = Span()
Filters = Mapping[str, str | Sequence[str]]
# Cursor: first_seen_at and id of the last hit of the previous page.
After = tuple[datetime, str]
INTERVALS = {"day": 10, "hour": 13}


class SearchStore(Protocol):
    """Store in one namespace."""

    def setup(self) -> list[str]:
        """Create templates, tables and aliases and return their names; idempotent."""
        ...

    def missing(self) -> list[str]:
        """Return the names that `setup` would create or change."""
        ...

    def promote(self, other: str) -> None:
        """Let searches of this namespace read the namespace `other`; passing its own name undoes that."""
        ...

    def write(self, documents: Sequence[Document]) -> list[Failure]: ...

    def refresh(self) -> None:
        """Make all writes visible to searches."""
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
        """Search; counting of `total` stops at `count_to`, if given."""
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
        """Return the most frequent values of each field, ties in order of value.

        Counts all documents, or at least the newest `sample` of them.
        """
        ...

    def timeline(
        self, kind: str, query: str = "", filters: Filters | None = None, *, span: Span = ALWAYS, interval: str = "day"
    ) -> list[tuple[str, int]]:
        """Count documents by day (YYYY-MM-DD) or hour (YYYY-MM-DDTHH) of first_seen_at in UTC; no empty buckets."""
        ...

    def timelines(
        self, kind: str, name: str, values: Sequence[str], *, span: Span = ALWAYS, interval: str = "hour"
    ) -> dict[str, list[tuple[str, int]]]:
        """Return the timeline of each of these values of a field."""
        ...

    def get(self, kind: str, id_: str) -> Mapping[str, Any] | None:
        """Return a document, also one that no refresh has made visible yet."""

    def get_many(self, kind: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return the existing documents of these ids, by id."""
        ...

    def stored(self, kind: str, ids: Sequence[str]) -> set[str]:
        """Return which of these ids (at most 10,000) were written in this namespace, even if it reads another one."""
        ...

    def dump(self, kind: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
        """Yield every document written in this namespace as (id, version, body), by id."""
        ...

    def scan(
        self, kind: str, query: str = "", filters: Filters | None = None, *, span: Span = ALWAYS
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield every document that `search` would find as (id, body), by id."""
        ...

    def expire(self, month: str) -> int:
        """Delete documents of months before `month` (YYYY-MM), except feeds; return their number."""
        ...

    def forget(self, kind: str, *ids: str) -> int:
        """Delete documents by id; claims, alerts and dead letters by article id. Return their number."""
        ...

    def size(self) -> int:
        """Return the size on disk in bytes."""
        ...

    def close(self) -> None: ...


def first_month_kept(keep_days: int, now: datetime) -> str:
    """Return the oldest month (YYYY-MM) that `keep_days` keeps; empty if all are kept."""
    return f"{now - timedelta(days=keep_days):%Y-%m}" if keep_days else ""


def parse_query(query: str) -> list[str]:
    """Split a query into words and quoted phrases."""
    parts = re.findall(r'"([^"]*)"|(\S+)', query)
    return [p for p in (" ".join(re.findall(r"\w+", quoted or word)) for quoted, word in parts) if p]


def check_interval(interval: str) -> int:
    """Return the length of a bucket's name. Raises ValueError for an unknown interval."""
    if interval not in INTERVALS:
        raise ValueError(f"interval {interval!r} is not one of {', '.join(INTERVALS)}")
    return INTERVALS[interval]


def check_field(kind: str, name: str) -> None:
    """Raise ValueError, listing the facets, if `name` is not a facet of `kind`."""
    if kind not in FACETS:
        raise ValueError(f"kind {kind!r} is not one of {', '.join(KINDS)}")
    if name not in FACETS[kind]:
        raise ValueError(f"field {name!r} of {kind} is not one of {', '.join(FACETS[kind])}")


def check_value(name: str, value: str) -> None:
    """Raise ValueError, listing the valid values, if a field cannot have this one."""
    if name == "language" and not re.fullmatch(LANGUAGE, value):
        raise ValueError(f"language: {value!r} is not a two-letter ISO 639-1 code like en, or und for unknown")
    words = VOCABULARIES.get(name)
    if words is not None and words.known(value) is None:
        raise ValueError(f"{name}: {value!r} is not one of {', '.join(words)}{did_you_mean(value, words)}")


def values_of(wanted: str | Sequence[str]) -> list[str]:
    """Return the values of a filter as a list."""
    return [wanted] if isinstance(wanted, str) else list(wanted)


def facet_values(kind: str, body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Yield (field, value) of a document for each filterable field."""
    found = []
    for name in FACETS[kind]:
        value = body.get(name)
        found += [(name, v) for v in (value if isinstance(value, list | tuple) else [value]) if isinstance(v, str)]
    return list(dict.fromkeys(found))
