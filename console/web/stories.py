"""Pages of stories: the list, and one story with its time line, numbers, sources over time and places."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request

from claimwire.records.marks import mark_key
from claimwire.records.vocabulary import Operator, QuantityRole
from claimwire.store import After
from claimwire.text.display import claimant_words, count_words, number_range, shown
from claimwire.text.words import NARRATOR
from console.queries.claim_filter import SHOWN
from console.queries.stored_claims import clusters_of
from console.web import charts
from console.web.backends import Backends
from console.web.claims import A_PAGE, MOST_CLAIMS, after_of, older_of, row
from console.web.mark_actions import current_marks
from console.web.pages import NotFoundError, View

COLUMNS = 12
# Numbers of these roles, such as durations, are not shown as changing values.
SOFT = frozenset(("context", "duration"))
Body = Mapping[str, Any]


def index(request: Request) -> View:
    """List the stories, the latest first; `q` searches their titles."""
    backends: Backends = request.app.state.backends
    words = request.query_params.get("q", "")
    after: After | None = after_of(request.query_params.get("after"))
    with backends.store() as store:
        found = store.search("stories", words, None, A_PAGE, after=after)
    hits = list(found.hits)
    known = current_marks(backends)
    stories = [dict(h.body) | {"mark": known.get(mark_key("story", h.id))} for h in hits]
    return View("stories.html", {"total": found.total, "stories": stories, "older": older_of(hits)}, {"words": words})


def story_page(request: Request) -> View:
    """Show one story from its first sighting to its last."""
    backends: Backends = request.app.state.backends
    ident = request.path_params["story_id"]
    with backends.store() as store:
        story = store.get("stories", ident)
        if story is None:
            raise NotFoundError(f"no story has the id {ident}; a very recent one appears within seconds")
        found = store.search("claims", "", {"story_id": ident}, MOST_CLAIMS)
        clusters = clusters_of(store, [h.body for h in found.hits])
        articles = store.search("articles", "", {"story_id": ident}, MOST_CLAIMS)
    claims = sorted((h.body for h in found.hits), key=lambda b: (told_at(b), b["start"], b["claim_id"]))
    places = charts.located(p for c in claims for p in c["places"])
    data = {
        "story": story, "total": found.total, "numbers": numbers(clusters.values(), {c["claim_id"]: c for c in claims}),
        "timeline": [row(c, clusters[c["cluster_id"]]) for c in claims if c.get("reason") in SHOWN],
        "repeats": sum(c.get("reason") not in SHOWN for c in claims), "matrix": matrix(claims), "places": places,
        "articles": sorted((_article(h.body) for h in articles.hits), key=told_at),
    }  # fmt: skip
    return View("story.html", data, {"mark": current_marks(backends).get(mark_key("story", ident))})


def told_at(body: Body) -> datetime:
    """Return the publication time by the source, else the time first seen."""
    return datetime.fromisoformat(str(body.get("published_at") or body["first_seen_at"]))


def _article(body: Body) -> dict[str, Any]:
    names = (
        "article_id", "title", "source", "url", "published_at", "first_seen_at", "revision", "origin", "duplicate_of",
        "copy_of", "withdrawn_at", "claims",
    )  # fmt: skip
    return {name: body.get(name) for name in names}


def numbers(clusters: Iterable[Body], claims: Mapping[str, Body]) -> list[dict[str, Any]]:
    """Return the values of each number (claim and thing counted) in the order in which they were seen.

    Numbers that changed come first; those with a single value are left out.
    """
    found = []
    for cluster in clusters:
        lines: dict[tuple[str, str], list[Body]] = {}
        for value in cluster["values"]:
            if value["role"] not in SOFT:
                lines.setdefault((value["role"], value["unit"]), []).append(value)
        for (role, unit), values in lines.items():
            ordered = _steps(sorted(values, key=lambda v: str(v["seen_at"])), claims)
            if len(values) > 1:
                found.append({
                    "cluster_id": cluster["cluster_id"], "evidence": cluster["evidence"], "role": role, "unit": unit,
                    "counts": count_words(QuantityRole(role), unit),
                    "values": ordered, "changes": len({v["value"] for v in values}) - 1,
                })  # fmt: skip
    return sorted(found, key=lambda line: (-line["changes"], -len(line["values"]), line["cluster_id"]))


def _steps(values: Sequence[Body], claims: Mapping[str, Body]) -> list[dict[str, Any]]:
    """Return each value as text with its claimant, and whether it rose or fell from the previous one."""
    steps, before = [], None
    for value in values:
        now = value["value"]
        went = "" if before is None or now == before else "up" if now > before else "down"
        claim = claims.get(value["claim_id"])
        named = " and ".join(name for name in value["claimant"] if name != NARRATOR)
        text = number_range(Operator(value["op"]), now, value.get("value_max"))
        steps.append({**value, "went": went, "text": text, "who": claimant_words(shown(claim)) if claim else named})
        before = now
    return steps


def matrix(claims: Sequence[Body]) -> dict[str, Any]:
    """Return sources x time: claims of each source in COLUMNS equal intervals, and the reported ones among them."""
    if not claims:
        return {"times": [], "rows": []}
    first, last = told_at(claims[0]), told_at(claims[-1])
    step = max((last - first) / COLUMNS, timedelta(minutes=1))
    count = min(COLUMNS, int((last - first) / step) + 1)
    rows: dict[str, list[list[int]]] = {}
    for claim in claims:
        cells = rows.setdefault(claim["source"], [[0, 0] for _ in range(count)])
        cell = cells[min(count - 1, int((told_at(claim) - first) / step))]
        cell[0] += 1
        cell[1] += claim.get("reason") in SHOWN
    return {
        "times": [first + n * step for n in range(count)],
        "rows": [{"source": source, "cells": cells} for source, cells in rows.items()],
    }
