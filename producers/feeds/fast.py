"""Fast parser for well-formed, plain RSS 2.0, Atom and RDF: lxml, one entry at a time.

It must give the same result as feedparser: at any element or attribute that feedparser may treat specially it raises
`NotFast`, and feedparser parses the feed. `tests/producers/test_fast.py` compares the two on every fixture.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree

from producers.feeds.entries import MAX_FIELD, RawEntry

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
RSS1 = "{http://purl.org/rss/1.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
MEDIA = "{http://search.yahoo.com/mrss/}"
SYNDICATION = "{http://purl.org/rss/1.0/modules/syndication/}"
# Namespaces whose elements do not affect feedparser's title, link, id, text or dates.
PASSED = (
    "{http://purl.org/rss/1.0/modules/slash/}", "{http://wellformedweb.org/CommentAPI/}", "{com-wordpress:feed-additions:1}",
    "{http://purl.org/syndication/thread/1.0}", "{http://www.georss.org/georss}", SYNDICATION,
)  # fmt: skip
RSS_PASSED = frozenset(("category", "comments", "enclosure", DC + "subject", DC + "rights", MEDIA + "content", MEDIA + "thumbnail",
                        MEDIA + "credit", MEDIA + "keywords", MEDIA + "copyright"))  # fmt: skip
MEDIA_INSIDE = frozenset(
    (MEDIA + "credit", MEDIA + "thumbnail", MEDIA + "keywords", MEDIA + "copyright", MEDIA + "rating")
)
RSS_FIELDS = {
    "title": "title", "link": "link", "guid": "ident", "description": "summary", CONTENT: "content",
    "pubDate": "published", DC + "date": "published", "author": "author", DC + "creator": "author", "source": "source",
}  # fmt: skip
ATOM_PASSED = frozenset(
    (ATOM + "category", ATOM + "rights", ATOM + "contributor", MEDIA + "thumbnail", MEDIA + "content")
)
TEXTS = frozenset((None, "text", "html"))
LINKED = frozenset((None, "text/html", "application/xhtml+xml"))
REFUSED = (b"<!DOCTYPE", b"<!ENTITY", b"xml:base", b"xmlns:xi")


C1 = re.compile("[\x80-\x9f]")


class NotFast(Exception):
    """The feed has something that this parser does not support."""


@dataclass(frozen=True)
class FastFeed:
    """Head fields, unchanged, and the first entries; `total` counts all entries."""

    title: str
    language: str
    rows: list[RawEntry]
    total: int
    head: dict[str, Any]


def fast_feed(document: bytes, most: int) -> FastFeed:
    """Parse a feed in UTF-8. Raises NotFast."""
    if any(mark in document for mark in REFUSED):
        raise NotFast("a document type, a base, or an inclusion")
    try:
        return _read(document, most)
    except etree.XMLSyntaxError as error:
        raise NotFast(str(error)) from None


def _read(document: bytes, most: int) -> FastFeed:
    events = etree.iterparse(
        BytesIO(document), events=("start", "end"), resolve_entities=False, no_network=True, remove_comments=True,
        remove_pis=True, huge_tree=False,
    )  # fmt: skip
    reader: Any = None
    head: dict[str, Any] = {}
    rows: list[RawEntry] = []
    total = 0
    inside = False
    for event, element in events:
        if event == "start":
            if reader is None:
                reader = _format_of(element)
                head = {"language": element.get(LANG)} if element.get(LANG) else head
            elif element.get(LANG) and element.tag == reader.head:
                raise NotFast("a channel in a language")
            inside = inside or element.tag == reader.entry
            continue
        if element.tag == reader.entry:
            inside = False
            total += 1
            if len(rows) < most:
                rows.append(reader.row(element))
            _forget(element)
        elif not inside and element.getparent() is not None and element.getparent().tag == reader.head:
            _head(head, element)
    if reader is None:
        raise NotFast("no element")
    return FastFeed(head.get("title", ""), head.get("language", ""), rows, total, head)


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _head(head: dict[str, Any], element: Any) -> None:
    name = element.tag.rpartition("}")[2]
    if name.lower() in ("item", "entry"):
        raise NotFast(f"an entry by the name of {element.tag}")
    if element.tag in ("title", "language", ATOM + "title", RSS1 + "title"):
        if name in head or len(element):
            raise NotFast(f"{name} twice")
        head[name] = _text(element)
    elif element.tag.startswith((SYNDICATION, DC + "language")) or element.tag == "ttl":
        head[name] = _text(element)
    elif element.tag in ("link", RSS1 + "link") and not element.attrib:
        head["link"] = _text(element)
    elif name == "link" and element.tag.startswith(ATOM):
        head.setdefault("links", []).append(dict(element.attrib))


class _Rss:
    """Parse an item of RSS 2.0, or 1.0 (RDF) with its namespace."""

    def __init__(self, prefix: str) -> None:
        self.prefix, self.entry, self.head = prefix, prefix + "item", prefix + "channel"

    def row(self, item: Any) -> RawEntry:
        found: dict[str, str] = {}
        authors = []
        enclosures: list[tuple[str, str, str]] = []
        media: list[tuple[str, str, str]] = []
        is_link = False
        enclosure, publisher = "", ("", "")
        for child in item:
            tag = child.tag[len(self.prefix) :] if self.prefix and child.tag.startswith(self.prefix) else child.tag
            field = RSS_FIELDS.get(tag)
            if field is None:
                _pass_over(child, tag, RSS_PASSED)
                if tag == "enclosure":
                    enclosure = enclosure or child.get("url") or ""
                    enclosures.append(_media(child, "url", "length"))
                elif tag == MEDIA + "content":
                    media.append(_media(child, "url", "fileSize"))
                continue
            text = _text(child)
            if field == "author":
                authors.append(text)
                continue
            if field == "source":
                publisher = text, child.get("url") or ""
                continue
            if field in found:
                raise NotFast(f"{field} twice")
            if field == "link" and child.attrib:
                raise NotFast("a link with attributes")
            found[field] = text
            if field == "ident":
                is_link = not child.attrib or child.get("isPermaLink", "true").strip().lower() == "true"
        if self.prefix and item.get(RDF + "about"):
            found.setdefault("ident", item.get(RDF + "about"))
        if is_link and not found.get("link"):
            found["link"] = found["ident"]
        found["link"] = found.get("link") or enclosure
        if "content" in found:
            found.setdefault("summary", found["content"])
        return RawEntry(**found, authors=tuple(authors), media=(*enclosures, *media), publisher=publisher)


class _Atom:
    """Atom 1.0."""

    entry, head = ATOM + "entry", ATOM + "feed"

    def row(self, entry: Any) -> RawEntry:
        found: dict[str, str] = {}
        authors = []
        media: list[tuple[str, str, str]] = []
        for child in entry:
            name = child.tag.removeprefix(ATOM)
            if name == "link" and child.get("rel") == "enclosure":
                media.append(_media(child, "href", "length"))
            elif name == "link":
                if child.get("rel", "alternate") == "alternate" and child.get("type") in LINKED:
                    found["link"] = child.get("href") or ""
            elif name == "author":
                authors += [_text(part) for part in child if part.tag == ATOM + "name"]
            elif name in ("id", "title", "summary", "content", "published", "updated"):
                if name in found or child.get("type") not in TEXTS or child.get("src"):
                    raise NotFast(f"{name} of another kind")
                found[name] = _text(child)
            else:
                _pass_over(child, child.tag, ATOM_PASSED)
        if "link" not in found and "id" in found:
            raise NotFast("an entry without link")
        return RawEntry(
            ident=found.get("id", ""), link=found.get("link") or next((m[0] for m in media), ""), title=found.get("title", ""),
            summary=found.get("summary", found.get("content", "")), content=found.get("content", ""),
            published=found.get("published") or found.get("updated", ""), authors=tuple(authors), media=tuple(media),
        )  # fmt: skip


def _media(element: Any, url: str, length: str) -> tuple[str, str, str]:
    return element.get(url) or "", element.get("type") or "", element.get(length) or ""


def _format_of(root: Any) -> _Rss | _Atom:
    if root.tag == "rss" and (root.get("version") or "").startswith("2"):
        return _Rss("")
    if root.tag == RDF + "RDF" and root.nsmap.get(None) == RSS1[1:-1]:
        return _Rss(RSS1)
    if root.tag == ATOM + "feed":
        return _Atom()
    raise NotFast(f"root {root.tag}")


def _pass_over(child: Any, tag: str, passed: frozenset[str]) -> None:
    """Raise NotFast unless feedparser ignores the element."""
    if tag.startswith(PASSED):
        return
    if tag not in passed:
        if tag == ATOM + "link" and child.get("rel") in ("self", "enclosure", "replies", "edit"):
            return
        raise NotFast(f"element {tag}")
    if any(inner.tag not in MEDIA_INSIDE for inner in child):
        raise NotFast(f"{tag} with elements inside")


def _text(element: Any) -> str:
    """Return an element's text as feedparser does.

    Raises NotFast for child elements, or if feedparser would repair it.
    """
    if len(element):
        raise NotFast(f"{element.tag} with elements inside")
    text: str = (element.text or "").strip()
    if len(text) > MAX_FIELD:
        raise NotFast(f"{element.tag} is long")
    if not text.isascii() and _wants_mending(text):
        raise NotFast("characters that feedparser repairs")
    return text


def _wants_mending(text: str) -> bool:
    """Return whether feedparser would repair the text: windows-1252 read as Latin-1, or doubly encoded UTF-8."""
    if C1.search(text):
        return True
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True
