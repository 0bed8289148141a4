"""Consumer groups on a real broker: its admin client, and logs with short limits."""

import time
from collections.abc import Callable, Iterator

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from claimwire import topics
from claimwire.log.kafka import KafkaLog
from claimwire.topics import Topic


class Broker:
    """A namespace of the broker, with what only an administrator may do."""

    def __init__(self, address: str, namespace: str) -> None:
        self.url, self.namespace = f"kafka://{address}", namespace
        self._admin = KafkaAdminClient(bootstrap_servers=[address])
        self._wait_for_groups()

    def _wait_for_groups(self) -> None:
        """A new broker makes its topic of offsets when it is asked for a group for the first time."""
        deadline = time.monotonic() + 30
        while True:
            try:
                self._admin.list_group_offsets({f"{self.namespace}.none": None})
            except KafkaError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
            else:
                return

    def configure(self, topic: Topic, **options: str) -> None:
        """Set options of a topic, dots written as underscores."""
        values = {name.replace("_", "."): value for name, value in options.items()}
        self._admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.full_name(self.namespace), values)])

    def delete_before(self, topic: Topic, offset: int, partitions: range) -> None:
        """Delete the records before an offset of these partitions, as retention does."""
        places = {TopicPartition(topic.full_name(self.namespace), p): offset for p in partitions}
        self._admin.delete_records(places)

    def close(self) -> None:
        self._admin.close()


@pytest.fixture
def broker(kafka, namespace) -> Iterator[Broker]:
    broker = Broker(kafka.host_port, namespace)
    yield broker
    broker.close()


@pytest.fixture
def opened(broker) -> Iterator[Callable[..., KafkaLog]]:
    """Opens logs of the namespace, with options."""
    logs: list[KafkaLog] = []

    def open_one(**options: float) -> KafkaLog:
        logs.append(KafkaLog.open(broker.url, broker.namespace, **options))
        logs[0].ensure_topics(topics.TOPICS)
        return logs[-1]

    yield open_one
    for log in logs:
        log.close()
