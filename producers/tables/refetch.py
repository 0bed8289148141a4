"""Revision watch: schedule and rows for re-fetching pages of young articles. Pure."""

from datetime import datetime, timedelta

import msgspec
import trafilatura

from claimwire.errors import ParseError
from claimwire.ids import digest
from claimwire.records.feeds import Page
from claimwire.text.bodies import decode_page, valid_text
from claimwire.text.markup import check
from producers.http.fetch import Fetched

LOOKS = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
YOUNG = timedelta(days=7)
MAX_LEAD = 600
# Larger pages are not watched.
MOST_TAGS, LARGE = 15_000, 2_000_000


class PageBytes(msgspec.Struct, frozen=True):
    """A fetched page, with the charset of its header."""

    body: bytes
    url: str
    charset: str | None = None


class PageText(msgspec.Struct, frozen=True):
    """Hash of a page's text, independent of the mark-up around it, and the beginning of the text."""

    text_hash: str
    lead: str


def page_text(page: PageBytes) -> PageText | None:
    """Extract the text of a page; None if it has none or too much mark-up. CPU-bound, for a child process.

    Decodes the page first: trafilatura would decompress bytes that look compressed.
    """
    html = valid_text(decode_page(page.body, page.charset))
    try:
        markup = check(html.encode("utf-8"))
    except ParseError:
        return None
    if markup.tags > MOST_TAGS or markup.size > LARGE:
        return None
    text = trafilatura.extract(html, url=page.url, fast=True, include_comments=False)
    words = " ".join((text or "").split())
    return PageText(digest("text", words), words[:MAX_LEAD]) if words else None


def is_young(page: Page, now: datetime) -> bool:
    """Return whether to watch an article: it is in the live lane and not older than YOUNG."""
    return page.lane == "live" and now - min(page.published_at or now, page.first_seen_at) < YOUNG


def watched(page: Page, fetched: Fetched, text: PageText, now: datetime) -> Page | None:
    """Return the row after a fetch, due for the next re-fetch; None after the last one."""
    return later(
        msgspec.structs.replace(
            page, attempt=0, summary=None, text_hash=text.text_hash, lead=text.lead, gone_at=None,
            etag=fetched.headers.get("etag"), last_modified=fetched.headers.get("last-modified"),
        ),
        now,
    )  # fmt: skip


def later(page: Page, now: datetime) -> Page | None:
    """Return the row due for the next re-fetch, without missed ones; None after the last one."""
    for number, after in enumerate(LOOKS, 1):
        due = page.first_seen_at + after
        if number > page.looks and due > now:
            return msgspec.structs.replace(page, looks=number, next_due=due)
    return None


def look_headers(page: Page) -> dict[str, str]:
    """Return the validators of a re-fetch."""
    found = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
    return {name: value for name, value in found.items() if page.looks and value}


def revision(page: Page, text_hash: str) -> Page:
    """Return the page as a new revision of its article."""
    return msgspec.structs.replace(page, revision_id=digest("look", page.article_id, text_hash, str(page.looks)))


def gone(page: Page, status: int, now: datetime) -> Page | None:
    """Return the row of a missing page: a first 404 is re-fetched after an hour; None if it is gone for good."""
    if status == 410 or page.gone_at is not None:
        return None
    return msgspec.structs.replace(page, gone_at=now, next_due=now + LOOKS[0])
