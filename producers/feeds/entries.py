"""Entries of feeds: as parsed (`RawEntry`), and cleaned (`Entry`)."""

import html
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from claimwire.ids import article_id, digest, host_of, revision_id
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
# Texts that change at each poll although the article does not.
VOLATILE = re.compile(r"\b\d[\d.,]*\s*(?:(?:sec|min|hour|hr|day)\w{0,4}\s+ago|(?:view|comment|share)s?)\b", re.I)
# Characters of a link that stay as they are, as in the address bar of a browser.
PLAIN_LINK = re.compile(r"[\w!#$%&'()*+,./:;=?@\[\]~-]*", re.ASCII)
KEPT_IN_LINKS = "!#$%&'()*+,/:;=?@[]~"
BREAKS = re.compile(r"[\t\r\n]+")
LIKE_ADDRESS = re.compile(r"https?://|//|\.{0,2}/|www\.", re.I)
# A segment of a path that is a token: long, of letters and digits.
TOKEN = re.compile(r"(?<=/)(?=[^/]*\d)(?=[^/]*[A-Za-z])[\w=-]{32,}(?=/|$)|;[^/]*", re.ASCII)
# Texts shorter than this may be alike in entries of different articles.
LONG_TEXT = 80
MAX_PUBLISHER = 100


@dataclass(frozen=True, slots=True)
class RawEntry:
    """Fields of one entry, XML entities resolved; `summary` and `content` are HTML, `media` (URL, type, length).

    `publisher` is (name, URL) of the entry's source element.
    """

    ident: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    media: tuple[tuple[str, str, str], ...] = ()
    publisher: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Entry:
    """One item of a feed; `content` is HTML if `is_full`, else the page must be fetched.

    `other_id` is the article id by the entry's own id or text where `article_id` is by its URL, and the reverse: an
    entry whose link or neighbours change is still known by one of the two. `publisher` is named by the entry itself.
    """

    article_id: str
    other_id: str
    revision_id: str
    url: str | None
    title: str | None
    summary: str | None
    content: str | None
    published_at: datetime | None
    language: str | None
    authors: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    publisher: str | None = None

    @property
    def is_full(self) -> bool:
        return self.content is not None


def entries_of(
    rows: Sequence[RawEntry], feed_url: str, language: str | None, site: str | None = None
) -> tuple[Entry, ...]:
    """Return the entries that have a usable identity, each once; relative links are resolved against `site`."""
    base = (entry_url(site, feed_url) if site else None) or feed_url
    repeated = {ident for ident, times in Counter(row.ident for row in rows).items() if times > 1}
    if repeated:
        several = Counter(ident for ident, _, _ in {(r.ident, r.link, r.title) for r in rows if r.ident in repeated})
        repeated = {ident for ident in repeated if several[ident] > 1}
    read = ((row, _entry(row, row.ident in repeated, feed_url, base, language)) for row in rows)
    found = [(row, entry) for row, entry in read if entry is not None]
    if len({entry.article_id for _, entry in found}) == len(found):
        return tuple(entry for _, entry in found)
    return _told_apart(found, feed_url)


def _told_apart(found: list[tuple[RawEntry, Entry]], feed_url: str) -> tuple[Entry, ...]:
    """Return entries of which some have one canonical URL: each once, those with different ids as different articles."""
    once: dict[tuple[str, str], tuple[RawEntry, Entry]] = {}
    texts: defaultdict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
    for row, entry in found:
        key = entry.article_id, _mark(row, entry) if entry.url else ""
        text = entry.title, entry.summary
        if key not in once and text not in texts[entry.article_id]:
            once[key] = row, entry
            texts[entry.article_id].add(text)
    pages = Counter((entry.url or "").partition("#")[0] for _, entry in once.values())
    return tuple(
        _apart(row, entry, feed_url, pages[(entry.url or "").partition("#")[0]] > 1)
        if entry.url and len(texts[entry.article_id]) > 1 else entry
        for row, entry in once.values()
    )  # fmt: skip


