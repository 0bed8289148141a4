"""News sitemaps and sitemap indexes (sitemaps.org 0.9, Google's news extension) as feeds without texts."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree

from producers.feeds.entries import RawEntry

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
MOST_URLS = 50_000
NEWEST = 3
ROOTS = ("<urlset", "<sitemapindex")
HEAD = 2_000


@dataclass(frozen=True)
class Sitemap:
    """News entries of a sitemap, newest first, or the newest sitemaps of an index; `total` counts all entries."""

    rows: list[RawEntry]
    total: int
    language: str
    children: tuple[str, ...] = ()


def is_sitemap(text: str) -> bool:
    """Return whether a text begins as a sitemap does."""
    start = max(0, text.find("<"))
    return any(root in text[start : start + HEAD] for root in ROOTS)


def sitemap(document: bytes, most: int) -> Sitemap:
    """Parse a sitemap in UTF-8. A truncated one is read up to the cut; pages without news data are left out."""
    events = etree.iterparse(
        BytesIO(document), events=("end",), tag=(SITEMAP + "url", SITEMAP + "sitemap"), resolve_entities=False,
        no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, recover=True,
    )  # fmt: skip
    rows: list[RawEntry] = []
    children: list[tuple[str, str]] = []
    language = ""
    for count, (_, element) in enumerate(events):
        if count >= MOST_URLS:
            break
        place = _text(element.find(SITEMAP + "loc"))
        if element.tag == SITEMAP + "sitemap":
            children.append((_text(element.find(SITEMAP + "lastmod")), place))
        elif (news := element.find(NEWS + "news")) is not None and place:
            language = language or _text(news.find(f"{NEWS}publication/{NEWS}language"))
            rows.append(RawEntry(ident=place, link=place, title=_text(news.find(NEWS + "title")),
                                 published=_text(news.find(NEWS + "publication_date"))))  # fmt: skip
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    rows.sort(key=lambda row: row.published, reverse=True)
    newest = sorted((c for c in children if c[1]), reverse=True)[:NEWEST]
    return Sitemap(rows[:most], len(rows), language, tuple(place for _, place in newest))


def _text(element: Any) -> str:
    return (element.text or "").strip() if element is not None else ""
