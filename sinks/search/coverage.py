"""Comparison of the log with the search store: finds documents that the sink has written but the store lacks.

It reads up to COMPARED records of each topic: the whole topic if it has no more, else blocks spread over it.
"""

import heapq
from contextlib import suppress
from dataclasses import dataclass, field

from claimwire import topics
from claimwire.errors import ContractError, DeniedError
from claimwire.letters import letter_place
from claimwire.log import Log, Message
from claimwire.log.reading import record_of
from claimwire.store import OF_ARTICLE, SearchStore
from claimwire.topics import Topic
from sinks.search.documents import SEARCHED_TOPICS, document_of_message, gone_of, is_tombstone

GROUP = "search"
COMPARED, BLOCKS = 10_000, 4
ASKED = 1000
# In a topic that is not read completely, a tombstone may be missed.
TOLERATED = 0.01


@dataclass(frozen=True)
class Coverage:
    """Of the `documents` of a kind in the log, `stored` are in the store; `is_whole`: the whole topic was read."""

    kind: str
    documents: int
    stored: int
    is_whole: bool

    @property
    def is_lost(self) -> bool:
        missing = self.documents - self.stored
        return missing > (0 if self.is_whole else self.documents * TOLERATED)


@dataclass
class _Read:
    """Documents by (kind, id): (time, article_id), and times of erasures."""

    documents: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    gone: dict[tuple[str, str], int] = field(default_factory=dict)

    def wanted(self, kind: str) -> list[str]:
        found = []
        for (its, ident), (time, article) in self.documents.items():
            forgotten = self.gone.get((kind, article if kind in OF_ARTICLE else ident), -1)
            if its == kind and forgotten < time:
                found.append(ident)
        return found


def coverage(log: Log, store: SearchStore, keep_from: str = "") -> list[Coverage]:
    """Return the coverage of each kind in the log; `keep_from` is the first month (YYYY-MM) that the store keeps."""
    with suppress(DeniedError):
        store.refresh()
    refused = {letter_place(m.headers) for m in log.read(topics.DEADLETTERS, 0) if m.headers.get("stage") == GROUP}
    read, is_whole = _Read(), dict[str, bool]()
    for topic in SEARCHED_TOPICS:
        stretches, is_whole[topic.name] = _stretches(log, topic)
        for message in heapq.merge(*(log.read(topic, *s) for s in stretches), key=lambda m: m.timestamp_ms):
            if f"{message.topic}/{message.partition}@{message.offset}" not in refused:
                _note(read, message, keep_from)
    found = []
    for topic in SEARCHED_TOPICS:
        ids = read.wanted(topic.name)
        stored = sum(len(store.stored(topic.name, ids[n : n + ASKED])) for n in range(0, len(ids), ASKED))
        if ids:
            found.append(Coverage(topic.name, len(ids), stored, is_whole[topic.name]))
    return found


def _note(read: _Read, message: Message, keep_from: str) -> None:
    try:
        if is_tombstone(message):
            for kind, ids in gone_of([message]).items():
                read.gone |= dict.fromkeys(((kind, i) for i in ids), message.timestamp_ms)
            return
        document = document_of_message(message, record_of(message))
    except (ContractError, ValueError, KeyError):
        return
    if document and (document.kind == "feeds" or f"{document.first_seen_at:%Y-%m}" >= keep_from):
        article = str(document.body.get("article_id") or "")
        read.documents[document.kind, document.id] = message.timestamp_ms, article


def _stretches(log: Log, topic: Topic) -> tuple[list[tuple[int, int, int]], bool]:
    """Return (partition, start, end) of the committed records to read, and whether they are all of the topic."""
    starts, ends, committed = log.starts(topic), log.ends(topic), log.committed(GROUP, topic)
    spans = [(p, starts[p], min(committed[p], end)) for p, end in ends.items() if starts[p] < min(committed[p], end)]
    limit = max(BLOCKS, COMPARED // topic.partitions)
    if all(last - first <= limit for _, first, last in spans):
        return spans, True
    size = limit // BLOCKS
    blocks = []
    for partition, first, last in spans:
        starts_of = sorted({first + n * max(0, last - first - size) // (BLOCKS - 1) for n in range(BLOCKS)})
        blocks += [(partition, start, min(start + size, last)) for start in starts_of]
    return blocks, False
