"""Feed autodiscovery: the feeds that a page links to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree

from claimwire.text.encodings import valid_text
from claimwire.text.markup import check

TYPE = re.compile(r"(?:application|text)/(?:x-)?(?:(?:rss|atom|rdf)(?:\+xml)?|feed\+json|xml)")
# WordPress also links to comment feeds and to its REST API.
NOT_NEWS = re.compile(r"(?:^|[/=])comments(?:[/-]|$)|wp-json|oembed")
FEED_PATH = re.compile(r"(?:^|[/.=])(?:rss2?|atom|feeds?)(?:\.(?:xml|rdf|json|php))?/?$|/index\.(?:rdf|rss)$")
FEED_TEXT = re.compile(r"(?:rss|atom|xml)(?:[ -]feed)?|(?:news )?feed", re.IGNORECASE)
FEED_SCHEME = re.compile(r"(?:feed|pcast|itpc):(?://)?(?=https?:)|(?:feed|pcast|itpc):(?://)?", re.IGNORECASE)
HEADER = re.compile(r"<([^<>]{1,2048})>([^<>]{0,500})")
# Usual places of feeds below a site, best first.
USUAL = ("feed", "rss.xml", "atom.xml", "feed.xml", "index.xml", "rss", "feed.json")
MOST = 50


@dataclass(frozen=True)
class Offered:
    """A feed that a page links to."""

    url: str
    title: str | None


def feed_address(address: str) -> str:
    """Return the http(s) URL of an address as readers write it: `feed://` is http://, `feed:https://` https://."""
    address = address.strip()
    found = FEED_SCHEME.match(address)
    if found is None:
        return address
    rest = address[found.end() :]
    return rest if rest.lower().startswith(("http://", "https://")) else f"http://{rest}"


def usual_feeds(url: str) -> list[str]:
    """Return the URLs at which sites usually have their feeds: below a page, then below the site's root."""
    below = urljoin(url, urlsplit(url).path.rstrip("/") + "/")
    return list(dict.fromkeys(urljoin(base, name) for base in (below, urljoin(url, "/")) for name in USUAL))


def feeds_of_header(header: str, url: str) -> list[Offered]:
    """Return the feeds of a Link header (RFC 8288) of the response at `url`."""
    found = [
        _offered(url, place, None)
        for place, told in HEADER.findall(header)
        if re.search(r"\brel=\"?[^\";]*\balternate\b", told, re.IGNORECASE) and TYPE.search(told.lower())
    ]
    return [offered for offered in found if offered]


def feeds_of_page(html: str, url: str) -> list[Offered]:
    """Return the feeds that a page links to, each once, without comment feeds: those of `<link>` before those of `<a>`.

    Raises ParseError (hostile_markup).
    """
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    data = valid_text(html).encode("utf-8")
    check(data)
    tree = etree.fromstring(data, parser) if data.strip() else None
    if tree is None:
        return []
    base_tag = tree.find(".//base")
    base = urljoin(url, (base_tag.get("href") or "").strip()) if base_tag is not None else url
    found: dict[str, Offered] = {}
    for link in _links(tree, base):
        title = " ".join((link.get("title") or "").split())[:200] or None
        if offered := _offered(base, link.get("href") or "", title):
            found.setdefault(offered.url, offered)
    return list(found.values())[:MOST]


def _links(tree: Any, base: str) -> Iterator[Any]:
    """Yield the elements that link to a feed by their type, relation, address or text."""
    for link in tree.iter("link"):
        rel, kind, place = (link.get("rel") or "").lower().split(), _kind(link), (link.get("href") or "").lower()
        if "feed" in rel or ("alternate" in rel and (TYPE.fullmatch(kind) or _is_feed_path(place))):
            yield link
    host = urlsplit(base).hostname
    for link in tree.iter("a"):
        place = feed_address(link.get("href") or "").lower()
        text = " ".join("".join(link.itertext()).split())
        try:
            is_own = urlsplit(urljoin(base, place)).hostname == host
        except ValueError:
            continue
        if TYPE.fullmatch(_kind(link)) or (is_own and (_is_feed_path(place) or FEED_TEXT.fullmatch(text))):
            yield link


def _kind(link: Any) -> str:
    return (link.get("type") or "").split(";")[0].strip().lower()


def _is_feed_path(place: str) -> bool:
    return FEED_PATH.search(place.partition("#")[0].partition("?")[0]) is not None


def _offered(base: str, place: str, title: str | None) -> Offered | None:
    """Return a link as a feed; None if its URL is not one of http(s) or that of comments."""
    try:
        address = urljoin(base, feed_address(place))
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return None if NOT_NEWS.search(f"{parts.path}?{parts.query}".lower()) else Offered(address, title)
