"""Records to the documents of the search store. Pure."""

from typing import Any

import msgspec

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.log import Message
from claimwire.records import (
    Alert,
    Article,
    Outcome,
    OutcomeState,
    Record,
    Sighting,
    decode,
    version_of,
)
from claimwire.snapshots import Cluster, Story
from claimwire.store import Document

SEARCHED_TOPICS = (topics.ARTICLES, topics.CLAIMS, topics.CLUSTERS, topics.STORIES, topics.ALERTS)


def record_of(message: Message) -> Record:
    """The record of a message. Raises ContractError where it is not one."""
    kind = topics.BY_NAME[message.topic].record
    if kind is None:
        raise ContractError(f"{message.topic}: no record of one kind")
    return decode(message.value, kind)


def document_of(record: Record) -> Document:
    """The document of a record. Raises ContractError where it has none."""
    match record:
        case Article():
            return _article(record)
        case Sighting():
            return _claim(record)
        case Cluster():
            return Document("clusters", record.cluster_id, record.version, record.first_seen_at, _plain(record))
        case Story():
            return Document("stories", record.story_id, record.version, record.first_seen_at, _plain(record))
        case Alert():
            version = version_of(record.fetched_at)
            return Document("alerts", record.alert_id, version, record.first_seen_at, _plain(record, ("policy",)))
    raise ContractError(f"no document of a {type(record).__name__}")


def outcome_of(article: Article) -> Outcome:
    """The line of the ledger that a stored Article closes."""
    clean = article.clean
    return Outcome(
        article_id=clean.article_id, revision_id=clean.revision_id, state=_state(article), stage="search",
        at=clean.fetched_at, url=clean.url, source=clean.source, backfill=clean.backfill,
    )  # fmt: skip


def _state(article: Article) -> OutcomeState:
    return OutcomeState.DUPLICATE if article.duplicate_of else OutcomeState.INDEXED


def _plain(record: msgspec.Struct, drop: tuple[str, ...] = ()) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(record)
    return {k: v for k, v in body.items() if k not in ("schema_version", *drop)}


def _article(article: Article) -> Document:
    clean = article.clean
    body = _plain(clean, ("claims",)) | _plain(article, ("clean", "sightings"))
    body |= {"claims": len(article.sightings), "outcome": _state(article).value}
    return Document("articles", clean.article_id, version_of(clean.fetched_at), clean.first_seen_at, body)


def _claim(sighting: Sighting) -> Document:
    claim = _plain(sighting.claim, ("claim_id",))
    body = _plain(sighting, ("claim",)) | claim
    return Document("claims", sighting.claim_id, version_of(sighting.fetched_at), sighting.first_seen_at, body)
