"""The log: durable, partitioned, append-only topics on SQLite (one machine) or Kafka, behind one protocol.

Contract, tested on both drivers by `tests/contract/test_log.py`:
- `publish` returns after every record is durable (acknowledged by all in-sync replicas), or raises and names the
  first that is not. On SQLite the batch is one transaction; on Kafka a part of it may be there after an error.
- The records of one key keep their order; partition = `ids.partition_of(partition_key or key)`.
- A consumer of a group takes over from the committed offsets, or the beginning. `commit` takes the next offset to read.
- Members of a group share partitions; a partition that is no longer owned is not committed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from claimwire.errors import ConfigError, ContractError
from claimwire.ids import partition_of
from claimwire.log.wire import Pairs, is_plain, joined_headers, key_bytes
from claimwire.security import NOBODY, Credentials, broker_credentials
from claimwire.settings import Settings
from claimwire.topics import BY_NAME, DEADLETTERS, TOPICS, Topic

# Of our own keys the longest are the addresses of feeds, at most 2,048 characters.
MOST_KEY_BYTES = 16_384
# Bytes that a key, headers and the log's own framing may take beside a value.
OVERHEAD_BYTES = 20_000
FRAME_BYTES = 200
# Header of a dead letter that has only the beginning of its record's value: the size that it had.
CUT = "cut"


@dataclass(frozen=True, slots=True)
class Message:
    """A record on a topic. `topic` is the name without namespace; `value` None deletes the key of a table.

    Anybody may have written it: `key` stands for any bytes (`claimwire.log.wire`), `has_key` is False where it had none, and
    `odd_headers` are those that are no plain text.
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
        """Why no record of ours has this key; None where one may."""
        if not is_plain(self.key):
            return "the key is not UTF-8"
        size = len(self.key) if self.key.isascii() else len(key_bytes(self.key))
        return f"the key of {size} bytes is over {MOST_KEY_BYTES}" if size > MOST_KEY_BYTES else None

    def header_pairs(self) -> list[tuple[str, bytes | None]]:
        """All headers as they go on a log."""
        return joined_headers(self.headers, self.odd_headers)

    def routed(self) -> "Message":
        """With its partition."""
        if self.partition >= 0:
            return self
        return replace(self, partition=partition_of(self.partition_key or self.key, BY_NAME[self.topic].partitions))


Position = tuple[str, int]


class Consumer(Protocol):
    """One member of a group. Not safe for use by several threads at once."""

    def poll(self, max_records: int, timeout: float) -> list[Message]:
        """Next records of the owned partitions, each partition in order; empty after `timeout` seconds without any."""
        ...

    def commit(self, positions: Mapping[Position, int]) -> None:
        """Commit the next offset to read of each (topic, partition) that is still owned."""
        ...

    def assignment(self) -> frozenset[Position]:
        """The partitions owned now."""
        ...

    def position(self, place: Position) -> int:
        """Next offset to read of an owned partition."""
        ...

    def seek_to_time(self, timestamp_ms: int) -> None:
        """Read on from the first record at or after a time, on every owned partition."""
        ...

    def close(self) -> None:
        """Leave the group."""
        ...


class Tail(Protocol):
    """Reads on from a position in each partition, outside any group. Not safe for use by several threads at once."""

    def poll(self, timeout: float) -> list[Message]:
        """Next records, each partition in order; empty after `timeout` seconds without any. Raises UnreachableError."""
        ...

    def close(self) -> None: ...


