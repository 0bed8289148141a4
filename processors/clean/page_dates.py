"""Publication date of a page: from JSON-LD, meta tags, `time` elements of the article, the address, or its text."""

import re
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from claimwire.text.dates import parse_date

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
PUBLISHED_NAMES = (
    "article:published_time", "article:published", "og:published_time", "og:article:published_time", "datepublished",
    "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "publish-date", "publish_date", "publishdate",
    "published_time", "publication_date", "date", "dc.date", "dc.date.issued", "dcterms.issued", "dcterms.date",
    "dcterms.created", "dc.date.created", "datecreated", "pubdate", "article_date_original", "citation_publication_date",
)  # fmt: skip
MODIFIED_NAMES = ("article:modified_time", "og:updated_time", "datemodified", "last-modified", "dcterms.modified")
DAY_IN_PATH = re.compile(r"(?<!\d)(20\d\d)([/_-]?)([01]\d)\2([0-3]\d)(?!\d)|/(20\d\d)/([a-z]{3})/([0-3]?\d)(?=/)")
# Times in these belong to other articles, or to the site; times of these classes are not of the publication.
ELSEWHERE = frozenset(("nav", "aside", "footer", "li", "a"))
NOT_PUBLISHED = re.compile(r"modif|updat|event|comment|relat|ticker|teaser|most-|popular|sidebar", re.IGNORECASE)
CHANGE = re.compile(
    r"updat|modif|aktuali|stand:|actuali|atuali|mis à jour|aggiorn|bijgew|обновл|оновл|güncel", re.IGNORECASE
)
MOST_TIMES, LONGEST_TEXT = 200, 1_000_000


class PageDate(NamedTuple):
    """A date of the page. `is_estimated`: not from a metadata field."""

    when: datetime
    is_estimated: bool


def dates_of(tree: Any, articles: list[dict[str, Any]], tags: dict[str, str], url: str | None) -> tuple[PageDate, ...]:
    """Return what the page gives as its publication date, the surest first, in readable forms only."""
    declared = [a.get("datePublished") for a in articles] + [a.get("dateCreated") for a in articles]
    declared += [tags.get(name) for name in PUBLISHED_NAMES]
    # The walk over the page takes longer than all else here.
    return _read(declared, is_estimated=False) or _read([*_times(tree), _day_of(url)], is_estimated=True)


def _read(texts: list[Any], *, is_estimated: bool) -> tuple[PageDate, ...]:
    readable = (parse_date(text) for text in texts if isinstance(text, str))
    return tuple(PageDate(when, is_estimated) for when in readable if when is not None)


def changes_of(articles: list[dict[str, Any]], tags: dict[str, str]) -> tuple[PageDate, ...]:
    """Return the dates of the page's last change, for a page that tells no other."""
    texts = [*(a.get("dateModified") for a in articles), *(tags.get(name) for name in MODIFIED_NAMES)]
    return _read(texts, is_estimated=True)


def plausible(dates: tuple[PageDate, ...], latest: datetime) -> PageDate | None:
    """Return the first date that an article which was fetched at `latest` can have."""
    return next((date for date in dates if EARLIEST < date.when <= latest), None)


def day_in_text(html: str, url: str | None, latest: datetime) -> PageDate | None:
    """Return the day that htmldate finds, for a page without a readable date of its own."""
    from htmldate import find_date

    if len(html) > LONGEST_TEXT:
        return None
    found = find_date(
        html, original_date=True, url=url, min_date=EARLIEST.replace(tzinfo=None), max_date=latest.replace(tzinfo=None)
    )
    return plausible((PageDate(when, True),), latest) if (when := parse_date(found)) else None


def _times(tree: Any) -> list[str]:
    """Return the times of the article: those marked as its publication, then those in the element around its heading.

    Without such an element they are in the first `article` or `main`, else near the heading.
    """
    heading = tree.find(".//h1")
    above = [] if heading is None else list(heading.iterancestors())
    place = next((e for e in above if e.tag in ("article", "main")), None)
    place = next(tree.iter("article", "main"), None) if place is None else place
    place = above[min(1, len(above) - 1)] if place is None and above else place
    marked = tree.xpath('//*[@itemprop="datePublished" or @pubdate][not(self::meta)]')[:MOST_TIMES]
    inside = list(islice((tree if place is None else place).iter("time"), MOST_TIMES))
    inside = inside if place is not None or len(inside) == 1 else []
    return [
        element.get("datetime") or element.get("content") or "".join(element.itertext())[:100]
        for element in (*marked, *inside)
        if _is_of_article(element, place)
    ]


def _is_of_article(element: Any, place: Any) -> bool:
    """Return whether a time is neither in a list, a link or another article, nor that of a change."""
    previous, parent = element.getprevious(), element.getparent()
    before = parent.text if previous is None and parent is not None else previous.tail if previous is not None else ""
    if CHANGE.search((before or "")[-30:]):
        return False
    for around in (element, *element.iterancestors()):
        if around is place:
            return True
        marks = f"{around.get('class') or ''} {around.get('itemprop') or ''} {around.get('id') or ''}"[:300]
        if around.tag in ELSEWHERE or (around.tag == "article" and place is not None) or NOT_PUBLISHED.search(marks):
            return False
    return True


def _day_of(url: str | None) -> str | None:
    found = DAY_IN_PATH.search(urlsplit(url).path) if url else None
    if found is None:
        return None
    return f"{found[1]}-{found[3]}-{found[4]}" if found[1] else f"{found[5]}-{found[6]}-{found[7]}"
