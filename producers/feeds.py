"""Bytes of a feed to entries. Pure; run in a child process that can be killed (CPU bombs of under 1 MB exist).

feedparser gets bytes only: from a string it would open files and URLs.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit

from claimwire.bodies import valid_text
from claimwire.errors import ParseError
from claimwire.ids import article_id, digest, revision_id

MAX_ENTRIES = 500
MAX_TITLE = 500
MAX_FIELD = 1_000_000
FULL_TEXT = 1_200
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
TAG = re.compile(r"<[^<>]{0,2000}>")
TEASER = re.compile(
    r"(\[(?:…|\.\.\.)\]|(?:…|\.\.\.)|read more|continue reading|lire la suite|weiterlesen|leer más)\W*$", re.I
)
HTML_START = re.compile(rb"^\s*(?:<!doctype html|<html\b)", re.IGNORECASE)


@dataclass(frozen=True)
class FeedBytes:
    """A fetched feed: `url` after redirects."""

    url: str
    body: bytes
    content_type: str


@dataclass(frozen=True)
class Entry:
    """One item of a feed; `content` is HTML where `is_full`, else the page has to be fetched."""

    article_id: str
    revision_id: str
    url: str | None
    title: str | None
    summary: str | None
    content: str | None
    published_at: datetime | None
    language: str | None

    @property
    def is_full(self) -> bool:
        return self.content is not None


@dataclass(frozen=True)
class ParsedFeed:
    """Entries, newest first as the feed gives them; `truncated` counts those over MAX_ENTRIES."""

    title: str | None
    language: str | None
    entries: tuple[Entry, ...]
    truncated: int
    ttl: float | None


@dataclass(frozen=True)
class ParseFailure:
    """Why a feed could not be parsed; `reason` is a closed word."""

    reason: str
    text: str


def parsed_or_failure(feed: FeedBytes) -> ParsedFeed | ParseFailure:
    """`parse_feed` with its expected error as a value, for a child process."""
    try:
        return parse_feed(feed)
    except ParseError as error:
        return ParseFailure(error.reason, str(error))


def parse_feed(feed: FeedBytes) -> ParsedFeed:
    """The entries of a feed. Raises ParseError (empty, not_a_feed, parse_failed)."""
    import feedparser

    if not feed.body.strip():
        raise ParseError("the feed is empty", reason="empty")
    headers = {"content-type": feed.content_type, "content-location": feed.url}
    try:
        parsed = feedparser.parse(
            BytesIO(feed.body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:
        # Its loose parser fails in many ways on broken markup (a missing handler, a key): all are the feed's fault.
        raise ParseError(f"the feed is broken: {type(error).__name__}: {error}", reason="parse_failed") from None
    if not parsed.get("version"):
        what = "an HTML page" if HTML_START.match(feed.body) or "html" in feed.content_type else "no feed"
        raise ParseError(f"the answer is {what}", reason="not_a_feed")
    head = parsed.feed
    language = plain_text(head.get("language"), 20)
    rows = parsed.entries[:MAX_ENTRIES]
    ids = [str(e.get("id") or "") for e in rows]
    entries = [_entry(e, n, ids, feed.url, language) for n, e in enumerate(rows)]
    return ParsedFeed(
        title=plain_text(head.get("title"), MAX_TITLE),
        language=language,
        entries=tuple(e for e in entries if e is not None),
        truncated=len(parsed.entries) - len(rows),
        ttl=_ttl(head),
    )


def _entry(entry: Mapping[str, Any], number: int, ids: list[str], feed_url: str, language: str | None) -> Entry | None:
    url = entry_url(entry.get("link"), feed_url)
    ident = str(entry.get("id") or "")
    if ident and ids.count(ident) > 1:
        ident = f"{ident}|{url or number}"
    title = plain_text(entry.get("title"), MAX_TITLE)
    content = max((str(c.get("value") or "") for c in entry.get("content", [])), key=len, default="")[:MAX_FIELD]
    summary_html = str(entry.get("summary") or "")[:MAX_FIELD]
    summary = plain_text(summary_html, 5000)
    if not (url or ident or title or summary):
        return None
    longest = max(content, summary_html, key=len)
    is_full = len(plain_text(longest, MAX_FIELD) or "") >= FULL_TEXT and not TEASER.search(
        plain_text(longest[-300:], 300) or ""
    )
    published = entry_date(entry.get("published_parsed") or entry.get("updated_parsed"))
    ident = ident or digest(title or "", summary or "", str(published.date()) if published else "")
    return Entry(
        article_id=article_id(url, feed_url, ident),
        revision_id=revision_id([title or "", summary or "", content]),
        url=url,
        title=title,
        summary=summary,
        content=valid_text(longest) if is_full or not url else None,
        published_at=published,
        language=language,
    )


def entry_url(link: Any, base: str) -> str | None:
    """The absolute http(s) URL of an entry, None where its link is not one."""
    if not isinstance(link, str) or not link.strip() or link.strip().startswith("#"):
        return None
    try:
        url = urljoin(base, link.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname and len(url) <= 2048 else None


def plain_text(value: Any, limit: int) -> str | None:
    """Text of a field that may be HTML: tags out, entities resolved once, at most `limit` characters."""
    if not isinstance(value, str):
        return None
    text = " ".join(valid_text(html.unescape(TAG.sub(" ", valid_text(value)))).split())
    return (text if len(text) <= limit else text[: limit - 1] + "…") or None


def entry_date(parsed: Any) -> datetime | None:
    """feedparser's UTC time tuple as a time, None where it is impossible."""
    try:
        year, month, day, hour, minute, second = parsed[:6] if parsed else (0,) * 6
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, TypeError):
        return None


def usable_date(published: datetime | None, fetched_at: datetime) -> tuple[datetime, bool]:
    """A date within 1990 and two days ahead, and whether it had to be estimated by the fetch time."""
    if published is None or not EARLIEST <= published <= fetched_at + timedelta(hours=48):
        return fetched_at, True
    return min(published, fetched_at), False


def _ttl(head: Mapping[str, Any]) -> float | None:
    try:
        return float(head.get("ttl") or 0) * 60 or None
    except (TypeError, ValueError):
        return None
