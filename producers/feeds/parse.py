"""Parsing of feeds: bytes to entries. Pure; runs in a child process with a time limit (CPU bombs under 1 MB exist).

feedparser is the reference and the fallback. It gets bytes only: it would open a string as a file or URL.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from claimwire.errors import ParseError
from claimwire.ids import host_of
from claimwire.text.encodings import feed_text
from producers.feeds import xml_bomb_check
from producers.feeds.discover import feeds_of_page
from producers.feeds.documents import utf8_document
from producers.feeds.entries import MAX_FIELD, MAX_TITLE, Entry, RawEntry, entries_of, entry_url, plain_text
from producers.feeds.error_entries import error_entries
from producers.feeds.fast import NotFast, fast_feed
from producers.feeds.json_feed import json_feed
from producers.feeds.sitemap import is_sitemap, sitemap

MAX_ENTRIES = 500
HTML_START = re.compile(r"^\s*(?:<!doctype html|<html\b)", re.IGNORECASE)
SKIPPED = re.compile(rb"<skip(Hours|Days)>(.{0,2000}?)</skip\1>", re.DOTALL)
SKIPPED_HOUR, SKIPPED_DAY = re.compile(rb"<hour>\s*(\d{1,2})\s*</hour>"), re.compile(rb"<day>\s*(\w{6,9})\s*</day>")
# An empty link hides a permalink from feedparser, and so do capitals in its attribute.
NO_LINK = re.compile(rb"<link\s*/>|<link>(?:\s|<!\[CDATA\[\s*\]\]>)*</link>")
PERMALINK = re.compile(rb"\bisPermaLink\s*=\s*[\"']\s*true\s*[\"']", re.IGNORECASE)
FIRST_ELEMENT = re.compile(rb"<([A-Za-z][\w:.-]{0,60})")
HEAD = 20_000
# Parsers of RSS, Atom and RDF: our own for plain feeds, feedparser for all others.
FAST, FEEDPARSER = "fast", "feedparser"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PERIODS = {"hourly": 3600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}


@dataclass(frozen=True)
class FeedBytes:
    """A fetched feed: `url` after redirects."""

    url: str
    body: bytes
    content_type: str


@dataclass(frozen=True)
class Hints:
    """Polling hints of a feed: seconds between polls, hours (0-23) and weekdays (0 = Monday) in GMT to skip."""

    interval: float | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    hub: str | None = None
    topic_url: str | None = None


NO_HINTS = Hints()


@dataclass(frozen=True)
class ParsedFeed:
    """Parsed feed, entries in the feed's order; `truncated` counts entries over MAX_ENTRIES.

    `parser` is one of FORMATS, FAST or FEEDPARSER. `is_broken`: parsed although not well-formed. `is_mislabelled`: the
    header's charset was wrong. `children`: the newest files of a sitemap index, which has no entries itself.
    `reported_error`: title of an entry in which the maker of the feed reports an error; it is not among the entries.
    """

    title: str | None
    language: str | None
    entries: tuple[Entry, ...]
    truncated: int
    hints: Hints = NO_HINTS
    parser: str = FEEDPARSER
    is_broken: bool = False
    is_mislabelled: bool = False
    children: tuple[str, ...] = ()
    reported_error: str | None = None


@dataclass(frozen=True)
class ParseFailure:
    """Failure to parse a feed; `reason` is from a closed list."""

    reason: str
    text: str


def parsed_or_failure(feed: FeedBytes) -> ParsedFeed | ParseFailure:
    """Call `parse_feed` and return its ParseError as a value; for a child process."""
    try:
        return parse_feed(feed)
    except ParseError as error:
        return ParseFailure(error.reason, str(error))


def parse_feed(feed: FeedBytes) -> ParsedFeed:
    """Parse a feed. Raises ParseError (empty, not_a_feed, parse_failed)."""
    text, is_mislabelled = feed_text(feed.body, feed.content_type)
    if not text.strip():
        raise ParseError("the feed is empty", reason="empty")
    for name, read in FORMATS.items():
        if (found := read(text, feed.url)) is not None:
            return replace(found, parser=name)
    document = utf8_document(text)
    # Free the second copy of a large feed before it is parsed.
    del text
    try:
        fast = fast_feed(document, MAX_ENTRIES)
    except NotFast:
        return reference_feed(feed, document, is_mislabelled)
    hints = _hints(document, fast.head, fast.head.get("updatePeriod"), fast.head.get("updateFrequency"), feed.url)
    site = _site(fast.head, feed.url, is_atom="link" not in fast.head)
    parsed = parsed_feed(feed.url, fast.title, fast.language, fast.rows, fast.total, hints, site)
    return replace(parsed, parser=FAST, is_mislabelled=is_mislabelled)


def parsed_feed(
    url: str, title: str, language: str, rows: Sequence[RawEntry], total: int, hints: Hints = NO_HINTS,
    site: str | None = None,
) -> ParsedFeed:  # fmt: skip
    """Build the result from the first rows of `total` entries: check and clean their fields.

    Relative links are resolved against `site`, the channel's link.
    """
    spoken = plain_text(language, 20)
    errors = error_entries(rows)
    rows = [row for row in rows if row not in errors] if errors else rows
    return ParsedFeed(
        title=plain_text(title, MAX_TITLE), language=spoken, entries=entries_of(rows, url, spoken, site),
        truncated=total - len(rows) - len(errors), hints=hints,
        reported_error=plain_text(errors[0].title, MAX_TITLE) if errors else None,
    )  # fmt: skip


def _json(text: str, url: str) -> ParsedFeed | None:
    if (found := json_feed(text)) is None:
        return None
    title, language, site, rows = found
    return parsed_feed(url, title, language, rows[:MAX_ENTRIES], len(rows), site=site)


def _sitemap(text: str, url: str) -> ParsedFeed | None:
    if not is_sitemap(text):
        return None
    news = sitemap(utf8_document(text), MAX_ENTRIES)
    if news.plain and not (news.rows or news.children):
        raise ParseError(f"the sitemap has {news.plain} pages, none with news data", reason="not_a_feed")
    listed = parsed_feed(url, "", news.language, news.rows, news.total)
    return replace(listed, children=news.children)


# Formats besides RSS, Atom and RDF, tried in order: from text and URL to entries, or None for another format.
FORMATS: dict[str, Callable[[str, str], ParsedFeed | None]] = {"json": _json, "sitemap": _sitemap}


def reference_feed(feed: FeedBytes, document: bytes, is_mislabelled: bool) -> ParsedFeed:
    """Parse a feed of any format with feedparser, even if broken. Raises ParseError."""
    import feedparser

    document, left_out = xml_bomb_check.cut(xml_bomb_check.checked(document))
    document = NO_LINK.sub(b"", PERMALINK.sub(b'isPermaLink="true"', document))
    # Without the feed's URL feedparser resolves no links: `entries_of` does.
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed = feedparser.parse(
            BytesIO(document), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:
        # Its lenient parser can raise any exception on broken markup; all mean that the feed is broken.
        raise ParseError(f"the feed is broken: {type(error).__name__}: {error}", reason="parse_failed") from None
    # feedparser parses CDF but gives it no version.
    if not parsed.get("version") and not (parsed.entries and _is_cdf(document)):
        raise _not_a_feed(feed, document.decode("utf-8"))
    head = parsed.feed
    rows = [_row(e) for e in parsed.entries[:MAX_ENTRIES]]
    hints = _hints(document, head, head.get("sy_updateperiod"), head.get("sy_updatefrequency"), feed.url)
    title, language = str(head.get("title") or ""), str(head.get("language") or "")
    site = _site(head, feed.url, is_atom=str(parsed.get("version") or "").startswith("atom"))
    found = parsed_feed(feed.url, title, language, rows, len(parsed.entries) + left_out, hints, site)
    return replace(found, is_broken=bool(parsed.get("bozo")), is_mislabelled=is_mislabelled)


def _site(head: Mapping[str, Any], url: str, *, is_atom: bool) -> str | None:
    """Return the URL against which relative links are resolved: the channel's link.

    RFC 4287 resolves those of Atom against the feed's URL; feeds on a host of their own mean their site's.
    """
    link = entry_url(head.get("link"), url) or _linked(head, "alternate", url)
    return None if is_atom and link and host_of(link) == host_of(url) else link


def _is_cdf(document: bytes) -> bool:
    found = FIRST_ELEMENT.search(document[:HEAD])
    return found is not None and found[1].lower() == b"channel"


def _not_a_feed(feed: FeedBytes, text: str) -> ParseError:
    if not HTML_START.match(text) and "html" not in feed.content_type:
        return ParseError("the response is not a feed", reason="not_a_feed")
    offered = [f.url for f in feeds_of_page(text, feed.url)]
    hint = f"; it offers {', '.join(offered[:3])}" if offered else ""
    return ParseError(f"the response is an HTML page{hint}", reason="not_a_feed")


def _row(entry: Mapping[str, Any]) -> RawEntry:
    """Convert an entry of feedparser. FeedBurner's own element has the URL behind its redirect."""
    content = max((str(c.get("value") or "") for c in _listed(entry, "content")), key=len, default="")
    enclosures = [str(e.get("href") or "") for e in _listed(entry, "enclosures")]
    media = [_media(e, "href", "length") for e in _listed(entry, "enclosures")]
    media += [_media(m, "url", "filesize") for m in _listed(entry, "media_content")]
    authors = [str(a.get("name") or "") for a in _listed(entry, "authors")]
    return RawEntry(
        ident=str(entry.get("id") or ""),
        link=str(entry.get("feedburner_origlink") or entry.get("link") or next(iter(enclosures), "")),
        title=str(entry.get("title") or ""), summary=str(entry.get("summary") or "")[:MAX_FIELD], content=content[:MAX_FIELD],
        published=str(entry.get("published") or entry.get("updated") or ""), authors=tuple(authors), media=tuple(media),
        publisher=_source(entry),
    )  # fmt: skip


