"""The pages of claims: what is new by story, one claim with its trail, an article with its revisions."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from starlette.requests import Request

from claimwire.store import After, Hit, SearchStore, Span
from console.queries.claim_filter import FIELDS, ClaimFilter, since_of
from console.web import charts, provenance
from console.web.backends import Backends
from console.web.diff import word_diff
from console.web.pages import NotFoundError, Page
from console.web.stream import event_id

A_PAGE = 60
# More are not counted, and facets are of at least so many of the newest: the page is there at once over any number.
COUNTED, SAMPLE = 2000, 1000
FACETS = ("verdict", "event_type", "source", "claimant", "places", "language", "modality")
OF_A_FACET = 8
MOST_CLAIMS = 1000
Body = Mapping[str, Any]


def front(request: Request) -> Page:
    """The newest claims by story; everything in the address is a filter, and `after` where a page begins."""
    hub, backends = request.app.state.hub, request.app.state.backends
    pairs = [(n, v) for n, v in request.query_params.multi_items() if n != "after"]
    wanted, after = ClaimFilter.of(pairs), after_of(request.query_params.get("after"))
    # Before the search: what comes between the two is sent again, and not missed.
    position = event_id(hub.positions) if hub.positions else ""
    now = datetime.now(UTC)
    with backends.store() as store:
        data = claims_by_story(store, wanted, now, after)
    shown = {
        "wanted": wanted, "position": position, "problem": hub.problem, "is_live": after is None, "fields": FIELDS,
        "hours": charts.hours(data["by_hour"], now),
    }  # fmt: skip
    return Page("claims.html", data, shown)


def after_of(text: str | None) -> After | None:
    """TIME~ID, as `older` says it. Raises ConfigError."""
    if not text:
        return None
    at, _, ident = text.partition("~")
    return since_of(at), ident


def older_of(hits: Sequence[Hit]) -> str | None:
    """Return where the next page begins, as `after_of` reads it; None where this one is not full."""
    return f"{hits[-1].body['first_seen_at']}~{hits[-1].id}" if len(hits) == A_PAGE else None


def claims_by_story(store: SearchStore, wanted: ClaimFilter, now: datetime, after: After | None) -> dict[str, Any]:
    """A page of claims, with what its filter bar and its stories show."""
    span = wanted.span(now)
    day = Span(max(span.since or now - timedelta(days=1), now - timedelta(days=1)))
    asked = wanted.words, wanted.wanted
    # Side by side: a store that is a server answers them together.
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
    """The stories of claims in the order of their newest claim, each with those claims and what is known of it."""
    groups: dict[str, list[Body]] = {}
    for body in bodies:
        groups.setdefault(body["story_id"], []).append(body)
    for group in groups.values():
        # The claims of one article are read in its order.
        group.sort(key=lambda body: (body["article_id"], body["start"]))
        group.sort(key=lambda body: str(body["first_seen_at"]), reverse=True)
    known = side.submit(store.get_many, "stories", list(groups))
    alike = side.submit(store.get_many, "clusters", list({b["cluster_id"] for b in bodies}))
    lines = store.timelines("claims", "story_id", list(groups), span=Span(now - timedelta(days=1)))
    stories, clusters = known.result(), alike.result()
    return [
        {
            "story_id": ident,
            "title": stories.get(ident, {}).get("title") or claims[0]["title"] or claims[0].get("story_title"),
            "articles": stories.get(ident, {}).get("articles"),
            "sources": stories.get(ident, {}).get("sources", []),
            "last_24_hours": charts.hours(lines.get(ident, []), now),
            "claims": [row(claim, clusters.get(claim["cluster_id"])) for claim in claims],
        }
        for ident, claims in groups.items()
    ]


def row(claim: Body, cluster: Body | None) -> dict[str, Any]:
    """A claim as lists show it: with the sources and independent origins that say the same."""
    known = cluster or {}
    return {
        **claim,
        "sources": list(known.get("sources", [claim["source"]])),
        "origins": list(known.get("origins", [])),
    }


def claim_page(request: Request) -> Page:
    """One claim: what is said, by whom, what it was compared with, who else says it, and the way back to the bytes."""
    backends: Backends = request.app.state.backends
    ident = request.path_params["claim_id"]
    with backends.store() as store:
        claim = store.get("claims", ident)
        if claim is None:
            raise NotFoundError(f"no claim has the id {ident}; one that was just sent may be here in a second")
        cluster = store.get("clusters", claim["cluster_id"])
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
    return Page("claim.html", data)


def article_page(request: Request) -> Page:
    """One article: its clean text with the claims in it, what was removed, its revisions and what changed between them."""
    backends: Backends = request.app.state.backends
    ident = request.path_params["article_id"]
    with backends.store() as store:
        article = store.get("articles", ident)
        claims = store.search("claims", "", {"article_id": ident}, MOST_CLAIMS)
    if article is None:
        raise NotFoundError(f"no article has the id {ident}: `claimwire trace {ident}` shows what became of it")
    revisions = provenance.revisions(backends, ident, article)
    current = [h.body for h in claims.hits if h.body["revision_id"] == article["revision_id"]]
    # Outermost first where two begin together, so that marks may be nested.
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
    return Page("article.html", data, {"pieces": pieces(article["text"], current)})


def pieces(text: str, claims: Sequence[Body]) -> list[tuple[str, Body | None]]:
    """The text cut at the claims, (words, claim or None) in order; of claims that overlap the earlier keeps its words."""
    found: list[tuple[str, Body | None]] = []
    at = 0
    for claim in claims:
        if claim["start"] < at:
            continue
        found.append((text[at : claim["start"]], None))
        found.append((text[claim["start"] : claim["end"]], claim))
        at = claim["end"]
    return [*found, (text[at:], None)]
