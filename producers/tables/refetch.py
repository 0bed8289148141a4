"""Revision watch: schedule and rows for re-fetching pages of young articles. Pure."""

import hashlib
from datetime import datetime, timedelta

import msgspec

from claimwire.ids import digest
from claimwire.records.feeds import Page
from producers.http.fetch import Fetched

LOOKS = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
YOUNG = timedelta(days=7)


def body_hash(fetched: Fetched) -> str:
    """Return the hash of a page's bytes: equal ones need no analysis to be known as the same text."""
    return hashlib.blake2b(fetched.body, digest_size=16).hexdigest()


def is_young(page: Page, now: datetime) -> bool:
    """Return whether to watch an article: it is in the live lane and not older than YOUNG."""
    return page.lane == "live" and now - min(page.published_at or now, page.first_seen_at) < YOUNG


def watched(page: Page, fetched: Fetched, now: datetime) -> Page | None:
    """Return the row after a fetch, due for the next re-fetch; None after the last one."""
    return later(
        msgspec.structs.replace(
            page, attempt=0, summary=None, body_hash=body_hash(fetched), gone_at=None,
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


def revision(page: Page, fetched: Fetched) -> Page:
    """Return the page as a new revision of its article."""
    ident = digest("look", page.article_id, body_hash(fetched), str(page.looks))
    return msgspec.structs.replace(page, revision_id=ident)


def gone(page: Page, status: int, now: datetime) -> Page | None:
    """Return the row of a missing page: a first 404 is re-fetched after an hour; None if it is gone for good."""
    if status == 410 or page.gone_at is not None:
        return None
    return msgspec.structs.replace(page, gone_at=now, next_due=now + LOOKS[0])
