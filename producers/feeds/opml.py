"""OPML 2.0 lists of feeds: nested outlines are flattened, invalid ones reported by line."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from claimwire.errors import BlockedAddress, ParseError
from claimwire.net.addresses import check_url
from claimwire.records.feeds import Feed

DEEPEST = 20


@dataclass(frozen=True)
class Outline:
    """One feed of a list; `path` are the titles of the outlines around it."""

    url: str
    title: str
    path: tuple[str, ...]


def read_opml(data: bytes) -> tuple[list[Outline], list[str]]:
    """Return the feeds of a list, each once, and the problems of other rows (`line N: ...`). Raises ParseError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ParseError(f"line {error.lineno}: {error.msg}", reason="parse_failed") from None
    body = root.find("body")
    if root.tag != "opml" or body is None:
        raise ParseError(f"line 1: root {root.tag!r} without a body is not OPML", reason="not_opml")
    found: dict[str, Outline] = {}
    problems: list[str] = []
    _walk(body, (), found, problems)
    return list(found.values()), problems


def _walk(parent: Any, path: tuple[str, ...], found: dict[str, Outline], problems: list[str]) -> None:
    for outline in parent.iterchildren("outline"):
        title = " ".join((outline.get("title") or outline.get("text") or "").split())
        url = (outline.get("xmlUrl") or "").strip()
        if url:
            try:
                check_url(url)
                found.setdefault(url, Outline(url, title or url, path))
            except BlockedAddress as error:
                problems.append(f"line {outline.sourceline}: {error}")
        elif not len(outline):
            problems.append(f"line {outline.sourceline}: outline {title!r} has no xmlUrl")
        if len(path) < DEEPEST:
            _walk(outline, (*path, title) if title else path, found, problems)


def write_opml(feeds: Iterable[Feed]) -> str:
    """Format feeds as OPML, sorted by source."""
    rows = [
        f'    <outline type="rss" text={quoteattr(f.source)} title={quoteattr(f.source)} xmlUrl={quoteattr(f.url)}/>'
        for f in sorted(feeds, key=lambda f: (f.source, f.url))
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head><title>claimwire</title></head>\n  <body>'
    return "\n".join([head, *rows, "  </body>\n</opml>\n"])