class Log(Protocol):
    """A log in one namespace."""

    namespace: str

    def ensure_topics(self, topics: Sequence[Topic]) -> list[str]:
        """Create what is missing and return the names created; never changes an existing topic."""
        ...

    def partitions(self, topics: Sequence[Topic]) -> dict[str, int]:
        """Number of partitions, by name, of those of these topics that are there."""
        ...

    def publish(self, messages: Sequence[Message]) -> None:
        """Publish and wait. Raises ContractError (too large) or UnreachableError."""
        ...

    def consumer(self, group: str, topics: Sequence[Topic], *, commits: bool = True) -> Consumer:
        """Join `group` on `topics`. A member that `commits` also commits offsets that have no record any more."""
        ...

    def snapshot(self, topic: Topic, partitions: Iterable[int] | None = None) -> dict[str, Message]:
        """The newest record of each key, deleted ones left out."""
        ...

    def read(self, topic: Topic, partition: int, start: int = 0, end: int | None = None) -> Iterable[Message]:
        """The records of a partition from offset `start` up to `end` (exclusive; None: the end at the call)."""
        ...

    def tail(self, topic: Topic, starts: Mapping[int, int]) -> Tail:
        """Follow these partitions from these offsets on."""
        ...

    def identity(self, topic: Topic) -> str:
        """The topic's id, another one where it was deleted and created anew (KIP-516). Raises UnreachableError."""
        ...

    def starts(self, topic: Topic) -> dict[int, int]:
        """Offset of the oldest record of each partition; its end where there is none."""
        ...

    def ends(self, topic: Topic) -> dict[int, int]:
        """Next offset to be written, of each partition."""
        ...

    def offsets_at(self, topic: Topic, timestamp_ms: int) -> dict[int, int]:
        """Of each partition the first offset written at or after a time; its end where there is none."""
        ...

    def committed(self, group: str, topic: Topic) -> dict[int, int]:
        """Next offset that the group reads, of each partition."""
        ...

    def move(self, group: str, topic: Topic, partition: int, offset: int) -> None:
        """Commit for a group that has no members. Raises UnreachableError, or ConfigError where it has some."""
        ...

    def lag(self, group: str, topic: Topic) -> int:
        """Records that the group has not committed, but for those that are gone."""
        ...

    def members(self, groups: Sequence[str]) -> dict[str, int]:
        """How many members each group has now; names without the namespace. Raises UnreachableError."""
        ...

    def peek(self, topic: Topic, starts: Mapping[int, int]) -> dict[int, Message]:
        """Of each partition the first record at or after an offset; partitions that have none are left out."""
        ...

    def close(self) -> None: ...


def fitted(message: Message, max_bytes: int) -> Message:
    """A message that the log takes; a dead letter that is too large keeps the beginning of its value, and how long it was.

    Raises ContractError for any other record that is too large: its value over `max_bytes`, or key and headers with it over
    OVERHEAD_BYTES more.
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
    """A table's rows from its records in order; a deleted key is left out."""
    newest: dict[str, Message] = {}
    for message in messages:
        if message.value is None:
            newest.pop(message.key, None)
        else:
            newest[message.key] = message
    return newest


def wrong_partitions(log: Log) -> list[str]:
    """One line for each topic that is there with another number of partitions than ours.

    A record's partition is the hash of its key: with another number, keys would leave the partition of their order and state.
    """
    there = log.partitions(TOPICS)
    return [
        f"topic {topic.full_name(log.namespace)} has {there[topic.name]} partitions, not {topic.partitions}"
        for topic in TOPICS
        if there.get(topic.name, topic.partitions) != topic.partitions
    ]


def open_log(broker: str, namespace: str, credentials: Credentials = NOBODY, **options: float | str) -> Log:
    """The log at `broker` (`sqlite:///FILE`, `kafka://HOST:PORT`). Raises ConfigError or UnreachableError."""
    if broker.startswith("sqlite:///"):
        from claimwire.log.sqlite import SqliteLog

        return SqliteLog.open(broker, namespace, max_message_bytes=int(options.get("max_message_bytes", 8_000_000)))
    if broker.startswith(("kafka://", "kafka+ssl://")):
        from claimwire.log.kafka import KafkaLog

        return KafkaLog.open(broker, namespace, credentials, **options)
    raise ConfigError(f"broker: {broker!r} does not begin with sqlite:///, kafka:// or kafka+ssl://")


def open_settings_log(settings: Settings) -> Log:
    """The log of the settings."""
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
