"""Refill of a lost search store: writes the log's documents again, also while a sink is running.

Writes are versioned, so that a refill never replaces newer documents and can be interrupted and repeated. It reads the
log outside any group, and writes no outcomes or dead letters. Records published after its start are left to the sink,
except that its current batch could restore a document erased meanwhile. So it also reads the new part of the log, until
a part has no tombstone.
"""

import heapq
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, islice
from typing import TypeVar

from claimwire.errors import ContractError, DeniedError, SinkError, UnreachableError
from claimwire.log import Log, Message
from claimwire.log.reading import record_of
from claimwire.store import Document, SearchStore
from claimwire.topics import Topic
from sinks.base import RETRY_SECONDS
from sinks.search.documents import SEARCHED_TOPICS, document_of_message, gone_of, is_tombstone

logger = logging.getLogger(__name__)
BATCH = 500
T = TypeVar("T")
Ends = Mapping[Topic, Mapping[int, int]]


@dataclass
class Refilled:
    """Number of documents by kind. `unreadable` records are left to the sink, which makes dead letters of them."""

    written: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    expired: Counter[str] = field(default_factory=Counter)
    read: int = 0


@dataclass(frozen=True)
class Hole:
    """Number of a topic's records that retention has deleted, and the time of its oldest record."""

    topic: str
    records: int
    oldest: datetime | None


def holes(log: Log) -> list[Hole]:
    """Return the topics whose beginning retention has deleted; compacted topics are always complete."""
    found = []
    for topic in SEARCHED_TOPICS:
        starts, ends = log.starts(topic), log.ends(topic)
        gone = sum(starts.values())
        if gone and not topic.compacted:
            firsts = (next(iter(log.read(topic, p, s, s + 1)), None) for p, s in starts.items() if s < ends[p])
            times = [m.timestamp_ms for m in firsts if m is not None]
            oldest = datetime.fromtimestamp(min(times) / 1000, UTC) if times else None
            found.append(Hole(topic.name, gone, oldest))
    return found


def records_left(log: Log) -> int:
    """Return the number of records that a refill would read now; for tables an upper bound."""
    return sum(sum(log.ends(t).values()) - sum(log.starts(t).values()) for t in SEARCHED_TOPICS)


class Refill:
    """One refill.

    `keep_from` is the first month (YYYY-MM) that the store keeps; `advance` receives the records read.
    """

    def __init__(
        self, log: Log, store: SearchStore, keep_from: str = "", advance: Callable[[int], None] = lambda _: None
    ) -> None:
        self._log, self._store, self._keep_from, self._advance = log, store, keep_from, advance
        self._found = Refilled()

    def run(self) -> Refilled:
        """Run the refill; wait while the store is unreachable. Raises UnreachableError for the broker."""
        starts: Ends = {topic: self._log.starts(topic) for topic in SEARCHED_TOPICS}
        is_first = True
        while True:
            ends: Ends = {topic: self._log.ends(topic) for topic in SEARCHED_TOPICS}
            gone = sum(self._stretch(topic, starts[topic], ends[topic]) for topic in SEARCHED_TOPICS)
            if not gone and not is_first:
                self._store.refresh()
                return self._found
            starts, is_first = ends, False

    def _stretch(self, topic: Topic, starts: Mapping[int, int], ends: Mapping[int, int]) -> int:
        """Write a part of a topic, partitions merged by time; return the number of tombstones."""
        parts = [self._log.read(topic, p, starts[p], end) for p, end in ends.items() if starts[p] < end]
        messages: Iterator[Message] = heapq.merge(*parts, key=lambda m: m.timestamp_ms)
        count = 0
        while batch := list(islice(messages, BATCH)):
            for is_gone, group in groupby(batch, key=is_tombstone):
                run = list(group)
                if is_gone:
                    count += len(run)
                    for kind, ids in gone_of(run).items():
                        self._insist(partial(self._store.forget, kind, *ids))
                else:
                    self._write([d for d in map(self._document, run) if d is not None])
            self._found.read += len(batch)
            self._advance(self._found.read)
        return count

    def _document(self, message: Message) -> Document | None:
        try:
            document = document_of_message(message, record_of(message))
        except (ContractError, ValueError, KeyError):
            self._found.unreadable[message.topic] += 1
            return None
        if document and document.kind != "feeds" and f"{document.first_seen_at:%Y-%m}" < self._keep_from:
            self._found.expired[document.kind] += 1
            return None
        return document

    def _write(self, documents: list[Document]) -> None:
        failures = self._insist(lambda: self._store.write(documents))
        for failure in failures:
            logger.warning("%s %s: %s", failure.document.kind, failure.document.id, failure.reason)
            self._found.refused[failure.document.kind] += 1
        self._found.written.update(d.kind for d in documents)
        self._found.written.subtract(f.document.kind for f in failures)

    def _insist(self, call: Callable[[], T]) -> T:
        while True:
            try:
                return call()
            except DeniedError:
                raise
            except (SinkError, UnreachableError) as error:
                if isinstance(error, SinkError) and not error.retryable:
                    raise
                logger.warning("%s; retrying the batch", error)
                threading.Event().wait(RETRY_SECONDS)
