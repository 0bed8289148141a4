"""News sitemaps and sitemap indexes (sitemaps.org, Google's news extension) as feeds without texts."""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree

from producers.feeds.entries import RawEntry

MOST_URLS = 50_000
NEWEST = 3
# Namespaces are not compared: sites leave them out, misspell them, or use older ones.
ROOT = re.compile(r"<(?:\w{1,20}:)?(?:urlset|sitemapindex)[\s>]", re.IGNORECASE)
HEAD = 2_000


@dataclass(frozen=True)
class Sitemap:
    """News entries of a sitemap, newest first, or the newest sitemaps of an index.

    `total` counts all entries, `plain` the pages without news data.
    """

    rows: list[RawEntry]
    total: int
    language: str
    children: tuple[str, ...] = ()
    plain: int = 0


def is_sitemap(text: str) -> bool:
    """Return whether a text begins as a sitemap does."""
    start = max(0, text.find("<"))
    return ROOT.search(text, start, start + HEAD) is not None


def sitemap(document: bytes, most: int) -> Sitemap:
    """Parse a sitemap in UTF-8. A truncated one is read up to the cut; pages without news data are left out."""
    events = etree.iterparse(
        BytesIO(document), events=("end",), tag=("{*}url", "{*}sitemap"), resolve_entities=False,
        no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, recover=True,
    )  # fmt: skip
    rows: list[RawEntry] = []
    children: list[tuple[str, str]] = []
    language, plain = "", 0
    for count, (_, element) in enumerate(events):
        if count >= MOST_URLS:
            break
        fields = _fields(element)
        place = _text(fields.get("loc"))
        if element.tag.endswith("sitemap"):
            children.append((_text(fields.get("lastmod")), place))
        elif "news" not in fields or not place:
            plain += 1
        else:
            news = _fields(fields["news"])
            language = language or _text(_fields(news.get("publication", ())).get("language"))
            rows.append(RawEntry(ident=place, link=place, title=_text(news.get("title")),
                                 published=_text(news.get("publication_date"))))  # fmt: skip
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    rows.sort(key=lambda row: row.published, reverse=True)
    newest = sorted((c for c in children if c[1]), reverse=True)[:NEWEST]
    return Sitemap(rows[:most], len(rows), language, tuple(place for _, place in newest), plain)


def _fields(parent: Any) -> dict[str, Any]:
    """Return the first child of each name, whatever its namespace; a prefix may be undeclared."""
    found: dict[str, Any] = {}
    for child in parent:
        # The tag of a reference to an unknown entity is no string.
        found.setdefault(str(child.tag).rpartition("}")[2].rpartition(":")[2], child)
    return found


def _text(element: Any) -> str:
    return (element.text or "").strip() if element is not None else ""
