"""Options of topics, producers and members on a real broker."""

import random
import time
from collections.abc import Callable

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.log import Log, Message, open_log
from claimwire.log.kafka import KafkaLog

pytestmark = pytest.mark.servers
LIMIT = 100_000


@pytest.fixture
def open_(kafka, namespace):
    opened: list[Log] = []

    def open_with(**options: float | str) -> Log:
        opened.append(open_log(f"kafka://{kafka.host_port}", namespace, max_message_bytes=LIMIT, **options))
        opened[-1].ensure_topics((topics.ALERTS,))
        return opened[-1]

    yield open_with
    for log in opened:
        log.close()


@pytest.fixture
def admin(kafka):
    admin = KafkaAdminClient(bootstrap_servers=kafka.host_port)
    yield admin
    admin.close()


def test_two_brokers_of_three_must_have_a_record(open_, admin, namespace):
    """min.insync.replicas follows from the replication factor; 1 on a single broker."""
    open_()
    name = topics.ALERTS.full_name(namespace)
    found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)], config_filter="all")
    assert "'min.insync.replicas': " in str(found)
    for replication, least in ((1, "1"), (2, "1"), (3, "2")):
        log = KafkaLog([], "x", {}, {"replication": replication})
        assert log._options(topics.ALERTS)["configs"]["min.insync.replicas"] == least


def size_on_disk(admin, name: str) -> int:
    """Bytes of a topic in the broker's log."""
    dirs = admin.describe_log_dirs([name])
    found: list[int] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            found.extend(v for k, v in value.items() if k in ("partition_size", "size") and isinstance(v, int))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(dirs)
    return sum(found)


def test_records_are_packed_and_the_limit_is_that_of_the_record(open_, admin, namespace):
    name = topics.ALERTS.full_name(namespace)
    log = open_()
    log.publish([Message("alerts", "k", b"the same words " * 6_000) for _ in range(5)])
    packed = size_on_disk(admin, name)
    assert 0 < packed < LIMIT
    plain = open_(broker_compression="none")
    plain.publish([Message("alerts", "k", b"the same words " * 6_000) for _ in range(5)])
    assert size_on_disk(admin, name) - packed > 4 * LIMIT * 0.8
    # A body that cannot be packed passes too, up to the limit; over it nothing does, however small it would be packed.
    noise = random.Random(1).randbytes(LIMIT)
    log.publish([Message("alerts", "k", noise)])
    with pytest.raises(ContractError, match="over 100000"):
        log.publish([Message("alerts", "k", b"x" * (LIMIT + 1))])
    values = [m.value for p in range(4) for m in log.read(topics.ALERTS, p)]
    assert len(values) == 11
    assert values[-1] == noise


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline


def test_a_member_with_a_name_takes_its_partitions_again_after_a_restart(open_):
    """Without its leaving, and without a rebalance for the others."""
    logs = [open_(broker_instance=name, session_timeout=20) for name in ("a", "b")]
    one, two = (log.consumer("g", (topics.ALERTS,)) for log in logs)

    def shared() -> bool:
        for member in (one, two):
            member.poll(10, 0.1)
        return len(one.assignment()) == len(two.assignment()) == 2

    until(shared)
    before, others = one.assignment(), two.assignment()
    one.close()
    began = time.monotonic()
    while time.monotonic() - began < 1.5:
        two.poll(10, 0.2)
        assert two.assignment() == others
    again = open_(broker_instance="a", session_timeout=20).consumer("g", (topics.ALERTS,))

    def returned() -> bool:
        again.poll(10, 0.1)
        two.poll(10, 0.1)
        return bool(again.assignment())

    until(returned)
    assert again.assignment() == before
    assert two.assignment() == others
    for member in (again, two):
        member.close()
