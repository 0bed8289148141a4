"""Any filter of claims as an Atom feed (RFC 4287)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import Response

from console.claim_filter import ClaimFilter
from console.web.pages import said

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 100


def claims_atom(request: Request) -> Response:
    """The newest claims that fit the filter in the address."""
    wanted = ClaimFilter.of(request.query_params.multi_items())
    with request.app.state.backends.store() as store:
        found = store.search(
            "claims", wanted.words, wanted.wanted, ENTRIES, span=wanted.span(datetime.now(UTC)), count_to=ENTRIES
        )
    base = str(request.base_url).rstrip("/")
    body = atom([hit.body for hit in found.hits], base, wanted)
    return Response(body, media_type="application/atom+xml")


def atom(claims: list[Mapping[str, Any]], base: str, wanted: ClaimFilter) -> bytes:
    """The feed of claims, its ids those of the claims, so that a reader shows each once."""
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed")
    chosen = ", ".join([*filter(None, [wanted.words]), *(v for values in wanted.fields.values() for v in values)])
    updated = str(claims[0]["first_seen_at"]) if claims else "1970-01-01T00:00:00Z"
    _text(feed, "title", f"claimwire: {said(chosen) or 'new claims'}")
    _text(feed, "id", f"{base}/claims.atom?{wanted.query()}")
    _text(feed, "updated", updated)
    _link(feed, "self", f"{base}/claims.atom?{wanted.query()}")
    _link(feed, "alternate", f"{base}/?{wanted.query()}")
    for claim in claims:
        _entry(feed, claim, base)
    body: bytes = ET.tostring(feed, "utf-8", xml_declaration=True)
    return body


def _entry(feed: ET.Element, claim: Mapping[str, Any], base: str) -> None:
    entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
    _text(entry, "title", f"{claim['verdict']}: {said(claim['evidence'])}")
    _text(entry, "id", f"urn:claimwire:{claim['claim_id']}")
    _text(entry, "updated", str(claim["fetched_at"]))
    _text(entry, "published", str(claim["first_seen_at"]))
    author = ET.SubElement(entry, f"{{{ATOM}}}author")
    _text(author, "name", said(", ".join(claim["claimant"])))
    _link(entry, "alternate", f"{base}/claims/{claim['claim_id']}")
    category = ET.SubElement(entry, f"{{{ATOM}}}category")
    category.set("term", claim["event_type"])
    _text(entry, "summary", f"{said(claim['sentence'])} ({said(claim['source'])}; {said(claim['why'])})")


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def _link(parent: ET.Element, rel: str, href: str) -> None:
    link = ET.SubElement(parent, f"{{{ATOM}}}link")
    link.set("rel", rel)
    link.set("href", href)
