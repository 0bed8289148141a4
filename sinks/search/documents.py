"""Conversion of records to documents of the search store. Pure."""

from collections.abc import Iterable
from typing import Any

import msgspec

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.ids import digest
from claimwire.letters import LARGEST, is_forgotten, letter_place, marked_offset, number, written_at
from claimwire.log import Message
from claimwire.log.reading import check_key
from claimwire.records.alerts import Alert
from claimwire.records.base import Record, version_of
from claimwire.records.feeds import Feed, starred
from claimwire.records.outcomes import Outcome
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story
from claimwire.records.vocabulary import OutcomeState
from claimwire.store import OF_ARTICLE, Document
from claimwire.text.display import claim_line, shown

SEARCHED_TOPICS = (
    topics.ARTICLES, topics.CLAIMS, topics.CLUSTERS, topics.STORIES, topics.ALERTS, topics.OUTCOMES, topics.DEADLETTERS,
    topics.FEEDS,
)  # fmt: skip
# Records of the pipeline itself: if one cannot be converted, no dead letter is written, which would be another such
# record.
OF_PIPELINE = frozenset((topics.OUTCOMES.name, topics.DEADLETTERS.name, topics.FEEDS.name))
# A final ledger line replaces `opened` in any order of arrival.
FINAL = 1 << 40
MOST_REASON = 100
MOST_ID_BYTES = 512


def document_of_message(message: Message, record: Record | None) -> Document | None:
    """Return the document of a message and its record; None for a dead letter of an erased article.

    Raises ContractError if its id or version is invalid in the store.
    """
    match record:
        case None:
            document = _letter(message)
        case Outcome():
            document = _outcome(record, message.key, message.offset)
        case Feed():
            document = _feed(record, message.offset)
        case _:
            document = document_of(record)
    if document is not None:
        check_id(document.id)
        if not 0 <= document.version <= LARGEST:
            raise ContractError(f"{document.kind}: invalid version {document.version}")
    return document


def check_id(ident: str) -> None:
    """Raise ContractError for an invalid document id: Elasticsearch would reject the whole bulk request for it."""
    if not ident or len(ident.encode("utf-8", "surrogatepass")) > MOST_ID_BYTES:
        raise ContractError(f"invalid document id of {len(ident)} characters: {ident[:40]!a}")


def forgotten_id(message: Message) -> str:
    """Return the article id, or else the key, of a tombstone. Raises ContractError if it has neither."""
    check_key(message)
    ident = message.headers.get("article_id", "") if message.topic in OF_ARTICLE else message.key
    check_id("-" if ident and message.topic == topics.FEEDS.name else ident)
    return ident


def is_tombstone(message: Message) -> bool:
    """Return whether a record is a tombstone, not a dead letter of a record without a value."""
    return message.value is None and message.topic != topics.DEADLETTERS.name


def gone_of(tombstones: Iterable[Message]) -> dict[str, list[str]]:
    """Return the documents to forget, as (kind, ids) for `SearchStore.forget`.

    Raises ContractError as `forgotten_id` does.
    """
    gone: dict[str, dict[str, None]] = {}
    for message in tombstones:
        kind, ident = message.topic, forgotten_id(message)
        gone.setdefault(kind, {})[feed_id(ident) if kind == topics.FEEDS.name else ident] = None
        if kind == topics.ARTICLES.name:
            gone.setdefault(topics.DEADLETTERS.name, {})[ident] = None
    return {kind: list(ids) for kind, ids in gone.items()}


def feed_id(url: str) -> str:
    """Return a feed's id in the store; a URL may be too long for one."""
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
    """Return the document of a dead letter; a mark gives the same document with a new state."""
    headers = message.headers
    if is_forgotten(message):
        return None
    marked = marked_offset(message)
    offset = message.offset if marked is None else marked
    error, at = headers.get("error", ""), written_at(message)
    body = {
        "deadletter_id": str(offset), "offset": offset, "state": "open" if marked is None else headers["state"],
        "stage": headers.get("stage"), "topic": headers.get("topic"), "place": letter_place(headers),
        "reason": error.split(":", 1)[0][:MOST_REASON], "error": error, "article_id": headers.get("article_id"),
        "revision_id": headers.get("revision_id"), "attempt": number(headers, "attempt", "0"),
        "first_seen_at": at.isoformat(),
    }  # fmt: skip
    return Document("deadletters", str(offset), message.offset + 1, at, body)


def document_of(record: Record) -> Document:
    """Return the document of a record. Raises ContractError if its type has none."""
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
            body = _plain(record, ("policy",)) | {"line": claim_line(shown(record))}
            return Document("alerts", record.alert_id, version, record.first_seen_at, body)
    raise ContractError(f"no document for a {type(record).__name__}")


def outcome_of(article: Article) -> Outcome:
    """Return the ledger line that ends the revision of a stored article."""
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
    body = _plain(sighting, ("claim",)) | claim | {"line": claim_line(shown(sighting))}
    return Document("claims", sighting.claim_id, version_of(sighting.fetched_at), sighting.first_seen_at, body)
