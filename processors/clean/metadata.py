"""Metadata of a page: title, author, dates, canonical URL, and the URL it was copied from."""

import html as html_entities
import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from claimwire.records.vocabulary import PageKind

TITLE_TAIL = re.compile(r"\s+[|–—-]\s+[^|–—]{2,40}$")
PUBLISHED_NAMES = ("article:published_time", "datepublished", "date", "dc.date", "dcterms.created", "pubdate")
AUTHOR_NAMES = ("author", "article:author", "dc.creator", "parsely-author", "byl")
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
DAY_IN_PATH = re.compile(r"/(20\d\d)[/-](\d\d)[/-](\d\d)(?=[/-]|$)")
LONGEST_AUTHOR, LONGEST_URL, LONGEST_CAPTION, MOST_CAPTIONS = 120, 2048, 500, 20
MOST_HEADINGS, LONGEST_HEADING, LONGEST_VALUE = 20, 5_000, 5_000
MOST_SCRIPTS, LONGEST_SCRIPT, MOST_ITEMS, LONGEST_TYPE, MOST_TYPES = 50, 1_000_000, 200, 200, 5
# Text in mark-up has up to this many times its length in white space.
SPACED = 20
FRAME = frozenset(("nav", "aside", "footer"))


@dataclass(frozen=True)
class Metadata:
    """Metadata of a page. `is_estimated`: the date is not from a metadata field but from a time element or the URL.

    `is_free` False: the page declares that only subscribers get all of it. `canonical`: the URL that it declares;
    `provenance`: the URL that it names as its source.
    """

    title: str | None = None
    author: str | None = None
    published: str | None = None
    is_estimated: bool = False
    is_free: bool = True
    canonical: str | None = None
    provenance: str | None = None
    captions: tuple[str, ...] = ()
    kind: PageKind = PageKind.UNKNOWN


def metadata_of(tree: Any, url: str | None) -> Metadata:
    """Read the metadata of a page's tree: JSON-LD first, then meta tags, then the page's content."""
    title = author = published = None
    is_free = True
    items = _json_ld(tree)
    for item in (i for i in items if any("Article" in name for name in _types(i))):
        title = title or _text(item.get("headline"))
        author = author or _author(item.get("author"))
        published = published or _text(item.get("datePublished"))
        is_free &= str(item.get("isAccessibleForFree")).casefold() != "false"
    tags = _meta_tags(tree)
    title = title or tags.get("og:title") or _title_on_page(tree)
    author = author or next((_author(tags[n]) for n in AUTHOR_NAMES if n in tags), None)
    published = published or next((tags[n] for n in PUBLISHED_NAMES if n in tags), None)
    guess = None if published else _guessed_date(tree, url)
    return Metadata(
        title,
        author,
        published or guess,
        guess is not None,
        is_free,
        _canonical(tree, tags, url),
        _provenance(tree, url),
        _captions(tree),
        _kind(items),
    )


def _meta_tags(tree: Any) -> dict[str, str]:
    """Return the first content of each meta name."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        if name and (value := _text(meta.get("content"))):
            found.setdefault(name, value)
    return found


def _title_on_page(tree: Any) -> str | None:
    for element in islice(tree.iterfind(".//h1"), MOST_HEADINGS):
        if found := _text(text_within(element, LONGEST_HEADING)):
            return found
    element = tree.find(".//title")
    found = _text(element.text) if element is not None else None
    return TITLE_TAIL.sub("", found) if found else None


def _kind(items: list[dict[str, Any]]) -> PageKind:
    """Return the kind of page by its JSON-LD items; a report that contains a product or recipe is a report."""
    types = {name for item in items for name in _types(item)}
    return next((kind for name, kind in KIND_OF_TYPE.items() if name in types), PageKind.UNKNOWN)


def _types(item: dict[str, Any]) -> list[str]:
    named = item.get("@type")
    names = named[:MOST_TYPES] if isinstance(named, list) else [named]
    return [str(name)[:LONGEST_TYPE].rsplit("/", 1)[-1] for name in names]


def _json_ld(tree: Any) -> list[dict[str, Any]]:
    """Return the items of the page's JSON-LD scripts and of their graphs."""
    found: list[dict[str, Any]] = []
    for script in islice(tree.iterfind('.//script[@type="application/ld+json"]'), MOST_SCRIPTS):
        text = script.text or ""
        try:
            data = json.loads(text, strict=False) if len(text) <= LONGEST_SCRIPT else None
        except (ValueError, RecursionError):
            continue
        items = data if isinstance(data, list) else [data]
        items += [i for d in items if isinstance(d, dict) and isinstance(d.get("@graph"), list) for i in d["@graph"]]
        found += [i for i in items if isinstance(i, dict)]
    return found[:MOST_ITEMS]


def _author(value: Any) -> str | None:
    """Return one name, or several joined by commas, without URLs."""
    if isinstance(value, list):
        return ", ".join(n for v in value[:5] if (n := _author(v))) or None
    name = _text(value.get("name") if isinstance(value, dict) else value)
    return name if name and len(name) <= LONGEST_AUTHOR and "://" not in name else None


def _guessed_date(tree: Any, url: str | None) -> str | None:
    """Return the first machine-readable time on the page, or the date in its URL."""
    for element in tree.iter("time"):
        if found := _text(element.get("datetime")):
            return found
    day = DAY_IN_PATH.search(urlsplit(url).path) if url else None
    return "-".join(day.groups()) if day else None


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
