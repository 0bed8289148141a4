"""The search store's protocol; the drivers are in `sinks.stores`, under one contract suite.

Contract (`tests/contract/test_store.py`):
- `write` is idempotent and versioned: a document with an older version than the stored one changes nothing and is
  not a failure. It returns one `Failure` for each document that the store will never take (mapping errors); what may
  be taken later raises SinkError(retryable=True) after the driver's own retries, and the caller writes again.
- What `write` returned is durable, and found by `search` after `refresh`.
- `search` finds documents that hold all words and all "quoted phrases" of the query, newest first, by the words of
  the text in any case. A query without a word finds everything.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

KINDS = ("articles", "claims", "clusters", "stories", "alerts")
# Of these kinds an article has many documents.
OF_ARTICLE = frozenset(("claims", "alerts"))
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
    ),
    "clusters": ("story_id", "event_type", "claimants", "sources"),
    "stories": ("sources", "language"),
    "alerts": ("rule", "severity", "source", "story_id", "article_id", "verdict"),
}


@dataclass(frozen=True)
class Document:
    """One document: `kind` of KINDS, `version` as DESIGN's guarantee 2 says, `first_seen_at` decides the month."""

    kind: str
    id: str
    version: int
    first_seen_at: datetime
    body: Mapping[str, Any]

    @property
    def month(self) -> str:
        return self.first_seen_at.strftime("%Y-%m")


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


class SearchStore(Protocol):
    """A store in one namespace."""

    def setup(self) -> list[str]:
        """Create templates, tables and aliases; returns what was created, nothing when run twice."""
        ...

    def missing(self) -> list[str]:
        """What `setup` would create or change."""
        ...

    def promote(self, other: str) -> None:
        """From now on, who searches this namespace finds what the namespace `other` holds; its own name takes that back."""
        ...

    def write(self, documents: Sequence[Document]) -> list[Failure]: ...

    def refresh(self) -> None:
        """Make all writes visible to search."""
        ...

    def search(self, kind: str, query: str, filters: Mapping[str, str] | None = None, limit: int = 20) -> Found: ...

    def facets(self, kind: str, field: str, query: str = "", limit: int = 20) -> list[tuple[str, int]]:
        """Most frequent values of a field, ties in order of value."""
        ...

    def timeline(self, kind: str, query: str = "") -> list[tuple[str, int]]:
        """Documents a day (UTC) of first_seen_at."""
        ...

    def get(self, kind: str, id_: str) -> Mapping[str, Any] | None: ...

    def dump(self, kind: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
        """Every document that was written here as (id, version, body), by id."""
        ...

    def scan(
        self, kind: str, query: str = "", filters: Mapping[str, str] | None = None
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every document that `search` would find as (id, body), by id."""
        ...

    def expire(self, month: str) -> int:
        """Delete the documents of months before `month` (YYYY-MM); how many there were."""
        ...

    def forget(self, kind: str, id_: str) -> int:
        """Delete a document; of claims and alerts, all those of the article of that id. How many there were."""
        ...

    def size(self) -> int:
        """Bytes on disk."""
        ...

    def close(self) -> None: ...


def parse_query(query: str) -> list[str]:
    """Words and quoted phrases of a query, each to be found."""
    parts = re.findall(r'"([^"]*)"|(\S+)', query)
    return [p for p in (" ".join(re.findall(r"\w+", quoted or word)) for quoted, word in parts) if p]


def check_field(kind: str, name: str) -> None:
    """Raises ValueError where `name` is no facet of `kind`, with those that are."""
    if kind not in FACETS:
        raise ValueError(f"kind {kind!r} is not one of {', '.join(KINDS)}")
    if name not in FACETS[kind]:
        raise ValueError(f"field {name!r} of {kind} is not one of {', '.join(FACETS[kind])}")
