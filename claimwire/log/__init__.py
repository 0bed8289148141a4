"""The log: durable, partitioned, append-only topics on SQLite (one machine) or Kafka, behind one protocol.

Contract, tested on both drivers by `tests/contract/test_log.py`:
- `publish` returns when every record is durable (acknowledged by all in-sync replicas), or raises and names the first
  that is not. On SQLite the batch is one transaction; on Kafka part of it may have been written after an error.
- The records of one key keep their order; partition = `ids.partition_of(partition_key or key)`.
- A consumer starts at the group's committed offsets, else at the beginning. `commit` takes the next offset to read.
- Members of a group share partitions; a revoked partition is not committed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from claimwire.config.credentials import NOBODY, Credentials, broker_credentials
from claimwire.config.settings import Settings
from claimwire.errors import ConfigError, ContractError
from claimwire.ids import partition_of
from claimwire.log.wire import Pairs, is_plain, joined_headers, key_bytes
from claimwire.topics import BY_NAME, DEADLETTERS, TOPICS, Topic

# Our longest keys are URLs of feeds, at most 2,048 characters.
MOST_KEY_BYTES = 16_384
# Bytes allowed for key, headers and the log's framing in addition to the value.
OVERHEAD_BYTES = 20_000
FRAME_BYTES = 200
# Header of a dead letter with a truncated value: the original size.
CUT = "cut"


@dataclass(frozen=True, slots=True)
class Message:
    """A record on a topic. `topic` is the name without namespace; `value` None deletes the key of a table.

    Any program may have written it: `key` can hold any bytes (`claimwire.log.wire`), `has_key` is False for a null key,
    and `odd_headers` are those that are not plain text.
    """

    topic: str
    key: str
    value: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)
    partition_key: str | None = None
    partition: int = -1
    offset: int = -1
    timestamp_ms: int = 0
    odd_headers: Pairs = ()
    has_key: bool = True

    @property
    def key_fault(self) -> str | None:
        """Return why this key is invalid for a record of ours; None if it is valid."""
        if not is_plain(self.key):
            return "the key is not UTF-8"
        size = len(self.key) if self.key.isascii() else len(key_bytes(self.key))
        return f"the key of {size} bytes is over {MOST_KEY_BYTES}" if size > MOST_KEY_BYTES else None

    def header_pairs(self) -> list[tuple[str, bytes | None]]:
        """Return all headers as they are written to a log."""
        return joined_headers(self.headers, self.odd_headers)

    def routed(self) -> "Message":
        """Return the message with its partition set."""
        if self.partition >= 0:
            return self
        return replace(self, partition=partition_of(self.partition_key or self.key, BY_NAME[self.topic].partitions))


Position = tuple[str, int]


class Consumer(Protocol):
    """One member of a consumer group. Not thread-safe."""

    def poll(self, max_records: int, timeout: float) -> list[Message]:
        """Return the next records of the owned partitions, each partition in order; none after `timeout` seconds."""
        ...

    def commit(self, positions: Mapping[Position, int]) -> None:
        """Commit the next offset to read of each (topic, partition) that is still owned."""
        ...

    def assignment(self) -> frozenset[Position]:
        """Return the partitions owned now."""
        ...

    def position(self, place: Position) -> int:
        """Return the next offset to read of an owned partition."""
        ...

    def close(self) -> None:
        """Leave the group."""
        ...


class Tail(Protocol):
    """Reader that follows partitions from given offsets, outside any group. Not thread-safe."""

    def poll(self, timeout: float) -> list[Message]:
        """Return the next records, each partition in order; none after `timeout` seconds. Raises UnreachableError."""
        ...

    def close(self) -> None: ...


class Log(Protocol):
    """Log in one namespace."""

    namespace: str

    def ensure_topics(self, topics: Sequence[Topic]) -> list[str]:
        """Create missing topics and return their names; never changes an existing topic."""
        ...

    def partitions(self, topics: Sequence[Topic]) -> dict[str, int]:
        """Return the number of partitions of those topics that exist, by name."""
        ...

    def publish(self, messages: Sequence[Message]) -> None:
        """Publish and wait. Raises ContractError (too large) or UnreachableError."""
        ...

    def consumer(self, group: str, topics: Sequence[Topic], *, commits: bool = True) -> Consumer:
        """Join `group` on `topics`. If `commits`, the consumer also commits past offsets whose records are gone."""
        ...

    def snapshot(self, topic: Topic, partitions: Iterable[int] | None = None) -> dict[str, Message]:
        """Return the newest record of each key, without deleted ones."""
        ...

    def read(self, topic: Topic, partition: int, start: int = 0, end: int | None = None) -> Iterable[Message]:
        """Yield the records of a partition from offset `start` to `end` (exclusive; None: the end at the call)."""
        ...

    def tail(self, topic: Topic, starts: Mapping[int, int]) -> Tail:
        """Follow these partitions from these offsets."""
        ...

    def identity(self, topic: Topic) -> str:
        """Return the topic's id, which changes when it is deleted and recreated (KIP-516). Raises UnreachableError."""
        ...

    def starts(self, topic: Topic) -> dict[int, int]:
        """Return the offset of the oldest record of each partition; its end offset if it is empty."""
        ...

    def ends(self, topic: Topic) -> dict[int, int]:
        """Return the end offset (the next to be written) of each partition."""
        ...

    def offsets_at(self, topic: Topic, timestamp_ms: int) -> dict[int, int]:
        """Return each partition's first offset written at or after a time; its end offset if there is none."""
        ...

    def committed(self, group: str, topic: Topic) -> dict[int, int]:
        """Return the group's committed offset (the next to read) of each partition."""
        ...

    def move(self, group: str, topic: Topic, partition: int, offset: int) -> None:
        """Commit offsets for a group without members. Raises UnreachableError, or ConfigError if it has members."""
        ...

    def lag(self, group: str, topic: Topic) -> int:
        """Return the number of uncommitted records of the group that still exist."""
        ...

    def members(self, groups: Sequence[str]) -> dict[str, int]:
        """Return the number of members of each group; names without the namespace. Raises UnreachableError."""
        ...

    def peek(self, topic: Topic, starts: Mapping[int, int]) -> dict[int, Message]:
        """Return each partition's first record at or after an offset; partitions without one are left out."""
        ...

    def close(self) -> None: ...


