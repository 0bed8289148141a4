"""Provenance of a claim: sentence, article, revision, fetched bytes, feed and poll."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.ids import partition_of
from claimwire.ledger import fold
from claimwire.log import Log, Message
from claimwire.log.reading import decoded, readable
from claimwire.records.articles import RawArticle
from claimwire.records.feeds import Feed, feed_at, starred
from claimwire.records.sightings import Article
from claimwire.text.bodies import unpack_body
from console.web.backends import Backends

# A record is written soon after its fetch: the search starts this long before it and reads at most this many records.
BEFORE_MS = 120_000
MOST_RECORDS = 20_000
OF_AN_ARTICLE = (
    "article_id", "revision_id", "revision", "title", "url", "published_at", "fetched_at", "route", "confidence",
)  # fmt: skip
OF_A_FEED = ("url", "source", "status", "last_polled_at", "etag", "last_modified", "first_polled_at")
Body = Mapping[str, Any]


def of_claim(backends: Backends, claim: Body, article: Body | None) -> dict[str, Any]:
    """Return each step of the provenance with its position."""
    with backends.log() as log:
        found = _raw(log, claim)
        feed = _feed(log, found[1].feed_url) if found and found[1].feed_url else None
    steps: dict[str, Any] = {
        "sentence": {"start": claim["sentence_start"], "end": claim["sentence_end"]},
        "evidence": {"start": claim["start"], "end": claim["end"]},
        "article": None, "clean_record": None, "raw_record": None, "bytes": None, "feed": None, "poll": None,
    }  # fmt: skip
    if article is not None:
        names = (
            "article_id",
            "revision_id",
            "revision",
            "title",
            "url",
            "published_at",
            "fetched_at",
            "route",
            "confidence",
        )
        steps["article"] = {name: article.get(name) for name in names}
        steps["is_current"] = article["revision_id"] == claim["revision_id"]
        if steps["is_current"]:
            steps["clean_record"] = _place(topics.CLEAN, article["clean_partition"], article["clean_offset"])
    if found is not None:
        message, raw = found
        steps["raw_record"] = _place(topics.RAW, message.partition, message.offset)
        steps["bytes"] = _bytes(raw)
    if feed is not None:
        steps["feed"] = {name: getattr(feed, name) for name in OF_A_FEED}
        first_seen = found[1].first_seen_at if found else None
        before = [p for p in feed.recent if first_seen and p.at <= first_seen]
        steps["poll"] = msgspec.to_builtins(before[-1]) if before else None
    return steps


def _place(topic: topics.Topic, partition: int, offset: int) -> dict[str, Any]:
    return {"topic": topic.name, "partition": partition, "offset": offset}


def _bytes(raw: RawArticle) -> dict[str, Any]:
    body = unpack_body(raw.body)
    return {
        "sha256": hashlib.sha256(body).hexdigest(), "size": len(body), "media_type": raw.media_type,
        "body_source": raw.body_source, "fetched_at": raw.fetched_at, "first_seen_at": raw.first_seen_at,
    }  # fmt: skip


def _raw(log: Log, claim: Body) -> tuple[Message, RawArticle] | None:
    """Return the raw record of the claim's revision; None if retention has deleted it."""
    for message in _records(log, topics.RAW, claim["article_id"], claim["fetched_at"]):
        if message.headers.get("revision_id") == claim["revision_id"] and message.value is not None:
            try:
                return message, decoded(message, RawArticle)
            except ContractError:
                return None
    return None


def _records(log: Log, topic: topics.Topic, article_id: str, since: str) -> Iterator[Message]:
    """Yield the records of an article from a time on."""
    return (m for m in _written(log, topic, article_id, since) if m.headers.get("article_id") == article_id)


def _written(log: Log, topic: topics.Topic, key: str, since: str) -> Iterable[Message]:
    """Yield at most MOST_RECORDS records of the partition of a key, from a time on."""
    partition = partition_of(key, topic.partitions)
    begin = int(datetime.fromisoformat(str(since)).timestamp() * 1000) - BEFORE_MS
    start, end = log.offsets_at(topic, begin)[partition], log.ends(topic)[partition]
    return log.read(topic, partition, start, min(end, start + MOST_RECORDS))


def _feed(log: Log, url: str) -> Feed | None:
    """Return the feed of an article's masked feed URL, masked for display."""
    found = feed_at([feed for _, feed in readable(log.snapshot(topics.FEEDS).values(), Feed)], url)
    return starred(found) if found else None


def revisions(backends: Backends, article_id: str, stored: Body) -> list[dict[str, Any]]:
    """Return the revisions of an article that the log still has, with their texts, oldest first."""
    if stored["revision"] == 1:
        return [_revision(stored)]
    found: dict[str, dict[str, Any]] = {}
    with backends.log() as log:
        for _, article in readable(_records(log, topics.ARTICLES, article_id, stored["first_seen_at"]), Article):
            body = msgspec.to_builtins(article.clean) | {"revision": article.revision, "changes": article.changes}
            found[article.clean.revision_id] = _revision(body)
    found.setdefault(stored["revision_id"], _revision(stored))
    return sorted(found.values(), key=lambda r: (r["revision"], str(r["fetched_at"])))


def _revision(body: Body) -> dict[str, Any]:
    names = (
        "revision_id",
        "revision",
        "fetched_at",
        "published_at",
        "title",
        "text",
        "changes",
        "source",
        "url",
        "removed",
    )
    return {name: body.get(name) for name in names}


def outcomes(backends: Backends, article_id: str, known: Sequence[Body]) -> list[dict[str, Any]]:
    """Return the outcomes of the known revisions of an article."""
    lines: list[Message] = []
    with backends.log() as log:
        for revision in known:
            key = f"{article_id}/{revision['revision_id']}"
            lines += (m for m in _written(log, topics.OUTCOMES, key, revision["fetched_at"]) if m.key == key)
    return [msgspec.to_builtins(line) for line in fold(lines).values()]
