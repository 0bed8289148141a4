"""The fields of each kind of document: Elasticsearch mappings (`dynamic: strict`), and the same check for SQLite."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from claimwire.store import KINDS

# Increase it for any change of the templates other than new fields (`claimwire.store.elasticsearch_setup`): processes
# with a lower one leave the templates alone.
LAYOUT = 3
KEYWORD: dict[str, Any] = {"type": "keyword", "ignore_above": 8191}
TEXT: dict[str, Any] = {"type": "text", "analyzer": "standard"}
DATE: dict[str, Any] = {"type": "date"}
LONG: dict[str, Any] = {"type": "long"}
DOUBLE: dict[str, Any] = {"type": "double"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}


# Types of values that need no further check.
PLAIN = {"keyword": str, "text": str, "long": int, "double": float, "boolean": bool}


def _object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "dynamic": "strict", "properties": fields}


QUANTITY = _object(value=DOUBLE, value_max=DOUBLE, unit=KEYWORD, role=KEYWORD, op=KEYWORD, ordinal=BOOLEAN)
EVENT_DATE = _object(start=DATE, end=DATE, precision=KEYWORD)
CHANGE = _object(
    field=KEYWORD, old=KEYWORD, new=KEYWORD, role=KEYWORD, unit=KEYWORD, value=DOUBLE, kind=KEYWORD, old_claimant=KEYWORD,
    new_claimant=KEYWORD, old_article=KEYWORD, new_article=KEYWORD, old_claimant_text=KEYWORD, old_source=KEYWORD, old_at=DATE,
)  # fmt: skip
VALUE = _object(
    role=KEYWORD, unit=KEYWORD, value=DOUBLE, op=KEYWORD, value_max=DOUBLE, claim_id=KEYWORD, claimant=KEYWORD,
    source=KEYWORD, seen_at=DATE, origin=KEYWORD, as_of=DATE, conflicts=BOOLEAN,
)  # fmt: skip
SEEN = {"first_seen_at": DATE, "last_seen_at": DATE}

MAPPINGS: Mapping[str, Mapping[str, Any]] = {
    "articles": {
        "article_id": KEYWORD, "revision_id": KEYWORD, "url": KEYWORD, "source": KEYWORD, "lane": KEYWORD,
        "language": KEYWORD, "title": TEXT, "text": TEXT, "story_id": KEYWORD, "story_score": DOUBLE,
        "duplicate_of": KEYWORD, "copy_of": KEYWORD,
        "changes": CHANGE, "origin": KEYWORD, "revision": LONG, "outcome": KEYWORD, "fetched_at": DATE,
        "first_seen_at": DATE, "published_at": DATE, "published_estimated": BOOLEAN, "dateline": KEYWORD,
        "byline": KEYWORD, "truncated": BOOLEAN, "body_source": KEYWORD, "backfill": BOOLEAN, "claims": LONG,
        "blocks": _object(type=KEYWORD, start=LONG, end=LONG),
        "removed": _object(rule=KEYWORD, line=LONG, text=TEXT, evidence=KEYWORD),
        "route": KEYWORD, "confidence": DOUBLE, "captions": TEXT, "canonical": KEYWORD, "provenance": KEYWORD, "host_rules": DATE,
        "page_kind": KEYWORD,
        "withdrawn_at": DATE, "declared_language": KEYWORD, "media": _object(url=KEYWORD, type=KEYWORD, length=LONG),
        "clean_partition": LONG, "clean_offset": LONG,
    },
    "claims": {
        "claim_id": KEYWORD, "cluster_id": KEYWORD, "story_id": KEYWORD, "article_id": KEYWORD, "revision_id": KEYWORD,
        "url": KEYWORD, "source": KEYWORD, "lane": KEYWORD, "language": KEYWORD, "title": TEXT, "sentence": TEXT,
        "line": TEXT, "evidence": TEXT, "start": LONG, "end": LONG, "content": LONG,
        "sentence_start": LONG, "sentence_end": LONG, "claimant": KEYWORD, "claimant_text": KEYWORD,
        "cue": KEYWORD, "event_type": KEYWORD, "actor": KEYWORD, "target": KEYWORD, "quantities": QUANTITY,
        "places": KEYWORD, "event_date": EVENT_DATE, "modality": KEYWORD, "verdict": KEYWORD, "why": TEXT,
        "changes": CHANGE, "compared_with": KEYWORD, "score": DOUBLE, "fetched_at": DATE, "first_seen_at": DATE,
        "published_at": DATE, "backfill": BOOLEAN, "withdrawn_in": KEYWORD, "refers_to": KEYWORD,
        "origin": KEYWORD, "origin_count": LONG, "adds_origin": BOOLEAN, "reported": BOOLEAN, "reason": KEYWORD, "salience": DOUBLE,
        "stands_for": KEYWORD,
        "story_title": TEXT,
    },
    "clusters": {
        "cluster_id": KEYWORD, "story_id": KEYWORD, "lane": KEYWORD, "language": KEYWORD, "event_type": KEYWORD,
        "evidence": TEXT, "sightings": LONG, "claimants": KEYWORD, "sources": KEYWORD, "origins": KEYWORD,
        "values": VALUE,
        "modalities": KEYWORD, "dropped_values": LONG, "forgotten": LONG, **SEEN,
    },
    "stories": {
        "story_id": KEYWORD, "lane": KEYWORD, "language": KEYWORD, "title": TEXT, "articles": LONG, "sources": KEYWORD,
        "forgotten": LONG, "title_score": DOUBLE, **SEEN,
    },
    "alerts": {
        "alert_id": KEYWORD, "rule": KEYWORD, "severity": KEYWORD, "notify": KEYWORD, "group": KEYWORD,
        "story_id": KEYWORD, "cluster_id": KEYWORD, "claim_id": KEYWORD, "article_id": KEYWORD, "url": KEYWORD,
        "source": KEYWORD, "claimant": KEYWORD, "claimant_text": KEYWORD, "cue": KEYWORD, "title": TEXT, "story_title": TEXT,
        "line": TEXT, "sentence": TEXT, "evidence": TEXT, "event_type": KEYWORD, "modality": KEYWORD, "verdict": KEYWORD,
        "changes": CHANGE, "why": TEXT, "fetched_at": DATE, "first_seen_at": DATE, "published_at": DATE,
    },
    "outcomes": {
        "outcome_id": KEYWORD, "article_id": KEYWORD, "revision_id": KEYWORD, "state": KEYWORD, "stage": KEYWORD,
        "reason": KEYWORD, "url": KEYWORD, "source": KEYWORD, "backfill": BOOLEAN, "text": TEXT, "first_seen_at": DATE,
    },
    "deadletters": {
        "deadletter_id": KEYWORD, "offset": LONG, "state": KEYWORD, "stage": KEYWORD, "topic": KEYWORD, "place": KEYWORD,
        "reason": KEYWORD, "error": TEXT, "article_id": KEYWORD, "revision_id": KEYWORD, "attempt": LONG,
        "first_seen_at": DATE,
    },
    "feeds": {
        "feed_id": KEYWORD, "url": KEYWORD, "source": KEYWORD, "language": KEYWORD, "status": KEYWORD, "error": KEYWORD,
        "failures": DOUBLE, "failing_since": DATE, "last_polled_at": DATE, "next_due": DATE, "changed_at": DATE,
        "entries_total": LONG, "maybe_lost": LONG, "disabled": BOOLEAN, "pace": DOUBLE, "text": TEXT, "first_seen_at": DATE,
    },
}  # fmt: skip
assert set(MAPPINGS) == set(KINDS)

SEARCHED: Mapping[str, tuple[str, ...]] = {
    "articles": ("title", "text"),
    "claims": ("title", "sentence"),
    "clusters": ("evidence",),
    "stories": ("title",),
    "alerts": ("title", "sentence"),
    "outcomes": ("text",),
    "deadletters": ("error",),
    "feeds": ("text",),
}


def searched_text(kind: str, body: Mapping[str, Any]) -> str:
    """Return the text for `search`; fields are separated so that no phrase spans two."""
    return "\n␞\n".join(str(body[name]) for name in SEARCHED[kind] if body.get(name))


def check_body(kind: str, body: Mapping[str, Any]) -> str | None:
    """Return the problem for which the strict mapping of `kind` would reject `body`, or None."""
    return _check(MAPPINGS[kind], body, "")


def _check(properties: Mapping[str, Any], body: Mapping[str, Any], path: str) -> str | None:
    for name, value in body.items():
        spec = properties.get(name)
        if spec is None:
            return f"field {path}{name} is not in the mapping"
        if value is None or type(value) is PLAIN.get(spec["type"]):
            continue
        for item in value if isinstance(value, list | tuple) else [value]:
            problem = _check_value(spec, item, path + name)
            if problem:
                return problem
    return None


def _check_value(spec: Mapping[str, Any], value: Any, path: str) -> str | None:
    if value is None:
        return None
    kind = spec["type"]
    if kind == "object":
        if not isinstance(value, Mapping):
            return f"field {path}: expected an object"
        return _check(spec["properties"], value, path + ".")
    if kind in ("long", "double"):
        return None if isinstance(value, int | float) else f"field {path}: expected a number, got {str(value)[:40]!r}"
    if kind == "boolean":
        return None if isinstance(value, bool) else f"field {path}: expected true or false"
    if kind == "date":
        return _check_date(value, path)
    return None if isinstance(value, str) else f"field {path}: expected a text"


def _check_date(value: Any, path: str) -> str | None:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return f"field {path}: not a date: {str(value)[:40]!r}"
    return None
