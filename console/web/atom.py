"""Atom feeds (RFC 4287) of claims or alerts, with any filter."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import Response

from claimwire.text.display import claim_line, claimant_words, mark_of, shown, story_words, why
from claimwire.text.words import field_words, value_words
from console.queries.claim_filter import ClaimFilter
from console.web.alerts import filters_of
from console.web.pages import said

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 100
Body = Mapping[str, Any]


def claims_atom(request: Request) -> Response:
    """Return the newest claims that match the URL's filter."""
    wanted = ClaimFilter.of(request.query_params.multi_items())
    with request.app.state.backends.store() as store:
        found = store.search(
            "claims", wanted.words, wanted.wanted, ENTRIES, span=wanted.span(datetime.now(UTC)), count_to=ENTRIES
        )
    fields = [(name, v) for name, values in wanted.fields.items() for v in values]
    chosen = [*filter(None, [wanted.words]), *(value_words(name, v) for name, v in fields)]
    bodies = [hit.body for hit in found.hits]
    return _answer(request, "claims", ", ".join(chosen), "/", wanted.query(), bodies)


def alerts_atom(request: Request) -> Response:
    """Return the newest alerts that match the URL's filter, for feed readers."""
    filters = filters_of(request)
    with request.app.state.backends.store() as store:
        found = store.search("alerts", "", filters, ENTRIES, count_to=ENTRIES)
    chosen = ", ".join(
        f"{field_words(name)} {value_words(name, v)}" for name, values in filters.items() for v in values
    )
    query = urlencode([(name, v) for name, values in filters.items() for v in values])
    return _answer(request, "alerts", chosen, "/alerts", query, [hit.body for hit in found.hits])


def _answer(request: Request, kind: str, chosen: str, page: str, query: str, bodies: Sequence[Body]) -> Response:
    """Return a feed of claims or alerts; entries have their stable ids, so that a reader shows each once."""
    base = str(request.base_url).rstrip("/")
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed")
    _text(feed, "title", f"claimwire: {said(chosen) or f'new {kind}'}")
    _text(feed, "id", f"{base}/{kind}.atom?{query}")
    _text(feed, "updated", str(bodies[0]["first_seen_at"]) if bodies else "1970-01-01T00:00:00Z")
    _link(feed, "self", f"{base}/{kind}.atom?{query}")
    _link(feed, "alternate", f"{base}{page}?{query}")
    for body in bodies:
        _entry(feed, body, base)
    text: bytes = ET.tostring(feed, "utf-8", xml_declaration=True)
    return Response(text, media_type="application/atom+xml")


def _entry(feed: ET.Element, body: Body, base: str) -> None:
    """Add an entry for a claim, or for an alert with its rule; an alert on an article has no claim."""
    entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
    found = shown(body)
    head = body.get("rule") or mark_of(found)
    category = body.get("severity") or value_words("event_type", body["event_type"])
    _text(entry, "title", f"{said(head)}: {said(claim_line(found))}")
    _text(entry, "id", f"urn:claimwire:{body.get('alert_id') or body['claim_id']}")
    _text(entry, "updated", str(body["fetched_at"]))
    _text(entry, "published", str(body["first_seen_at"]))
    author = ET.SubElement(entry, f"{{{ATOM}}}author")
    _text(author, "name", said(claimant_words(found) or found.source))
    _link(
        entry,
        "alternate",
        f"{base}/claims/{body['claim_id']}" if body["claim_id"] else f"{base}/articles/{body['article_id']}",
    )
    ET.SubElement(entry, f"{{{ATOM}}}category").set("term", category)
    _text(
        entry,
        "summary",
        f"{said(found.sentence)} ({said(found.source)}; {said(why(found))}; story: {said(story_words(found))})",
    )


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def _link(parent: ET.Element, rel: str, href: str) -> None:
    link = ET.SubElement(parent, f"{{{ATOM}}}link")
    link.set("rel", rel)
    link.set("href", href)