def _source(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return name and URL of the source element of RSS or Atom."""
    source = entry.get("source")
    if not isinstance(source, Mapping):
        return "", ""
    return str(source.get("title") or ""), str(source.get("href") or source.get("link") or "")


def _listed(entry: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return a list field; feedparser raises if the feed has an element with the list's name."""
    try:
        return [x for x in entry.get(name, []) if isinstance(x, Mapping)]
    except TypeError:
        return []


def _media(found: Mapping[str, Any], url: str, length: str) -> tuple[str, str, str]:
    return str(found.get(url) or ""), str(found.get("type") or ""), str(found.get(length) or "")


def _hints(document: bytes, head: Mapping[str, Any], period: Any, frequency: Any, url: str) -> Hints:
    intervals = [_number(head.get("ttl")) * 60, PERIODS.get(str(period or "").strip().lower(), 0.0)]
    if intervals[1]:
        intervals[1] /= max(1.0, _number(frequency))
    skipped = {kind.lower(): block for kind, block in SKIPPED.findall(document[:HEAD])}
    hours = {int(h) % 24 for h in SKIPPED_HOUR.findall(skipped.get(b"hours", b"")) if int(h) <= 24}
    days = {d.decode("ascii", "replace").lower() for d in SKIPPED_DAY.findall(skipped.get(b"days", b""))}
    numbers = frozenset(n for n, name in enumerate(DAYS) if name in days)
    return Hints(
        interval=max(intervals) or None,
        # A feed that skips every hour or day is ignored.
        skip_hours=frozenset(hours) if len(hours) < 24 else frozenset(),
        skip_days=numbers if len(numbers) < len(DAYS) else frozenset(),
        hub=_linked(head, "hub", url),
        topic_url=_linked(head, "self", url),
    )


def _linked(head: Mapping[str, Any], rel: str, url: str) -> str | None:
    links = (x for x in _listed(head, "links") if x.get("rel", "alternate") == rel and x.get("href"))
    return entry_url(next(links, {}).get("href"), url)


def _number(value: Any) -> float:
    try:
        number = float(value or 0)
    except (TypeError, ValueError):
        return 0.0
    return number if 0 < number < 1e7 else 0.0
