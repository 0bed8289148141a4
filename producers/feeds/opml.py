"""OPML lists of feeds: nested outlines are flattened, slips in the mark-up mended, unusable rows reported by line."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from claimwire.errors import BlockedAddress, ParseError
from claimwire.net.addresses import check_url
from claimwire.records.feeds import Feed
from claimwire.text.encodings import feed_text
from producers.feeds.discover import feed_address
from producers.feeds.documents import utf8_document

DEEPEST = 20
MOST_ERRORS = 50
# An & in an address or title that is not written as &amp;, and the entities of HTML, which XML does not know.
AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)(?:[A-Za-z]\w{1,30};)?")
# A < inside the value of an attribute.
QUOTED = re.compile(r"""=\s?(?:"[^"<\n]{0,2048}<[^"\n]{0,2048}"|'[^'<\n]{0,2048}<[^'\n]{0,2048}')""")


@dataclass(frozen=True)
class Outline:
    """One feed of a list; `path` are the titles of the outlines around it."""

    url: str
    title: str
    path: tuple[str, ...]


def read_opml(data: bytes) -> tuple[list[Outline], list[str]]:
    """Return the feeds of a list, each once, and the problems of other rows (`line N: ...`). Raises ParseError."""
    text = AMPERSAND.sub(lambda m: escape(html.unescape(m[0])), feed_text(data, "")[0])
    text = QUOTED.sub(lambda m: m[0].replace("<", "&lt;"), text)
    skipped = text[: max(0, text.find("<"))].count("\n")
    if "<" not in text:
        raise ParseError("line 1: the list has no elements", reason="parse_failed")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, recover=True
    )
    root = etree.fromstring(utf8_document(text), parser)
    # One message for a line: the others follow from the first.
    lines = {error.line + skipped: error.message for error in reversed(list(parser.error_log))}
    errors = [f"line {line}: {lines[line]}" for line in sorted(lines)]
    body = None if root is None else next((e for e in root if _name(e.tag) == "body"), None)
    if errors and body is None:
        raise ParseError(errors[0], reason="parse_failed")
    name = "" if root is None else _name(root.tag)
    if name != "opml" or body is None:
        raise ParseError(f"line 1: root {name!r} without a body is not OPML", reason="not_opml")
    found: dict[str, Outline] = {}
    problems = errors[:MOST_ERRORS]
    _walk(body, (), skipped, found, problems)
    if errors and not found:
        raise ParseError(errors[0], reason="parse_failed")
    return list(found.values()), problems


def _name(tag: Any) -> str:
    """Return an element's name in lower case, without its namespace."""
    return str(tag).rpartition("}")[2].lower()


def _walk(parent: Any, path: tuple[str, ...], skipped: int, found: dict[str, Outline], problems: list[str]) -> None:
    for outline in parent:
        if _name(outline.tag) != "outline":
            continue
        told = {name.lower(): value for name, value in outline.attrib.items()}
        title = " ".join((told.get("title") or told.get("text") or "").split())
        url = feed_address(told.get("xmlurl") or "")
        line = outline.sourceline + skipped
        if url:
            try:
                check_url(url)
                found.setdefault(url, Outline(url, title or url, path))
            except BlockedAddress as error:
                problems.append(f"line {line}: {error}")
        elif not len(outline):
            problems.append(f"line {line}: outline {title!r} has no xmlUrl")
        if len(path) < DEEPEST:
            _walk(outline, (*path, title) if title else path, skipped, found, problems)


def write_opml(feeds: Iterable[Feed]) -> str:
    """Format feeds as OPML, sorted by source."""
    rows = [
        f'    <outline type="rss" text={quoteattr(f.source)} title={quoteattr(f.source)} xmlUrl={quoteattr(f.url)}/>'
        for f in sorted(feeds, key=lambda f: (f.source, f.url))
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head><title>claimwire</title></head>\n  <body>'
    return "\n".join([head, *rows, "  </body>\n</opml>\n"])
