"""The revision watch: a page is looked at again while its article is young. Pure."""

from datetime import datetime, timedelta

import msgspec
import trafilatura

from claimwire.bodies import decode_page, valid_text
from claimwire.errors import ParseError
from claimwire.ids import digest
from claimwire.markup import check
from claimwire.producer_tables import Page
from producers.http.fetch import Fetched

LOOKS = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
YOUNG = timedelta(days=7)
MAX_LEAD = 600
# Pages of more are no articles to watch.
MOST_TAGS, LARGE = 15_000, 2_000_000


class PageBytes(msgspec.Struct, frozen=True):
    """A fetched page, with the charset of its header."""

    body: bytes
    url: str
    charset: str | None = None


class PageText(msgspec.Struct, frozen=True):
    """Hash that distinguishes one text of a page from another, whatever stands around it, and its beginning."""

    text_hash: str
    lead: str


def page_text(page: PageBytes) -> PageText | None:
    """The text of a page, None where it has none or too much mark-up; CPU-bound, for a child process.

    It is decoded here: trafilatura would unpack bytes that look packed.
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
    """Return whether an article is one to watch: of the live lane, and not older than YOUNG."""
    return page.lane == "live" and now - min(page.published_at or now, page.first_seen_at) < YOUNG


def watched(page: Page, fetched: Fetched, text: PageText, now: datetime) -> Page | None:
    """The row after a page was fetched or looked at, with its next look; None after the last."""
    return later(
        msgspec.structs.replace(
            page, attempt=0, summary=None, text_hash=text.text_hash, lead=text.lead, gone_at=None,
            etag=fetched.headers.get("etag"), last_modified=fetched.headers.get("last-modified"),
        ),
        now,
    )  # fmt: skip


def later(page: Page, now: datetime) -> Page | None:
    """The row with its next look, None after the last; looks that were missed are left out."""
    for number, after in enumerate(LOOKS, 1):
        due = page.first_seen_at + after
        if number > page.looks and due > now:
            return msgspec.structs.replace(page, looks=number, next_due=due)
    return None


def look_headers(page: Page) -> dict[str, str]:
    """The validators of a look."""
    found = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
    return {name: value for name, value in found.items() if page.looks and value}


def revision(page: Page, text_hash: str) -> Page:
    """The page as a revision of its article."""
    return msgspec.structs.replace(page, revision_id=digest("look", page.article_id, text_hash, str(page.looks)))


def gone(page: Page, status: int, now: datetime) -> Page | None:
    """The row of a page that was not there: a 404 is looked at once more, after an hour; None: it is gone for good."""
    if status == 410 or page.gone_at is not None:
        return None
    return msgspec.structs.replace(page, gone_at=now, next_due=now + LOOKS[0])
