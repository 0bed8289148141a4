"""Feed autodiscovery: the feeds that a page links to."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree

from claimwire.text.encodings import valid_text
from claimwire.text.markup import check

TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/xml",
    "text/xml",
)
# WordPress also links to comment feeds and to its REST API.
NOT_NEWS = ("comments", "wp-json", "oembed")
MOST = 50


@dataclass(frozen=True)
class Offered:
    """A feed that a page links to."""

    url: str
    title: str | None


def feeds_of_page(html: str, url: str) -> list[Offered]:
    """Return the feeds of `<link rel=alternate>` in order, each once, without comment feeds.

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
    for link in tree.iter("link"):
        kind = (link.get("type") or "").split(";")[0].strip().lower()
        if "alternate" not in (link.get("rel") or "").lower().split() or kind not in TYPES:
            continue
        try:
            address = urljoin(base, (link.get("href") or "").strip())
            parts = urlsplit(address)
        except ValueError:
            continue
        title = " ".join((link.get("title") or "").split())[:200] or None
        told = f"{parts.path} {title or ''}".lower()
        if parts.scheme in ("http", "https") and parts.hostname and not any(word in told for word in NOT_NEWS):
            found.setdefault(address, Offered(address, title))
    return list(found.values())[:MOST]
