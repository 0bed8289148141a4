"""Records to the documents of the search store. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.ids import digest
from claimwire.ledger import LETTER_MARK, letter_place
from claimwire.log import Message
from claimwire.producer_tables import Feed, starred
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
from claimwire.store import OF_ARTICLE, Document

SEARCHED_TOPICS = (
    topics.ARTICLES, topics.CLAIMS, topics.CLUSTERS, topics.STORIES, topics.ALERTS, topics.OUTCOMES, topics.DEADLETTERS,
    topics.FEEDS,
)  # fmt: skip
# What is told of the pipeline itself: where one of these makes no document, no dead letter is written, which would be one more.
OF_PIPELINE = frozenset((topics.OUTCOMES.name, topics.DEADLETTERS.name, topics.FEEDS.name))
# A final line of the ledger beats `opened`, whatever the order in which they arrive.
FINAL = 1 << 40
MOST_REASON = 100


def record_of(message: Message) -> Record | None:
    """The record of a message, None for a dead letter. Raises ContractError where it is not one."""
    kind = topics.BY_NAME[message.topic].record
    return decode(message.value, kind) if kind else None


def document_of_message(message: Message, record: Record | None) -> Document | None:
    """The document of a message and its record; None for what is left of a dead letter of a forgotten article."""
    match record:
        case None:
            return _letter(message)
        case Outcome():
            return _outcome(record, message.key, message.offset)
        case Feed():
            return _feed(record, message.offset)
    return document_of(record)


def is_tombstone(message: Message) -> bool:
    """Whether a record says that something is gone; a dead letter may have no value because what failed had none."""
    return message.value is None and message.topic != topics.DEADLETTERS.name


def gone_of(tombstones: Iterable[Message]) -> dict[str, list[str]]:
    """What to forget, as (kind, ids) for `SearchStore.forget`."""
    gone: dict[str, dict[str, None]] = {}
    for message in tombstones:
        kind = message.topic
        ident = message.headers.get("article_id", "") if kind in OF_ARTICLE else message.key
        gone.setdefault(kind, {})[feed_id(ident) if kind == topics.FEEDS.name else ident] = None
        if kind == topics.ARTICLES.name:
            gone.setdefault(topics.DEADLETTERS.name, {})[ident] = None
    return {kind: list(ids) for kind, ids in gone.items()}


def feed_id(url: str) -> str:
    """A feed's id in the store: an address may be longer than an id."""
    return digest("feed", url)


def _outcome(outcome: Outcome, key: str, offset: int) -> Document:
    version = offset + 1 + (0 if outcome.state is OutcomeState.OPENED else FINAL)
    body = _plain(outcome, ("at",)) | {
        "outcome_id": key, "text": outcome.url or "", "first_seen_at": outcome.at.isoformat(),
    }  # fmt: skip
    return Document("outcomes", key, version, outcome.at, body)


def _feed(feed: Feed, offset: int) -> Document:
    names = (
        "url", "source", "language", "status", "error", "failures", "failing_since", "last_polled_at", "next_due", "changed_at",
        "entries_total", "maybe_lost", "disabled", "pace",
    )  # fmt: skip
    shown = starred(feed)
    plain = _plain(shown)
    body = {name: plain[name] for name in names} | {
        "feed_id": feed_id(feed.url), "text": f"{shown.source} {shown.url}", "first_seen_at": plain["added_at"],
    }  # fmt: skip
    return Document("feeds", feed_id(feed.url), offset + 1, feed.added_at, body)


def _letter(message: Message) -> Document | None:
    """A dead letter, or what was done with one: its mark tells it again with its new state."""
    headers = message.headers
    is_mark = message.key == LETTER_MARK and "state" in headers
    if message.value is None and "article_id" in headers and not is_mark:
        return None
    offset = int(headers["offset"]) if is_mark else message.offset
    error = headers.get("error", "")
    at = (
        datetime.fromisoformat(headers["at"])
        if "at" in headers
        else datetime.fromtimestamp(message.timestamp_ms / 1000, UTC)
    )
    body = {
        "deadletter_id": str(offset), "offset": offset, "state": headers["state"] if is_mark else "open",
        "stage": headers.get("stage"), "topic": headers.get("topic"), "place": letter_place(headers),
        "reason": error.split(":", 1)[0][:MOST_REASON], "error": error, "article_id": headers.get("article_id"),
        "revision_id": headers.get("revision_id"), "attempt": int(headers.get("attempt", "0")),
        "first_seen_at": at.isoformat(),
    }  # fmt: skip
    return Document("deadletters", str(offset), message.offset + 1, at, body)


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