def fitted(message: Message, max_bytes: int) -> Message:
    """Return a message within the size limits; a dead letter that is too large is truncated and keeps its size.

    Raises ContractError for any other record with a value over `max_bytes`, or more than OVERHEAD_BYTES over that with
    key and headers.
    """
    value = message.value or b""
    beside = len(message.key) if message.key.isascii() else len(key_bytes(message.key))
    if message.headers or message.odd_headers:
        beside += sum(len(name.encode()) + len(data or b"") + 10 for name, data in message.header_pairs())
    room = max_bytes + OVERHEAD_BYTES - FRAME_BYTES - beside
    if len(value) <= (room if message.topic == DEADLETTERS.name else min(room, max_bytes)):
        return message
    if message.topic != DEADLETTERS.name:
        size = f"{len(value)} bytes is" if len(value) > max_bytes else f"{len(value)} bytes with {beside} beside it is"
        raise ContractError(f"{message.topic}: record of {size} over {max_bytes}")
    return replace(message, value=value[: max(0, room - 100)], headers={**message.headers, CUT: str(len(value))})


def newest_of_each_key(messages: Iterable[Message]) -> dict[str, Message]:
    """Fold a table's records, in order, into its rows; deleted keys are left out."""
    newest: dict[str, Message] = {}
    for message in messages:
        if message.value is None:
            newest.pop(message.key, None)
        else:
            newest[message.key] = message
    return newest


def wrong_partitions(log: Log) -> list[str]:
    """Return a line for each topic whose number of partitions differs from ours.

    A record's partition is the hash of its key: with another number, keys would move away from their order and state.
    """
    there = log.partitions(TOPICS)
    return [
        f"topic {topic.full_name(log.namespace)} has {there[topic.name]} partitions, not {topic.partitions}"
        for topic in TOPICS
        if there.get(topic.name, topic.partitions) != topic.partitions
    ]


def open_log(broker: str, namespace: str, credentials: Credentials = NOBODY, **options: float | str) -> Log:
    """Open the log at `broker` (`sqlite:///FILE`, `kafka://HOST:PORT`). Raises ConfigError or UnreachableError."""
    if broker.startswith("sqlite:///"):
        from claimwire.log.sqlite import SqliteLog

        return SqliteLog.open(broker, namespace, max_message_bytes=int(options.get("max_message_bytes", 8_000_000)))
    if broker.startswith(("kafka://", "kafka+ssl://")):
        from claimwire.log.kafka import KafkaLog

        return KafkaLog.open(broker, namespace, credentials, **options)
    raise ConfigError(f"broker: {broker!r} does not begin with sqlite:///, kafka:// or kafka+ssl://")


def open_settings_log(settings: Settings) -> Log:
    """Open the log of the settings."""
    return open_log(
        settings.broker,
        settings.namespace,
        broker_credentials(settings),
        max_message_bytes=settings.max_message_bytes,
        replication=settings.replication,
        session_timeout=settings.session_timeout,
        broker_instance=settings.broker_instance,
        broker_compression=settings.broker_compression,
    )
