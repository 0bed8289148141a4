"""Pages of claims: new claims by story, one claim with its provenance, an article with its revisions."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from starlette.requests import Request

from claimwire.store import After, Hit, SearchStore, Span
from console.queries.claim_filter import FIELDS, ClaimFilter, since_of
from console.queries.stored_claims import clusters_of
from console.web import charts, provenance
from console.web.backends import Backends
from console.web.diff import word_diff
from console.web.pages import NotFoundError, View
from console.web.stream import event_id

A_PAGE = 60
# Limits of the total and of the documents counted for facets, so that the page is fast over any number.
COUNTED, SAMPLE = 2000, 1000
FACETS = ("verdict", "event_type", "source", "claimant", "places", "language", "modality")
OF_A_FACET = 8
MOST_CLAIMS = 1000
Body = Mapping[str, Any]


def front(request: Request) -> View:
    """Show the newest claims by story; parameters of the URL are filters, `after` is the start of a further page."""
    hub, backends = request.app.state.hub, request.app.state.backends
    pairs = [(n, v) for n, v in request.query_params.multi_items() if n != "after"]
    wanted, after = ClaimFilter.of(pairs), after_of(request.query_params.get("after"))
    # Before the search: claims that arrive between the two are sent again rather than missed.
    position = event_id(hub.positions) if hub.positions else ""
    now = datetime.now(UTC)
    with backends.store() as store:
        data = claims_by_story(store, wanted, now, after)
    shown = {
        "wanted": wanted, "position": position, "problem": hub.problem, "is_live": after is None, "fields": FIELDS,
        "hours": charts.hours(data["by_hour"], now),
    }  # fmt: skip
    return View("claims.html", data, shown)


def after_of(text: str | None) -> After | None:
    """Parse TIME~ID, as written by `older`. Raises ConfigError."""
    if not text:
        return None
    at, _, ident = text.partition("~")
    return since_of(at), ident


def older_of(hits: Sequence[Hit]) -> str | None:
    """Return the start of the next page for `after_of`; None if this page is not full."""
    return f"{hits[-1].body['first_seen_at']}~{hits[-1].id}" if len(hits) == A_PAGE else None


def claims_by_story(store: SearchStore, wanted: ClaimFilter, now: datetime, after: After | None) -> dict[str, Any]:
    """Return a page of claims with its facets and stories."""
    span = wanted.span(now)
    day = Span(max(span.since or now - timedelta(days=1), now - timedelta(days=1)))
    asked = wanted.words, wanted.wanted
    # Concurrently: a store on a server can answer them at the same time.
    with ThreadPoolExecutor(3) as side:
        facets = side.submit(store.facets, "claims", FACETS, *asked, OF_A_FACET, span=span, sample=SAMPLE)
        by_hour = side.submit(store.timeline, "claims", *asked, span=day, interval="hour")
        found = store.search("claims", *asked, A_PAGE, span=span, after=after, count_to=COUNTED)
        bodies = [hit.body for hit in found.hits]
        stories = _stories(store, bodies, now, side)
    return {
        "total": found.total, "is_more": found.total >= COUNTED, "older": older_of(found.hits), "facets": facets.result(),
        "by_hour": by_hour.result(), "stories": stories,
    }  # fmt: skip


def _stories(
    store: SearchStore, bodies: Sequence[Body], now: datetime, side: ThreadPoolExecutor
) -> list[dict[str, Any]]:
    """Return the stories of claims, ordered by their newest claim, each with its snapshot and those claims."""
    groups: dict[str, list[Body]] = {}
    for body in bodies:
        groups.setdefault(body["story_id"], []).append(body)
    for group in groups.values():
        # Claims of one article keep its order.
        group.sort(key=lambda body: (body["article_id"], body["start"]))
        group.sort(key=lambda body: str(body["first_seen_at"]), reverse=True)
    known = side.submit(store.get_many, "stories", list(groups))
    alike = side.submit(clusters_of, store, bodies)
    lines = store.timelines("claims", "story_id", list(groups), span=Span(now - timedelta(days=1)))
    stories, clusters = known.result(), alike.result()
    return [
        {
            "story_id": ident,
            "title": stories.get(ident, {}).get("title") or claims[0]["title"] or claims[0].get("story_title"),
            "articles": stories.get(ident, {}).get("articles"),
            "sources": stories.get(ident, {}).get("sources", []),
            "last_24_hours": charts.hours(lines.get(ident, []), now),
            "claims": [row(claim, clusters[claim["cluster_id"]]) for claim in claims],
        }
        for ident, claims in groups.items()
    ]


def row(claim: Body, cluster: Body) -> dict[str, Any]:
    """Return a claim for lists, with the sources and independent origins of its cluster."""
    return {**claim, "sources": list(cluster["sources"]), "origins": list(cluster.get("origins", []))}


def claim_page(request: Request) -> View:
    """Show one claim with its claimant, comparison, other sightings, and provenance back to the fetched bytes."""
    backends: Backends = request.app.state.backends
    ident = request.path_params["claim_id"]
    with backends.store() as store:
        claim = store.get("claims", ident)
        if claim is None:
            raise NotFoundError(f"no claim has the id {ident}; a very recent one appears within seconds")
        cluster = clusters_of(store, [claim])[claim["cluster_id"]]
        article = store.get("articles", claim["article_id"])
        story = store.get("stories", claim["story_id"])
        sightings = store.search("claims", "", {"cluster_id": claim["cluster_id"]}, MOST_CLAIMS)
        alike = store.get_many("claims", claim.get("stands_for", []))
    steps = provenance.of_claim(backends, claim, article)
    data = {
        "claim": claim, "cluster": cluster, "story": story, "trail": steps,
        "sightings": sorted((h.body for h in sightings.hits), key=lambda b: (str(b["first_seen_at"]), b["start"])),
        "also": sorted(alike.values(), key=lambda b: int(b["start"])),
    }  # fmt: skip
    return View("claim.html", data)


def article_page(request: Request) -> View:
    """Show one article: clean text with its claims, removed lines, revisions and their differences."""
    backends: Backends = request.app.state.backends
    ident = request.path_params["article_id"]
    with backends.store() as store:
        article = store.get("articles", ident)
        claims = store.search("claims", "", {"article_id": ident}, MOST_CLAIMS)
    if article is None:
        raise NotFoundError(f"no article has the id {ident}: `claimwire trace {ident}` shows its records")
    revisions = provenance.revisions(backends, ident, article)
    current = [h.body for h in claims.hits if h.body["revision_id"] == article["revision_id"]]
    # Of two that begin together the longer first, so that marks can be nested.
    current.sort(key=lambda b: (b["start"], -b["end"]))
    diffs = [
        {"from": old["revision"], "to": new["revision"], "fetched_at": new["fetched_at"],
         "words": word_diff(old["text"], new["text"])}
        for old, new in pairwise(revisions)
    ]  # fmt: skip
    data = {
        "article": article, "claims": current, "diffs": diffs,
        "revisions": [{k: v for k, v in r.items() if k != "text"} for r in revisions],
        "outcomes": provenance.outcomes(backends, ident, revisions),
    }  # fmt: skip
    return View("article.html", data, {"pieces": pieces(article["text"], current)})


def pieces(text: str, claims: Sequence[Body]) -> list[tuple[str, Body | None]]:
    """Split the text at its claims into (words, claim or None); overlapping words belong to the earlier claim."""
    found: list[tuple[str, Body | None]] = []
    at = 0
    for claim in claims:
        if claim["start"] < at:
            continue
        found.append((text[at : claim["start"]], None))
        found.append((text[claim["start"] : claim["end"]], claim))
        at = claim["end"]
    return [*found, (text[at:], None)]
