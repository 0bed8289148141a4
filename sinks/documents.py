"""Records to the documents of the search store. Pure."""

from typing import Any

import msgspec

from claimwire import topics
from claimwire.log import Message
from claimwire.records import (
    Alert,
    Article,
    Outcome,
    OutcomeState,
    Sighting,
    decode,
    version_of,
)
from claimwire.snapshots import Cluster, Story
from claimwire.store import Document

SEARCHED_TOPICS = (topics.ARTICLES, topics.CLAIMS, topics.CLUSTERS, topics.STORIES, topics.ALERTS)


def document_of(message: Message) -> Document:
    """The document of a record. Raises ContractError where the record is not one."""
    match message.topic:
        case topics.ARTICLES.name:
            return _article(decode(message.value, Article))
        case topics.CLAIMS.name:
            return _claim(decode(message.value, Sighting))
        case topics.CLUSTERS.name:
            cluster = decode(message.value, Cluster)
            return Document("clusters", cluster.cluster_id, cluster.version, cluster.first_seen_at, _plain(cluster))
        case topics.STORIES.name:
            story = decode(message.value, Story)
            return Document("stories", story.story_id, story.version, story.first_seen_at, _plain(story))
        case topics.ALERTS.name:
            alert = decode(message.value, Alert)
            version = version_of(alert.fetched_at)
            return Document("alerts", alert.alert_id, version, alert.first_seen_at, _plain(alert))
    raise ValueError(f"no document for topic {message.topic}")


def outcome_of(message: Message) -> Outcome:
    """The line of the ledger that a stored Article closes."""
    article = decode(message.value, Article)
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
