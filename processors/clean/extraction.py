"""Extraction results, from which the stage `learn` learns about hosts."""

import msgspec

from claimwire.ids import digest
from claimwire.records.articles import RawArticle
from claimwire.records.hosts import Extraction, host_name
from claimwire.records.vocabulary import BodySource, RejectReason
from processors.clean.document import Document

TAUGHT = frozenset((BodySource.PAGE, BodySource.ENTRY))


def extraction_of(raw: RawArticle, document: Document | RejectReason) -> Extraction | None:
    """Return the extraction result of a live article; None for a summary or a text without a URL."""
    host = host_name(raw.url)
    if raw.url is None or not host or raw.lane != "live" or raw.body_source not in TAUGHT:
        return None
    base = Extraction(
        host=host, body_source=raw.body_source, article_id=raw.article_id,
        revision_id=raw.revision_id, url=raw.url, first_seen_at=raw.first_seen_at,
    )  # fmt: skip
    if isinstance(document, RejectReason):
        return msgspec.structs.replace(base, rejected=document)
    return msgspec.structs.replace(
        base, title=document.title, fingerprint=digest(max(document.text.splitlines(), key=len)), route=document.route,
        confidence=document.confidence, characters=len(document.text), lines=document.lines,
        removed=sum(len(r.text) for r in document.removed),
    )  # fmt: skip
