"""Records as messages: the one module with the key, the headers and the partition of each topic's records."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from claimwire import topics
from claimwire.ids import host_of
from claimwire.log import Message
from claimwire.records.alerts import Alert
from claimwire.records.articles import CleanArticle, RawArticle
from claimwire.records.base import Record, encode
from claimwire.records.feeds import Feed, Page
from claimwire.records.hosts import Extraction, HostHealth, HostRules, OutdatedRules, host_key, rules_key
from claimwire.records.marks import Mark, mark_key
from claimwire.records.outcomes import Outcome
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story
from claimwire.topics import Topic

NO_HEADERS: Mapping[str, str] = {}


def message_of(record: Record) -> Message:
    """Return a record as a message of its topic. Raises TypeError if no topic has such records."""
    match record:
        case OutdatedRules():
            return Message(topics.HOSTRULES.name, _key(record), None)
        case Feed() | Page():
            return Message(_topic(record).name, _key(record), encode(record), partition_key=host_of(record.url))
        case CleanArticle() if record.withdrawn_at is not None:
            return Message(topics.CLEAN.name, record.article_id, encode(record), _headers(record), partition=0)
        case _:
            return Message(_topic(record).name, _key(record), encode(record), _headers(record))


def for_next_matcher(withdrawal: Message) -> Message | None:
    """Return the withdrawal of a page for the partition of articles.clean after its own; None after the last.

    Its article's language, and so its matcher, is not known: the matchers are asked in turn.
    """
    after = withdrawal.partition + 1
    return replace(withdrawal, partition=after, offset=-1) if after < topics.CLEAN.partitions else None


def row_deleted(row: Feed | Page) -> Message:
    """Return the tombstone for a row of the producers' tables."""
    return Message(_topic(row).name, _key(row), None, partition_key=host_of(row.url))


def mark_deleted(of: str, ident: str) -> Message:
    """Return the tombstone for the mark of a `story` or an `alert`."""
    return Message(topics.MARKS.name, mark_key(of, ident), None)


def erased_article(topic: Topic, ident: str, partition: int = -1, headers: Mapping[str, str] = NO_HEADERS) -> Message:
    """Return the request to erase an article: a record without a value whose key names the article."""
    return Message(topic.name, ident, None, {"article_id": ident, **headers}, partition=partition)


def erased_key(topic: Topic, key: str, ident: str = "") -> Message:
    """Return the tombstone for a claim (which names its article), a cluster or a story."""
    return Message(topic.name, key, None, {"article_id": ident} if ident else {})


def _topic(record: Record) -> Topic:
    for topic in topics.TOPICS:
        if topic.record is type(record):
            return topic
    raise TypeError(f"no topic for {type(record).__name__}")


def _key(record: Any) -> str:
    match record:
        case RawArticle() | Page():
            return record.article_id
        case CleanArticle():
            return topics.lane_key(record.lane, record.language)
        case Article():
            return record.clean.article_id
        case Sighting() | Cluster():
            return record.cluster_id
        case Story():
            return record.story_id
        case Alert():
            return f"{record.rule}/{record.group}"
        case Outcome():
            return f"{record.article_id}/{record.revision_id}"
        case Extraction() | HostHealth():
            return host_key(record.host, record.body_source)
        case HostRules() | OutdatedRules():
            return rules_key(record)
        case Feed():
            return record.url
        case Mark():
            return record.key
    raise TypeError(f"no key for {type(record).__name__}")


def _headers(record: Record) -> dict[str, str]:
    match record:
        case Article():
            place = {"clean_partition": str(record.clean_partition), "clean_offset": str(record.clean_offset)}
            return _ids(record.clean) | place
        case RawArticle() | CleanArticle() | Sighting() | Alert():
            return _ids(record)
    return {}


def _ids(record: Any) -> dict[str, str]:
    return {"article_id": record.article_id, "revision_id": getattr(record, "revision_id", "")}
