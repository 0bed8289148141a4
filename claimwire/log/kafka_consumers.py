"""Readers of the log on Kafka: a member of a group, and a tail outside any."""

import math
import time
from collections.abc import Mapping
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from claimwire.errors import UnreachableError
from claimwire.log import Message, Position
from claimwire.log.wire import key_text, split_headers
from claimwire.topics import Topic

GAPS_SECONDS = 5.0


def message_of(row: Any, name: str, timestamp_ms: int | None = None) -> Message:
    """Convert a record that a client (ours or Faust's) read from topic `name`; any key and headers are accepted."""
    headers, odd = split_headers(row.headers or ())
    return Message(
        topic=name, key=key_text(row.key), value=row.value, headers=headers, partition=row.partition, offset=row.offset,
        timestamp_ms=row.timestamp if timestamp_ms is None else timestamp_ms, odd_headers=odd, has_key=row.key is not None,
    )  # fmt: skip


class KafkaTail:
    """See `claimwire.log.Tail`."""

    def __init__(self, client: Any, topic: Topic) -> None:
        self._client, self._topic = client, topic

    def poll(self, timeout: float) -> list[Message]:
        try:
            found = self._client.poll(timeout_ms=int(timeout * 1000))
        except KafkaError as error:
            raise UnreachableError(f"broker: {error!r}") from None
        return [message_of(row, self._topic.name) for rows in found.values() for row in rows]

    def close(self) -> None:
        self._client.close()


class KafkaGroupConsumer:
    """See `claimwire.log.Consumer`."""

    def __init__(self, client: Any, namespace: str, *, commits: bool = True) -> None:
        self._client, self._namespace = client, namespace
        # Of each partition the next offset to read, and the offset that this member has committed.
        self._taken: dict[Any, int] = {}
        self._committed: dict[Any, int] = {}
        self._gaps_at = time.monotonic() if commits else math.inf

    def poll(self, max_records: int, timeout: float) -> list[Message]:
        prefix = len(self._namespace) + 1
        try:
            found = self._client.poll(timeout_ms=int(timeout * 1000), max_records=max_records)
            if not found and time.monotonic() > self._gaps_at:
                self._commit_gaps()
        except KafkaError as error:
            raise UnreachableError(f"broker: {error!r}") from None
        self._taken |= {place: rows[-1].offset + 1 for place, rows in found.items()}
        return [message_of(row, place.topic[prefix:]) for place, rows in found.items() for row in rows]

    def _commit_gaps(self) -> None:
        """Commit the position of each partition without uncommitted records.

        The last offsets of a partition may have no record: compacted tombstones, transaction markers. Without this
        commit the lag would never be 0.
        """
        self._gaps_at = time.monotonic() + GAPS_SECONDS
        gaps = {}
        for place in self._client.assignment():
            position, committed = self._client.position(place, timeout_ms=1000), self._committed.get(place, 0)
            if position is not None and position > committed >= self._taken.get(place, 0):
                gaps[place] = OffsetAndMetadata(position, "", -1)
        if gaps:
            self._client.commit(gaps)
            self._committed |= {place: gap.offset for place, gap in gaps.items()}

    def commit(self, positions: Mapping[Position, int]) -> None:
        owned = self._client.assignment()
        offsets = {}
        for (name, partition), offset in positions.items():
            place = TopicPartition(f"{self._namespace}.{name}", partition)
            if place in owned:
                offsets[place] = OffsetAndMetadata(offset, "", -1)
        try:
            if offsets:
                self._client.commit(offsets)
                self._committed |= {place: found.offset for place, found in offsets.items()}
        except KafkaError as error:
            # The partition was revoked: its new owner reads the records again, and effects are idempotent.
            if not getattr(error, "retriable", True) and "Commit" not in type(error).__name__:
                raise UnreachableError(f"broker: {error!r}") from None

    def assignment(self) -> frozenset[Position]:
        prefix = len(self._namespace) + 1
        return frozenset((p.topic[prefix:], p.partition) for p in self._client.assignment())

    def position(self, place: Position) -> int:
        try:
            found = self._client.position(TopicPartition(f"{self._namespace}.{place[0]}", place[1]), timeout_ms=1000)
        except KafkaError as error:
            raise UnreachableError(f"broker: {error!r}") from None
        return found or 0

    def close(self) -> None:
        self._client.close()
