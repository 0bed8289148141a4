"""Entries and pages to RawArticle. Pure."""

from datetime import datetime, timedelta

import msgspec

from claimwire.ids import digest
from claimwire.ledger import outcome_message
from claimwire.log import Message
from claimwire.net.redaction import without_secrets
from claimwire.records.articles import CleanArticle, RawArticle
from claimwire.records.feeds import Feed, Page
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import BodySource, OutcomeState, RejectReason
from claimwire.text.bodies import pack_body
from producers.feeds.entries import Entry, plain_text, usable_date

MAX_TITLE_OF_SUMMARY = 80
BACKFILL_AFTER = timedelta(hours=24)


def live_since(feed: Feed, now: datetime) -> datetime:
    """Return the start of the live lane; articles published before it are back-fill, which is never notified."""
    return feed.live_since or (feed.first_polled_at or now) - BACKFILL_AFTER


def lane_of(published: datetime, since: datetime) -> str:
    """Return the lane: `live`, or the month of an older article, which keeps it out of the live window."""
    return "live" if published >= since else published.strftime("%Y-%m")


def page_of(entry: Entry, feed: Feed, now: datetime) -> Page:
    """Return the fetch request for the page of an entry that has only a summary."""
    published, is_estimated = usable_date(entry.published_at, now)
    lane = lane_of(published, live_since(feed, now))
    return Page(
        article_id=entry.article_id, revision_id=entry.revision_id, url=entry.url or "",
        source=entry.publisher or feed.source, lane=lane,
        first_seen_at=now, next_due=now, published_at=published, published_estimated=is_estimated, title=entry.title,
        summary=entry.summary, language=feed.language or entry.language, feed_url=without_secrets(feed.url),
        backfill=lane != "live", authors=entry.authors, media=entry.media,
    )  # fmt: skip


def article_of_entry(entry: Entry, feed: Feed, now: datetime) -> RawArticle:
    """Return the article of an entry with full text."""
    page = page_of(entry, feed, now)
    body = (entry.content or "").encode("utf-8", "replace")
    return article_of_page(page, body, "text/html", "utf-8", now, BodySource.ENTRY)


def article_of_page(
    page: Page, body: bytes, media_type: str, charset: str | None, now: datetime, body_source: BodySource
) -> RawArticle:
    """Return the article of a fetched page or its substitute (`body_source`)."""
    return RawArticle(
        article_id=page.article_id, revision_id=page.revision_id, url=page.url or None, source=page.source,
        lane=page.lane, fetched_at=now, first_seen_at=page.first_seen_at, published_at=page.published_at,
        published_estimated=page.published_estimated, title=page.title, summary=page.summary, language=page.language,
        media_type=media_type, charset=charset, body=pack_body(body), body_source=body_source, feed_url=page.feed_url,
        backfill=page.backfill, authors=page.authors, media=page.media,
    )  # fmt: skip


def article_of_summary(page: Page, now: datetime) -> RawArticle:
    """Return the article of the feed's summary, for a page that cannot be fetched. A missing title is cut from it."""
    if not page.title and len(page.summary or "") > MAX_TITLE_OF_SUMMARY:
        page = msgspec.structs.replace(page, title=plain_text(page.summary, MAX_TITLE_OF_SUMMARY))
    return article_of_page(page, (page.summary or "").encode(), "text/plain", "utf-8", now, BodySource.SUMMARY)


def withdrawal(page: Page, now: datetime) -> RawArticle:
    """Return the withdrawal of a page that is gone: an article without a body, with `withdrawn` set."""
    page = msgspec.structs.replace(page, revision_id=digest("gone", page.article_id, now.isoformat()))
    raw = article_of_page(page, b"", "text/plain", "utf-8", now, BodySource.PAGE)
    return msgspec.structs.replace(raw, withdrawn=True)


def opened(page: Page | RawArticle | CleanArticle, stage: str, at: datetime | None = None) -> Message:
    """Return the ledger line that opens a revision."""
    return outcome_message(
        Outcome(
            article_id=page.article_id, revision_id=page.revision_id, state=OutcomeState.OPENED, stage=stage,
            at=at or page.first_seen_at, url=page.url, source=page.source,
        )
    )  # fmt: skip


def maybe_lost(feed: Feed, new: int, now: datetime) -> Message:
    """Return the ledger line for a poll that found a full window of new entries."""
    return outcome_message(
        Outcome(
            article_id=digest("poll", feed.url), revision_id=digest("poll", feed.url, now.isoformat()),
            state=OutcomeState.MAYBE_LOST, stage="rss", at=now, url=without_secrets(feed.url), source=feed.source,
            reason=f"all {new} entries are new: entries may have been lost between polls",
        )
    )  # fmt: skip


def rejected(page: Page, reason: RejectReason, now: datetime) -> Message:
    """Return the ledger line that rejects a page with neither text nor summary."""
    return outcome_message(
        Outcome(
            article_id=page.article_id, revision_id=page.revision_id, state=OutcomeState.REJECTED, stage="web", at=now,
            reason=reason.value, url=page.url, source=page.source,
        )
    )  # fmt: skip
