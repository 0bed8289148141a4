"""Metadata of a page: title, author, dates, canonical URL, and the URL it was copied from."""

import html as html_entities
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from claimwire.records.vocabulary import PageKind
from processors.clean.bylines import author_names
from processors.clean.json_ld import articles_of, items_of, types_of
from processors.clean.page_dates import PageDate, changes_of, dates_of
from processors.clean.titles import headline, site_names

AUTHOR_NAMES = ("author", "article:author", "dc.creator", "parsely-author", "byl", "sailthru.author", "citation_author")
# Link texts with which copies name their source: WP Automatic's feeds, footers of republishers.
COPIED_FROM = frozenset(
    "source link|source|view source|original source|original article|original post|read the original article|read original"
    "|originally published|quelle|zum original|fuente|fuente original|ver fuente|lien source|source originale|fonte"
    "|fonte original|link alla fonte|источник|оригинал|المصدر|kaynak|sumber|स्रोत|źródło|bron".split("|")
)
# Kinds of pages by schema.org types (https://schema.org/NewsArticle and related), in order of precedence.
KIND_OF_TYPE = {
    "AdvertiserContentArticle": PageKind.ADVERTISEMENT, "OpinionNewsArticle": PageKind.OPINION,
    "SatiricalArticle": PageKind.SATIRE, "ReviewNewsArticle": PageKind.REVIEW, "NewsArticle": PageKind.NEWS,
    "ReportageNewsArticle": PageKind.NEWS, "LiveBlogPosting": PageKind.LIVE, "Review": PageKind.REVIEW,
    "Recipe": PageKind.ADVICE, "HowTo": PageKind.ADVICE, "Product": PageKind.ADVERTISEMENT,
    "SportsEvent": PageKind.SCORES,
}  # fmt: skip
LONGEST_URL, LONGEST_CAPTION, MOST_CAPTIONS = 2048, 500, 20
SITES = frozenset(("WebSite", "NewsMediaOrganization", "Organization"))
MOST_PEOPLE, DEEPEST = 10, 3
MOST_HEADINGS, LONGEST_HEADING, LONGEST_VALUE = 20, 5_000, 5_000
# Text in mark-up has up to this many times its length in white space.
SPACED = 20
FRAME = frozenset(("nav", "aside", "footer"))


@dataclass(frozen=True)
class Metadata:
    """Metadata of a page. `dates`: its publication dates, the surest first; `changes`: of its last change.

    `is_free` False: the page declares that only subscribers get all of it. `canonical`: the URL that it declares;
    `provenance`: the URL that it names as its source.
    """

    title: str | None = None
    author: str | None = None
    dates: tuple[PageDate, ...] = ()
    changes: tuple[PageDate, ...] = ()
    is_free: bool = True
    canonical: str | None = None
    provenance: str | None = None
    captions: tuple[str, ...] = ()
    kind: PageKind = PageKind.UNKNOWN
    sites: frozenset[str] = frozenset()


def metadata_of(tree: Any, url: str | None) -> Metadata:
    """Read the metadata of a page's tree: JSON-LD of its article first, then meta tags, then the page's content."""
    items, tags = items_of(tree), _meta_tags(tree)
    canonical = _canonical(tree, tags, url)
    addresses = [address for address in (url, canonical, tags.get("og:url")) if address]
    seen, title = _headings(tree), _text(tree.findtext(".//title"))
    shown = [tags[name] for name in ("og:title", "twitter:title") if name in tags]
    articles = articles_of(items, addresses, [*seen, *shown, *([title] if title else [])])
    sites = site_names(tree, tags, _publishers(items), addresses)
    declared = [text for a in articles if (text := _text(a.get("headline") or a.get("name")))]
    names = (list(_people(a.get("author") or a.get("creator"))) for a in articles)
    meta = ([tags[name]] for name in AUTHOR_NAMES if name in tags)
    return Metadata(
        title=headline(seen, [*declared, *shown], title, sites),
        author=next((found for given in (*names, *meta) if (found := author_names(given, sites))), None),
        dates=dates_of(tree, articles, tags, url or canonical),
        changes=changes_of(articles, tags),
        is_free=all(str(a.get("isAccessibleForFree")).casefold() != "false" for a in articles),
        canonical=canonical,
        provenance=_provenance(tree, url),
        captions=_captions(tree),
        kind=_kind(items),
        sites=frozenset(sites),
    )


