"""One member of the group `notify` in a process of its own; prints the partitions that it owns whenever they change."""

import sys

from claimwire import topics
from claimwire.log.kafka import KafkaLog


def main(url: str, namespace: str, max_poll_interval: str) -> None:
    log = KafkaLog.open(url, namespace, session_timeout=6.0, max_poll_interval=float(max_poll_interval))
    consumer, owned = log.consumer("notify", (topics.ALERTS,)), None
    while True:
        batch = consumer.poll(100, 0.2)
        if consumer.assignment() != owned:
            owned = consumer.assignment()
            print(*sorted(partition for _, partition in owned), flush=True)
        if batch:
            consumer.commit({(m.topic, m.partition): m.offset + 1 for m in batch})


if __name__ == "__main__":
    main(*sys.argv[1:])
