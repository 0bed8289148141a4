"""The log on Kafka, with kafka-python (and `crc32c`: its pure Python checksum is 12 times slower)."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import CoordinatorNotAvailableError, KafkaError, MessageSizeTooLargeError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from claimwire.config.credentials import NOBODY, Credentials
from claimwire.errors import ConfigError, ContractError, UnreachableError
from claimwire.log import OVERHEAD_BYTES, Message, fitted, newest_of_each_key
from claimwire.log.kafka_consumers import KafkaGroupConsumer, KafkaTail, message_of
from claimwire.log.kafka_security import client_options, why_refused
from claimwire.log.wire import key_bytes
from claimwire.runtime.outage import BROKER
from claimwire.topics import Topic

GZIP = "gzip"
METADATA_SECONDS = 30.0
COORDINATOR_SECONDS = 10.0
PEEK_SECONDS, PEEK_BYTES = 2.0, 65_536
# A rebuild reads several partitions at once. A broker returns at least one batch, of any size (KIP-74).
READ_BYTES, READ_RECORDS = 1 << 20, 100
# With the default, clients reconnect up to half a minute after a longer outage.
RECONNECT_MS = 1000


def bootstrap_servers(broker: str) -> list[str]:
    """Return the servers of a `kafka://HOST:PORT,HOST:PORT` URL."""
    return [s if ":" in s else f"{s}:9092" for s in urlsplit(broker).netloc.split(",")]


class KafkaLog:
    """See `claimwire.log.Log`."""

    def __init__(
        self, servers: list[str], namespace: str, security: dict[str, Any], options: Mapping[str, float | str]
    ) -> None:
        self.namespace = namespace
        self._servers = servers
        self._client = {
            "bootstrap_servers": servers,
            "bootstrap_timeout_ms": 10_000,
            "reconnect_backoff_max_ms": RECONNECT_MS,
            **security,
        }
        self._max_bytes = int(options.get("max_message_bytes", 8_000_000))
        self._replication = int(options.get("replication", 1))
        self._session_ms = int(float(options.get("session_timeout", 8.0)) * 1000)
        self._instance = str(options.get("broker_instance", "")) or None
        compression = str(options.get("broker_compression", GZIP))
        self._compression = None if compression == "none" else compression
        self._interval_ms = int(float(options.get("max_poll_interval", 300.0)) * 1000)
        self._producer: Any = None
        self._producer_lock = threading.Lock()
        self._reader: Any = None
        self._groups_client: Any = None

    @classmethod
    def open(cls, broker: str, namespace: str, credentials: Credentials = NOBODY, **options: float | str) -> "KafkaLog":
        log = cls(bootstrap_servers(broker), namespace, client_options(broker, credentials), options)
        log._connected_reader()
        return log

    def _connected_reader(self) -> Any:
        if self._reader is None:
            # This consumer only queries offsets and single records.
            self._reader = self._new_consumer(None, max_partition_fetch_bytes=PEEK_BYTES)
        return self._reader

    def _new_consumer(self, group: str | None, **options: int) -> Any:
        bytes_at_once = {"max_partition_fetch_bytes": max(4 << 20, self._max_bytes + OVERHEAD_BYTES)} | options
        try:
            return KafkaConsumer(
                **self._client,
                **bytes_at_once,
                group_id=group,
                group_instance_id=self._instance if group else None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                session_timeout_ms=self._session_ms,
                heartbeat_interval_ms=2000,
                max_poll_interval_ms=self._interval_ms,
            )
        except KafkaError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: KafkaError) -> UnreachableError:
        why = why_refused(self._servers, self._client)
        return UnreachableError(f"broker {','.join(self._servers)}: {why or error}")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Wrap a request to the broker: client errors become UnreachableError, an answer ends the outage."""
        try:
            yield
        except KafkaError as error:
            raise UnreachableError(f"broker {','.join(self._servers)}: {error!r}") from None
        BROKER.end()

    def _admin(self) -> Any:
        try:
            return KafkaAdminClient(**self._client)
        except KafkaError as error:
            raise self._unreachable(error) from None

    def _connected_producer(self) -> Any:
        with self._producer_lock:
            if self._producer is None:
                try:
                    self._producer = KafkaProducer(
                        **self._client,
                        acks="all",
                        # A batch over the topic's limit is refused as a whole.
                        batch_size=min(262_144, self._max_bytes),
                        linger_ms=10,
                        max_request_size=self._max_bytes + OVERHEAD_BYTES,
                        compression_type=self._compression,
                        delivery_timeout_ms=60_000,
                    )
                except KafkaError as error:
                    raise self._unreachable(error) from None
            return self._producer

    def _drop_producer(self, producer: Any) -> None:
        """Close the producer; the next call opens a new one.

        After some errors an idempotent producer refuses all records.
        """
        with self._producer_lock:
            if self._producer is producer:
                self._producer = None
        with suppress(KafkaError):
            producer.close(timeout=0)

    def ensure_topics(self, topics: Sequence[Topic]) -> list[str]:
        admin = self._admin()
        try:
            existing = set(admin.list_topics())
            missing = [t for t in topics if t.full_name(self.namespace) not in existing]
            for topic in missing:
                try:
                    admin.create_topics({topic.full_name(self.namespace): self._options(topic)}, wait_for_metadata=True)
                except TopicAlreadyExistsError:
                    continue
            return [t.full_name(self.namespace) for t in missing]
        except KafkaError as error:
            raise UnreachableError(f"broker {','.join(self._servers)}: {error}") from None
        finally:
            admin.close()

    def _options(self, topic: Topic) -> dict[str, Any]:
        configs = {
            "max.message.bytes": str(self._max_bytes + OVERHEAD_BYTES),
            # With acks=all, an acknowledged record is on two brokers even while one is down.
            "min.insync.replicas": str(max(1, self._replication - 1)),
        }
        if topic.compacted:
            configs["cleanup.policy"] = "compact"
        else:
            configs["retention.ms"] = str(topic.retention_ms)
        return {
            "num_partitions": topic.partitions,
            "replication_factor": self._replication,
            "configs": configs,
        }

    def publish(self, messages: Sequence[Message]) -> None:
        fitting = [fitted(message, self._max_bytes).routed() for message in messages]
        if not fitting:
            return
        producer = self._connected_producer()
        try:
            futures = [
                producer.send(
                    f"{self.namespace}.{m.topic}",
                    # kafka-python cannot write null headers, or records with neither key nor value.
                    key=key_bytes(m.key) if m.has_key or m.value is None else None,
                    value=m.value,
                    headers=[(name, value or b"") for name, value in m.header_pairs()],
                    partition=m.partition,
                )
                for m in fitting
            ]
            producer.flush(timeout=60)
            for future in futures:
                future.get(timeout=60)
        except MessageSizeTooLargeError as error:
            self._drop_producer(producer)
            raise ContractError(str(error)) from None
        except KafkaError as error:
            self._drop_producer(producer)
            raise UnreachableError(f"broker {','.join(self._servers)}: {error!r}") from None
        BROKER.end()

    def consumer(self, group: str, topics: Sequence[Topic], *, commits: bool = True) -> KafkaGroupConsumer:
        client = self._new_consumer(f"{self.namespace}.{group}")
        names = [t.full_name(self.namespace) for t in topics]
        self._await_metadata(client, names)
        client.subscribe(names)
        return KafkaGroupConsumer(client, self.namespace, commits=commits)

    def _await_metadata(self, client: Any, names: Sequence[str]) -> None:
        """Fetch the topics' metadata before joining a group.

        A group leader without it assigns nothing, and kafka-python 3.0 may never refresh it (its loop ends on an
        error).
        """
        deadline = time.monotonic() + METADATA_SECONDS
        try:
            while not all(client.partitions_for_topic(name) for name in names):
                if time.monotonic() > deadline:
                    client.close()
                    raise UnreachableError(f"broker: no metadata of {', '.join(names)}; run `claimwire setup` first")
                time.sleep(0.2)
        except KafkaError as error:
            raise UnreachableError(f"broker {','.join(self._servers)}: {error!r}") from None

    def snapshot(self, topic: Topic, partitions: Iterable[int] | None = None) -> dict[str, Message]:
        wanted = sorted(partitions if partitions is not None else range(topic.partitions))
        return newest_of_each_key(m for p in wanted for m in self.read(topic, p))

    def read(self, topic: Topic, partition: int, start: int = 0, end: int | None = None) -> Iterator[Message]:
        reader = self._new_consumer(None, max_partition_fetch_bytes=READ_BYTES)
        try:
            place = TopicPartition(topic.full_name(self.namespace), partition)
            reader.assign([place])
            first = reader.beginning_offsets([place])[place]
            stop = reader.end_offsets([place])[place] if end is None else end
            position = max(start, first)
            reader.seek(place, position)
            deadline = time.monotonic() + 30
            while position < stop:
                for row in reader.poll(timeout_ms=1000, max_records=READ_RECORDS).get(place, []):
                    if row.offset >= stop:
                        return
                    yield message_of(row, topic.name)
                    deadline = time.monotonic() + 30
                position = reader.position(place)
                if time.monotonic() > deadline:
                    raise UnreachableError(f"{place.topic}/{partition}: no records for 30 s at offset {position}")
        except KafkaError as error:
            raise UnreachableError(f"broker {','.join(self._servers)}: {error!r}") from None
        finally:
            reader.close()

    def partitions(self, topics: Sequence[Topic]) -> dict[str, int]:
        names = {topic.full_name(self.namespace): topic.name for topic in topics}
        with self._groups() as client:
            found = client.describe_topics(list(names))
        return {names[t["name"]]: len(t["partitions"]) for t in found if not t["error_code"]}

    def identity(self, topic: Topic) -> str:
        admin, name = self._admin(), topic.full_name(self.namespace)
        try:
            found = admin.describe_topics([name])[0]
        except KafkaError as error:
            raise UnreachableError(f"broker {','.join(self._servers)}: {error!r}") from None
        finally:
            admin.close()
        if found["error_code"]:
            raise UnreachableError(f"broker: no topic {name}; run `claimwire setup` first")
        return str(found["topic_id"])

    def starts(self, topic: Topic) -> dict[int, int]:
        with self._asking():
            found = self._connected_reader().beginning_offsets(self._places(topic))
        return {place.partition: offset for place, offset in found.items()}

    def ends(self, topic: Topic) -> dict[int, int]:
        with self._asking():
            found = self._connected_reader().end_offsets(self._places(topic))
        return {place.partition: offset for place, offset in found.items()}

    def _places(self, topic: Topic) -> list[Any]:
        return [TopicPartition(topic.full_name(self.namespace), p) for p in range(topic.partitions)]

    def tail(self, topic: Topic, starts: Mapping[int, int]) -> KafkaTail:
        places = {TopicPartition(topic.full_name(self.namespace), p): offset for p, offset in starts.items()}
        reader = self._new_consumer(None)
        try:
            reader.assign(list(places))
            first = reader.beginning_offsets(list(places))
            for place, offset in places.items():
                reader.seek(place, max(offset, first[place]))
        except KafkaError as error:
            reader.close()
            raise UnreachableError(f"broker {','.join(self._servers)}: {error!r}") from None
        return KafkaTail(reader, topic)

    def offsets_at(self, topic: Topic, timestamp_ms: int) -> dict[int, int]:
        places = self._places(topic)
        with self._asking():
            found = self._connected_reader().offsets_for_times(dict.fromkeys(places, timestamp_ms))
            ends = self._connected_reader().end_offsets(places)
        hits = {place: found.get(place) for place in places}
        return {place.partition: hit.offset if hit else ends[place] for place, hit in hits.items()}

    def committed(self, group: str, topic: Topic) -> dict[int, int]:
        """Return the committed offset of each partition; `group` without the namespace."""
        name = f"{self.namespace}.{group}"
        with self._groups() as client:
            found = _coordinated(lambda: client.list_group_offsets({name: None}))[name]
        full = topic.full_name(self.namespace)
        offsets = {p.partition: max(0, o.offset) for p, o in found.items() if p.topic == full}
        return {p: offsets.get(p, 0) for p in range(topic.partitions)}

    def move(self, group: str, topic: Topic, partition: int, offset: int) -> None:
        place = TopicPartition(topic.full_name(self.namespace), partition)
        with self._groups() as client:
            done = client.alter_group_offsets(f"{self.namespace}.{group}", {place: OffsetAndMetadata(offset, "", -1)})
        if done[place].errno:
            # While a group has members, the broker refuses commits from outside it (UnknownMemberId).
            raise ConfigError(f"group {group}: the broker refuses the commit: {done[place].__name__}")

    @contextmanager
    def _groups(self) -> Iterator[Any]:
        """Return the admin client for groups: reused, and replaced after an error."""
        try:
            with self._asking():
                if self._groups_client is None:
                    self._groups_client = self._admin()
                yield self._groups_client
        except UnreachableError:
            if self._groups_client is not None:
                self._groups_client.close()
            self._groups_client = None
            raise

    def members(self, groups: Sequence[str]) -> dict[str, int]:
        names = {f"{self.namespace}.{group}": group for group in groups}
        with self._groups() as client:
            found = _coordinated(lambda: client.describe_groups(list(names)))
        return {group: len(found.get(name, {}).get("members", ())) for name, group in names.items()}

    def peek(self, topic: Topic, starts: Mapping[int, int]) -> dict[int, Message]:
        places = {TopicPartition(topic.full_name(self.namespace), p): offset for p, offset in starts.items()}
        found: dict[int, Message] = {}
        deadline = time.monotonic() + PEEK_SECONDS
        with self._asking():
            reader = self._connected_reader()
            reader.assign(list(places))
            first = reader.beginning_offsets(list(places)) if places else {}
            for place, offset in places.items():
                reader.seek(place, max(offset, first[place]))
            while len(found) < len(places) and time.monotonic() < deadline:
                for place, rows in reader.poll(timeout_ms=200, max_records=len(places)).items():
                    found[place.partition] = message_of(rows[0], topic.name)
                # `pause` is no alternative: the client keeps fetched records of a paused partition and returns them at
                # the next call.
                reader.assign([place for place in places if place.partition not in found])
            reader.unsubscribe()
        return found

    def lag(self, group: str, topic: Topic) -> int:
        done, begins = self.committed(group, topic), self.starts(topic)
        return sum(max(0, end - max(done[p], begins[p])) for p, end in self.ends(topic).items())

    def close(self) -> None:
        for client in (self._producer, self._reader, self._groups_client):
            if client is not None:
                client.close()


def _coordinated(request: Callable[[], Any]) -> Any:
    """Return the answer on groups. A broker that has just started has no coordinators for a few seconds: it is asked again."""
    end = time.monotonic() + COORDINATOR_SECONDS
    while True:
        try:
            return request()
        except CoordinatorNotAvailableError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.2)