def _headings(tree: Any) -> list[str]:
    """Return the texts of the page's headings of the first level."""
    elements = islice(tree.iter("h1"), MOST_HEADINGS)
    return [found for element in elements if (found := _text(text_within(element, LONGEST_HEADING)))]


def _publishers(items: list[dict[str, Any]]) -> list[str]:
    """Return the names that the items give of the site and its publisher."""
    holders = [i.get("publisher") for i in items] + [i for i in items if SITES.intersection(types_of(i))]
    return [h["name"] for h in holders if isinstance(h, dict) and isinstance(h.get("name"), str)]


def _people(value: Any, depth: int = 0) -> Iterator[str]:
    """Return the names in an author's value: a text, an object with a name, or a list of these."""
    if isinstance(value, list):
        for one in value[:MOST_PEOPLE]:
            yield from _people(one, depth + 1) if depth < DEEPEST else ()
    elif isinstance(value, dict):
        yield from _people(value.get("name"), depth + 1) if depth < DEEPEST else ()
    elif name := _text(value):
        yield name


def _meta_tags(tree: Any) -> dict[str, str]:
    """Return the first content of each meta name."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        if name and (value := _text(meta.get("content"))):
            found.setdefault(name, value)
    return found


def _kind(items: list[dict[str, Any]]) -> PageKind:
    """Return the kind of page by its JSON-LD items; a report that contains a product or recipe is a report."""
    types = {name for item in items for name in types_of(item)}
    return next((kind for name, kind in KIND_OF_TYPE.items() if name in types), PageKind.UNKNOWN)


def _canonical(tree: Any, tags: dict[str, str], url: str | None) -> str | None:
    for link in tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical":
            return _address(link.get("href"), url)
    return _address(tags.get("og:url"), url)


def _provenance(tree: Any, url: str | None) -> str | None:
    """Return the target of the last link to the text's source on another site."""
    found = None
    for link in tree.iter("a"):
        text = text_within(link, 40) if len(link) else link.text or ""
        if len(text) < 40 and " ".join(text.split()).casefold().strip(":→» ") in COPIED_FROM:
            address = _address(link.get("href"), url)
            if address and urlsplit(address).hostname != (urlsplit(url).hostname if url else None):
                found = address
    return found


def _captions(tree: Any) -> tuple[str, ...]:
    """Return the captions of figures outside navigation and footers, each once."""
    found: dict[str, None] = {}
    for element in tree.iter("figcaption"):
        text = text_within(element, LONGEST_CAPTION)
        if text and not any(a.tag in FRAME for a in element.iterancestors()):
            found[text] = None
        if len(found) == MOST_CAPTIONS:
            break
    return tuple(found)


def _address(value: str | None, url: str | None) -> str | None:
    """Return an absolute http(s) URL; None if it is not one."""
    try:
        address = urljoin(url or "", (value or "").strip())
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.hostname and len(address) <= LONGEST_URL else None


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return " ".join(html_entities.unescape(value[:LONGEST_VALUE]).split())[:500] or None


def text_within(element: Any, most: int) -> str:
    """Return the text of an element with single spaces; empty if it is longer than `most` characters."""
    size, parts = 0, []
    for part in element.itertext():
        size += len(part)
        if size > SPACED * most:
            return ""
        parts.append(part)
    text = " ".join("".join(parts).split())
    return text if len(text) <= most else ""
