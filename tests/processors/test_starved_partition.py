"""Members of a group on real Kafka of which one partition is never fetched, while the others go on (Faust issues 166, 629)."""

import os
import subprocess
import sys
import time

import pytest

from claimwire import topics
from claimwire.log import Message, open_log

pytestmark = [pytest.mark.servers, pytest.mark.timeout(90)]
# The real worker of a stage and the real sink; their consumers never fetch partition 2, as after a rebalance gone wrong.
STAGE = """
import threading
from aiokafka.consumer.fetcher import Fetcher
from claimwire.runtime.liveness import Liveness
from claimwire.config.settings import load
from processors.runners.distributed import run_worker

original = Fetcher._get_actions_per_node
def without_one(self, assignment):
    for place in assignment.tps:
        if place.partition == 2:
            assignment.state_value(place).pause()
    return original(self, assignment)
Fetcher._get_actions_per_node = without_one
raise SystemExit(run_worker(load().settings, (), "alert", threading.Event(), Liveness(5)))
"""
SINK = """
import argparse
from kafka.consumer.subscription_state import SubscriptionState
from claimwire.config.settings import load
from console.cli.run import run

original = SubscriptionState.fetchable_partitions
def without_one(self):
    return [place for place in original(self) if place.partition != 2 or not self.subscription]
SubscriptionState.fetchable_partitions = without_one
arguments = argparse.Namespace(parts=["notify"], no_import=True, urls=None, url_source="", all=False)
raise SystemExit(run(arguments, load()))
"""


@pytest.mark.parametrize(
    ("group", "topic", "program"), [("alert", topics.ARTICLES, STAGE), ("notify", topics.ALERTS, SINK)]
)
def test_the_process_ends_though_the_other_partitions_move(kafka, namespace, tmp_path, group, topic, program):
    broker = f"kafka://{kafka.host_port}"
    log = open_log(broker, namespace)
    log.ensure_topics(topics.TOPICS)
    gone = [Message(topic.name, f"a{n}", None, {"article_id": f"a{n}"}, partition=n % 4) for n in range(8)]
    log.publish(gone)
    settings = {"NAMESPACE": namespace, "BROKER": broker, "DATA_DIR": str(tmp_path), "STALL_TIMEOUT": "5"}
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | {f"CLAIMWIRE_{name}": value for name, value in settings.items()},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while process.poll() is None:
            log.publish([m for m in gone if m.partition != 2])
            time.sleep(1.5)
    finally:
        process.kill()
    _, says = process.communicate(timeout=10)
    assert process.returncode == 1, says
    assert f"{group}: 2 records of {topic.name}/2 are waiting and none was read for" in says
    done = log.committed(group, topic)
    assert [done[p] > 0 for p in range(topic.partitions)] == [True, True, False, True]
    log.close()
