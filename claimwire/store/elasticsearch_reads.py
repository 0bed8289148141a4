"""Reads of Elasticsearch: searches, aggregations and documents by id. Search DSL only."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from claimwire.errors import DeniedError, UnreachableError
from claimwire.store import (
    ALWAYS,
    After,
    Filters,
    Found,
    Hit,
    Span,
    check_field,
    check_interval,
    parse_query,
    values_of,
)
from claimwire.store.mappings import SEARCHED

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SCANNED = 1000
MOST_BUCKETS = 10_000
ID_FIELDS = {
    "articles": "article_id", "claims": "claim_id", "clusters": "cluster_id", "stories": "story_id",
    "alerts": "alert_id", "outcomes": "outcome_id", "deadletters": "deadletter_id", "feeds": "feed_id",
}  # fmt: skip
# Seconds between two refreshes for documents that were asked for by id and not found.
REFRESHED_EVERY = 1.0
FORMATS = {"day": "yyyy-MM-dd", "hour": "yyyy-MM-dd'T'HH"}


class ElasticsearchReads:
    """Read operations of `ElasticsearchStore`."""

    def __init__(self, client: Elasticsearch, namespace: str) -> None:
        self._client, self._namespace = client, namespace
        self._refreshed = 0.0

    def _alias(self, kind: str) -> str:
        return f"{self._namespace}-{kind}"

    def _call(self, method: Any, **arguments: Any) -> Any:
        try:
            return method(**arguments).body
        except TransportError as error:
            raise UnreachableError(f"store: {one_line(error)}") from None
        except ApiError as error:
            raise refusal("store", error) from None

    def _query(self, kind: str, query: str, filters: Filters | None, span: Span = ALWAYS) -> dict[str, Any]:
        must = [
            {"multi_match": {"query": p, "type": "phrase", "fields": list(SEARCHED[kind])}} for p in parse_query(query)
        ]
        for name in filters or {}:
            check_field(kind, name)
        wanted: list[dict[str, Any]] = [{"terms": {n: values_of(v)}} for n, v in (filters or {}).items()]
        bounds = {"gte": span.since, "lt": span.until}
        seen = {name: at.astimezone(UTC).isoformat() for name, at in bounds.items() if at is not None}
        if seen:
            wanted.append({"range": {"first_seen_at": seen}})
        return {"bool": {"must": must, "filter": wanted}}

    def _search(self, kind: str, is_own: bool = False, **arguments: Any) -> Any:
        """Yield documents by id; `is_own`: those written in this namespace, even if it reads another one."""
        target = self._alias(kind) + ("-*" if is_own else "")
        options = {"index": target, "ignore_unavailable": True, "allow_no_indices": True}
        return self._call(self._client.search, **options, **arguments)

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
        seen = {"first_seen_at": {"order": "desc", "unmapped_type": "date"}}
        ident = {ID_FIELDS[kind]: {"order": "asc", "unmapped_type": "keyword"}}
        options: dict[str, Any] = {"search_after": [_millis(after[0]), after[1]]} if after else {}
        if parse_query(query):
            marks = {"pre_tags": ["⟦"], "post_tags": ["⟧"], "fields": {n: {} for n in SEARCHED[kind]}}
            options["highlight"] = marks
        found = self._search(
            kind,
            query=self._query(kind, query, filters, span),
            size=limit,
            track_total_hits=count_to or True,
            sort=[seen, ident],
            **options,
        )["hits"]
        hits = [
            Hit(h["_id"], h["_source"], " … ".join(s for v in h.get("highlight", {}).values() for s in v))
            for h in found["hits"]
        ]
        return Found(found["total"]["value"], hits)

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
        for name in names:
            check_field(kind, name)
        order = [{"_count": "desc"}, {"_key": "asc"}]
        wanted = {name: {"terms": {"field": name, "size": limit, "order": order}} for name in names}
        found = self._search(kind, query=self._query(kind, query, filters, span), size=0, aggs=wanted)
        aggregations = found.get("aggregations", {})
        return {
            name: [(b["key"], b["doc_count"]) for b in aggregations.get(name, {}).get("buckets", [])] for name in names
        }

    def timeline(
        self, kind: str, query: str = "", filters: Filters | None = None, *, span: Span = ALWAYS, interval: str = "day"
    ) -> list[tuple[str, int]]:
        by_time = {"t": {"date_histogram": _histogram(interval)}}
        found = self._search(kind, query=self._query(kind, query, filters, span), size=0, aggs=by_time)
        return _buckets(found.get("aggregations", {}))

    def timelines(
        self, kind: str, name: str, values: Sequence[str], *, span: Span = ALWAYS, interval: str = "hour"
    ) -> dict[str, list[tuple[str, int]]]:
        terms = {"field": name, "size": MOST_BUCKETS, "include": list(values)}
        wanted = {"v": {"terms": terms, "aggs": {"t": {"date_histogram": _histogram(interval)}}}}
        if not values:
            return {}
        found = self._search(kind, query=self._query(kind, "", {name: list(values)}, span), size=0, aggs=wanted)
        return {b["key"]: _buckets(b) for b in found.get("aggregations", {}).get("v", {}).get("buckets", [])}

    def get(self, kind: str, id_: str) -> Mapping[str, Any] | None:
        found = self.get_many(kind, [id_]).get(id_)
        if found is None and time.monotonic() - self._refreshed > REFRESHED_EVERY:
            # It may have been written since the last refresh.
            self._refreshed = time.monotonic()
            self._call(self._client.indices.refresh, index=self._alias(kind), ignore_unavailable=True)
            found = self.get_many(kind, [id_]).get(id_)
        return found

    def get_many(self, kind: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        if not ids:
            return {}
        hits = self._search(kind, query={"ids": {"values": list(ids)}}, size=len(ids))["hits"]["hits"]
        return {h["_id"]: h["_source"] for h in hits}

    def stored(self, kind: str, ids: Sequence[str]) -> set[str]:
        wanted = {"ids": {"values": list(ids)}}
        hits = self._search(kind, is_own=True, query=wanted, size=len(ids), source=False)["hits"]["hits"]
        return {h["_id"] for h in hits}

    def dump(self, kind: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
        for hit in self._pages(kind, {"match_all": {}}, is_own=True):
            yield hit["_id"], hit["_version"], hit["_source"]

    def scan(
        self, kind: str, query: str = "", filters: Filters | None = None, *, span: Span = ALWAYS
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for hit in self._pages(kind, self._query(kind, query, filters, span)):
            yield hit["_id"], hit["_source"]

    def _pages(
        self, kind: str, query: Mapping[str, Any], is_own: bool = False, source: bool = True
    ) -> Iterator[Mapping[str, Any]]:
        sort: list[Any] = [{ID_FIELDS[kind]: "asc"}]
        after: list[Any] | None = None
        while True:
            hits = self._search(
                kind,
                is_own=is_own,
                query=query,
                size=SCANNED,
                sort=sort,
                version=True,
                search_after=after,
                source=source,
            )["hits"]["hits"]
            yield from hits
            if len(hits) < SCANNED:
                return
            after = hits[-1]["sort"]


def _histogram(interval: str) -> dict[str, Any]:
    check_interval(interval)
    format_ = FORMATS[interval]
    return {"field": "first_seen_at", "calendar_interval": interval, "min_doc_count": 1, "format": format_}


def _buckets(aggregations: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [(b["key_as_string"], b["doc_count"]) for b in aggregations.get("t", {}).get("buckets", [])]


def _millis(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def refusal(store: str, error: ApiError) -> UnreachableError:
    match error.status_code:
        case 401:
            return DeniedError(
                f"{store}: it rejects the user or API key, or requires one (store_user, store_api_key_file)"
            )
        case 403:
            return DeniedError(f"{store}: not allowed: {one_line(error)}")
    return UnreachableError(f"{store}: HTTP {error.status_code}: {one_line(error)}")


def one_line(error: Exception) -> str:
    """Return an error's reason in one line. The client's own text fails for some answers and omits causes."""
    if not isinstance(error, ApiError):
        return _line(error)
    found = error.body.get("error") if isinstance(error.body, Mapping) else None
    return reason_of(found) if isinstance(found, Mapping) else _line(found or error.body or error.message)


def reason_of(error: Mapping[str, Any]) -> str:
    """Return `type: reason`, and the cause if there is one."""
    cause = error.get("caused_by")
    reason = cause.get("reason", "") if isinstance(cause, Mapping) else ""
    return _line(f"{error.get('type', '')}: {error.get('reason', '')} {reason}")


def _line(text: object) -> str:
    return " ".join(str(text).split())[:500]
