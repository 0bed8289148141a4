"""Entries of feeds: as parsed (`RawEntry`), and cleaned (`Entry`)."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from claimwire.ids import article_id, digest, revision_id
from claimwire.records.articles import Media
from claimwire.text.dates import parse_date
from claimwire.text.encodings import valid_text

MAX_TITLE = 500
MAX_SUMMARY = 5_000
MAX_FIELD = 1_000_000
MAX_AUTHORS = 10
MAX_MEDIA = 20
FULL_TEXT = 1_200
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# Only a name behind the sign makes a tag: "profit <$5bn, debt >$11bn" has none.
TAG = re.compile(r"<(?:!|\?|/?[A-Za-z][\w:.-]*(?=[\s/>]))[^<>]{0,2000}>")
SCRIPT = re.compile(r"<(?:script|style)\b", re.I)
SCRIPT_END = re.compile(r"</(?:script|style)[^<>]{0,200}>", re.I)
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,255}")
TEASER = re.compile(
    r"(\[(?:…|\.\.\.)\]|(?:…|\.\.\.)|read more|continue reading|lire la suite|weiterlesen|leer más)\W*$", re.I
)


@dataclass(frozen=True, slots=True)
class RawEntry:
    """Fields of one entry, XML entities resolved; `summary` and `content` are HTML, `media` (URL, type, length)."""

    ident: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    media: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Entry:
    """One item of a feed; `content` is HTML if `is_full`, else the page must be fetched."""

    article_id: str
    revision_id: str
    url: str | None
    title: str | None
    summary: str | None
    content: str | None
    published_at: datetime | None
    language: str | None
    authors: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()

    @property
    def is_full(self) -> bool:
        return self.content is not None


def entries_of(rows: Sequence[RawEntry], feed_url: str, language: str | None) -> tuple[Entry, ...]:
    """Return the entries that have a usable identity."""
    repeated = Counter(row.ident for row in rows)
    found = (_entry(row, n, repeated[row.ident] > 1, feed_url, language) for n, row in enumerate(rows))
    return tuple(e for e in found if e is not None)


def _entry(row: RawEntry, number: int, is_repeated: bool, feed_url: str, language: str | None) -> Entry | None:
    # A URL that all entries share, because it is their id, identifies none of them.
    url = None if is_repeated and row.link == row.ident else entry_url(row.link, feed_url)
    ident = f"{row.ident}|{url or number}" if row.ident and is_repeated else row.ident
    title = plain_text(row.title, MAX_TITLE)
    content, summary_html = row.content[:MAX_FIELD], row.summary[:MAX_FIELD]
    summary = plain_text(summary_html, MAX_SUMMARY)
    if not (url or ident or title or summary):
        return None
    longest = max(content, summary_html, key=len)
    is_full = len(longest) >= FULL_TEXT and _is_whole(longest)
    published = parse_date(row.published)
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
        authors=names_of(row.authors),
        media=media_of(row.media, feed_url) if row.media else (),
    )


def _is_whole(text: str) -> bool:
    """Return whether a field is an article's full text rather than its beginning."""
    return len(plain_text(text, MAX_FIELD) or "") >= FULL_TEXT and not TEASER.search(plain_text(text[-300:], 300) or "")


def entry_url(link: Any, base: str) -> str | None:
    """Return the absolute http(s) URL of an entry; None if its link is not one."""
    if not isinstance(link, str) or not link.strip() or link.strip().startswith("#"):
        return None
    link = link.strip()
    try:
        url = link if link.startswith(("https://", "http://")) else urljoin(base, link)
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname and len(url) <= 2048 else None


def plain_text(value: Any, limit: int) -> str | None:
    """Return the text of a field that may be HTML: no tags, entities resolved once, NFC, at most `limit` characters."""
    if not isinstance(value, str):
        return None
    text = TAG.sub(" ", without_scripts(value)) if "<" in value else value
    text = html.unescape(text) if "&" in text else text
    text = " ".join(valid_text(text).split())
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    return (text if len(text) <= limit else text[: limit - 1] + "…") or None


def without_scripts(text: str) -> str:
    """Remove scripts and styles from HTML; an unclosed one extends to the end."""
    kept, place = [], 0
    while found := SCRIPT.search(text, place):
        kept.append(text[place : found.start()])
        end = SCRIPT_END.search(text, found.end())
        place = end.end() if end else len(text)
    return " ".join([*kept, text[place:]]) if kept else text


def names_of(authors: Sequence[str]) -> tuple[str, ...]:
    """Return the authors' names without e-mail addresses; an author without a name is left out."""
    found: dict[str, None] = {}
    for author in authors[:MAX_AUTHORS]:
        text = plain_text(ADDRESS.sub(" ", author), 120) or ""
        if name := text.strip(" ()<>,;\"'"):
            found[name] = None
    return tuple(found)


def media_of(rows: Sequence[tuple[str, str, str]], base: str) -> tuple[Media, ...]:
    """Return pictures, audio and video, each once; an invalid length becomes None."""
    found: dict[str, Media] = {}
    for link, kind, length in rows[:MAX_MEDIA]:
        url = entry_url(link, base)
        if url and url not in found:
            size = int(length) if length.isascii() and length.isdigit() and len(length) < 15 else None
            found[url] = Media(url=url, type=plain_text(kind, 100), length=size)
    return tuple(found.values())


def usable_date(published: datetime | None, fetched_at: datetime) -> tuple[datetime, bool]:
    """Return a plausible date (1990 to two days ahead), and whether it is estimated from the fetch time."""
    if published is None or not EARLIEST <= published <= fetched_at + timedelta(hours=48):
        return fetched_at, True
    return min(published, fetched_at), False
