"""From a raw article to a clean one: text, language and claims."""

from datetime import UTC, date, datetime, time, timedelta

from claimwire import topics
from claimwire.ledger import outcome_message, rejection
from claimwire.log import Message
from claimwire.log.reading import decoded
from claimwire.messages import message_of
from claimwire.records.articles import CleanArticle, RawArticle
from claimwire.records.hosts import HostRules
from claimwire.records.vocabulary import RejectReason, Route
from claimwire.text.bodies import unpack_body
from claimwire.text.encodings import page_text
from processors.claims import PACKS, claims_of
from processors.claims.attribution.headlines import headline_claim
from processors.claims.events.local_day import local_day
from processors.clean.bylines import author_names
from processors.clean.document import Declared, Document, clean_document
from processors.clean.extraction import extraction_of
from processors.clean.language import language_of
from processors.clean.page import careful_lines
from processors.clean.page_dates import PageDate, day_in_text, plausible
from processors.clean.scorer import Scored
from processors.clean.withdrawal import withdrawal
from processors.erasure import passed_on
from processors.learn.table import rules_of

# An article whose page has an older date than this before it was seen is back-fill, as one with such a date in a feed.
BACKFILL_AFTER = timedelta(hours=24)
SAMPLE = (
    "<html><head><title>Flood in Valdivia</title></head><body><article><h1>Flood in Valdivia</h1>"
    + "<p>At least four people were killed when the river flooded parts of Valdivia on Friday, the ministry said.</p>"
    * 4
    + "</article></body></html>"
)


def analyse(message: Message, *, is_plain: bool = False) -> list[Message]:
    """Return the clean article of a raw one, with language and claims, or its rejection."""
    if message.value is None:
        return passed_on(topics.CLEAN, message)
    raw = decoded(message, RawArticle)
    if raw.withdrawn:
        return [message_of(withdrawal(raw))]
    rules = rules_of(message)
    document = clean_document(
        unpack_body(raw.body),
        raw.media_type,
        raw.charset,
        declared=Declared(title=raw.title, url=raw.url, source=raw.source),
        is_plain=is_plain,
        rules=rules,
    )
    if isinstance(document, RejectReason):
        return _rejected(raw, document)
    language = language_of(raw.language, document.text)
    extraction = extraction_of(raw, document)
    found = None if is_plain else _own_date(raw, document)
    return [message_of(r) for r in (_clean(raw, document, language, rules, found), extraction) if r]


def give_up(message: Message) -> list[Message]:
    """Return the rejection of a page that timed out in both ways."""
    return _rejected(decoded(message, RawArticle), RejectReason.TIMED_OUT)


def warm() -> None:
    """Load weights, gazetteer, trafilatura and the language detector."""
    document = clean_document(SAMPLE.encode(), "text/html")
    careful_lines(SAMPLE, None, Scored([], 0, 1.0, 0))
    assert isinstance(document, Document)
    language_of(None, document.text)
    day_in_text(SAMPLE, None, datetime(2026, 1, 1, tzinfo=UTC))
    claims_of("warm", document.text, document.blocks, date(2026, 1, 1))


def _clean(
    raw: RawArticle, document: Document, language: str, rules: HostRules | None, own: PageDate | None
) -> CleanArticle:
    is_given = raw.published_at is not None and not (raw.published_estimated and own)
    published = raw.published_at if is_given or own is None else own.when
    day = local_day(published or raw.first_seen_at, own.when if own else None, raw.url)
    is_old = not is_given and own is not None and _ended(own.when) < raw.first_seen_at - BACKFILL_AFTER
    published = published.astimezone(UTC) if published else None
    if claims_of := PACKS.get(language):
        claims = claims_of(raw.article_id, document.text, document.blocks, day)
    else:
        claims = headline_claim(raw.article_id, document.text, document.blocks)
    return CleanArticle(
        article_id=raw.article_id, revision_id=raw.revision_id, url=raw.url, source=raw.source, lane=raw.lane,
        language=language, fetched_at=raw.fetched_at, first_seen_at=raw.first_seen_at, published_at=published,
        published_estimated=raw.published_estimated if is_given else own is not None and own.is_estimated,
        title=document.title, text=document.text, blocks=document.blocks,
        removed=document.removed, claims=claims, dateline=document.dateline,
        byline=document.byline or author_names(raw.authors, [raw.source, *document.metadata.sites]),
        truncated=document.truncated, body_source=raw.body_source, backfill=raw.backfill or is_old, route=document.route,
        confidence=document.confidence, captions=document.metadata.captions,
        canonical=document.metadata.canonical, provenance=document.metadata.provenance,
        host_rules=rules.valid_from if rules else None, media=raw.media, declared_language=raw.language,
        page_kind=document.metadata.kind,
    )  # fmt: skip


def _own_date(raw: RawArticle, document: Document) -> PageDate | None:
    """Return the page's own date: its publication, a day in its text, its last change, if one of them is plausible.

    The text is searched only for an article that has no other date.
    """
    page, latest = document.metadata, raw.fetched_at
    found = plausible(page.dates, latest)
    if found or document.route is Route.TEXT or not (raw.published_at is None or raw.published_estimated):
        return found
    html = page_text(unpack_body(raw.body), raw.charset)
    return day_in_text(html, raw.url, latest) or plausible(page.changes, latest)


def _ended(when: datetime) -> datetime:
    """Return the end of a day that is given without a time."""
    return when + timedelta(days=1) if when.time() == time() else when


def _rejected(raw: RawArticle, reason: RejectReason) -> list[Message]:
    outcome, extraction = rejection(raw, reason, "analyse"), extraction_of(raw, reason)
    return [outcome_message(outcome), *([message_of(extraction)] if extraction else [])]
