"""Consumer groups on a real broker: its admin client, and logs with short limits."""

from collections.abc import Callable, Iterator

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from claimwire import topics
from claimwire.log.kafka import KafkaLog
from claimwire.topics import Topic


class Broker:
    """A namespace of the broker, with what only an administrator may do."""

    def __init__(self, address: str, namespace: str) -> None:
        self.url, self.namespace = f"kafka://{address}", namespace
        self._admin = KafkaAdminClient(bootstrap_servers=[address])

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