def _entry(row: RawEntry, is_repeated: bool, feed_url: str, base: str, language: str | None) -> Entry | None:
    is_address = row.link != row.ident or LIKE_ADDRESS.match(row.link.strip())
    url = entry_url(row.link, base) if is_address else None
    publisher = _publisher(row.publisher, base) if row.publisher[0] else None
    title = plain_text(row.title, MAX_TITLE)
    title = title.removesuffix(f" - {publisher}") if title and publisher else title
    content, summary_html = row.content[:MAX_FIELD], row.summary[:MAX_FIELD]
    text = (plain_text(content, MAX_FIELD) if content else None) or ""
    summary = _cut(text, MAX_SUMMARY) if summary_html == content else plain_text(summary_html, MAX_SUMMARY)
    if not (url or row.ident or title or summary):
        return None
    longest = max(content, summary_html, key=len)
    is_full = len(longest) >= FULL_TEXT and _is_whole(longest, text if longest == content else None)
    published = parse_date(row.published)
    day = str(published.date()) if published else ""
    ident = f"{row.ident}|{url or title}" if row.ident and is_repeated else row.ident
    ident = ident or digest(title or "", summary or "", day)
    is_own = row.ident and row.ident != row.link and not is_repeated
    other = ident if is_own else _text_id(url, title, summary, day)
    by_url = article_id(url, feed_url, ident)
    return Entry(
        article_id=by_url,
        other_id=article_id(None, feed_url, other) if other else by_url,
        revision_id=revision_id([title or "", _lasting(summary or ""), _lasting(text)]),
        url=url,
        title=title,
        summary=summary,
        content=valid_text(longest) if is_full or not url else None,
        published_at=published,
        language=language,
        authors=names_of(row.authors),
        media=media_of(row.media, base) if row.media else (),
        publisher=publisher,
    )


def _lasting(text: str) -> str:
    is_volatile = " ago" in text or " view" in text or " comment" in text or " share" in text
    return VOLATILE.sub("", text) if is_volatile else text


def _mark(row: RawEntry, entry: Entry) -> str:
    """Return what tells an entry from others of the same canonical URL: its id, or its title if the id is its link."""
    return row.ident if row.ident and row.ident != row.link else entry.title or ""


def _apart(row: RawEntry, entry: Entry, feed_url: str, is_one_page: bool) -> Entry:
    """Return an entry that shares its canonical URL, as an article of its own.

    Its text is the entry's if the page is that of others too.
    """
    own = article_id(None, feed_url, f"{entry.url}|{_mark(row, entry)}")
    longest = max(row.content[:MAX_FIELD], row.summary[:MAX_FIELD], key=len)
    content = valid_text(longest) if is_one_page and longest else entry.content
    return replace(entry, article_id=own, other_id=entry.article_id, content=content)


def _text_id(url: str | None, title: str | None, summary: str | None, day: str) -> str | None:
    """Return an id by the entry's text, for links with a token; None if the text is too short to identify it."""
    if len(title or "") + len(summary or "") < LONG_TEXT or not (title and summary):
        return None
    parts = urlsplit(url or "")
    return digest(parts.netloc, TOKEN.sub("", parts.path), title, summary, day)


def _publisher(found: tuple[str, str], base: str) -> str | None:
    """Return the name of the publisher that an entry of another site's feed gives; None for the site's own name."""
    name, url = plain_text(found[0], MAX_PUBLISHER), entry_url(found[1], base)
    if not name or "@" in name or LIKE_ADDRESS.match(name) or (url and _site(url) == _site(base)):
        return None
    return name


def _site(url: str) -> str:
    return host_of(url).removeprefix("www.")


def _is_whole(text: str, plain: str | None) -> bool:
    """Return whether a field (`plain`: without tags) is an article's full text rather than its beginning."""
    plain = plain_text(text, MAX_FIELD) if plain is None else plain
    return plain is not None and len(plain) >= FULL_TEXT and not TEASER.search(plain[-100:])


def entry_url(link: Any, base: str) -> str | None:
    """Return the absolute http(s) URL of an entry, escaped as browsers do; None if its link is not one."""
    link = link.strip() if isinstance(link, str) else ""
    if not link or link[0] == "#":
        return None
    try:
        if not PLAIN_LINK.fullmatch(link):
            link = _escaped(link)
        link = f"https://{link}" if link.startswith("www.") else link
        url = link if link.startswith(("https://", "http://")) else urljoin(base, link)
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname and len(url) <= 2048 else None


def _escaped(link: str) -> str:
    """Return a link as a browser requests it: no line breaks, other characters in UTF-8, the host in IDNA."""
    parts = urlsplit(BREAKS.sub("", link))
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return urlunsplit(parts._replace(netloc=host, **{
        name: quote(getattr(parts, name), safe=KEPT_IN_LINKS) for name in ("path", "query", "fragment")
    }))  # fmt: skip


def plain_text(value: Any, limit: int) -> str | None:
    """Return the text of a field that may be HTML: no tags, entities resolved once, NFC, at most `limit` characters."""
    if not isinstance(value, str):
        return None
    text = TAG.sub(" ", without_scripts(value)) if "<" in value else value
    text = html.unescape(text) if "&" in text else text
    text = " ".join(valid_text(text).split())
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    return _cut(text, limit)


def _cut(text: str, limit: int) -> str | None:
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
