"""A Faust worker on real Kafka of which one partition is never fetched, while the others go on (Faust issues 166, 629)."""

import os
import subprocess
import sys
import time

import pytest

from claimwire import topics
from claimwire.log import Message, open_log

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]
# The real worker; its consumer never fetches partition 2, as after a rebalance gone wrong.
PROGRAM = """
import threading
from aiokafka.consumer.fetcher import Fetcher
from claimwire.liveness import Liveness
from claimwire.settings import load
from processors.app import run_worker

original = Fetcher._get_actions_per_node
def without_one(self, assignment):
    for place in assignment.tps:
        if place.partition == 2:
            assignment.state_value(place).pause()
    return original(self, assignment)
Fetcher._get_actions_per_node = without_one
raise SystemExit(run_worker(load().settings, (), ["alert"], threading.Event(), Liveness(5)))
"""


def test_the_process_ends_though_the_other_partitions_move(kafka, namespace, tmp_path):
    broker = f"kafka://{kafka.host_port}"
    log = open_log(broker, namespace)
    log.ensure_topics(topics.TOPICS)
    gone = [Message(topics.ARTICLES.name, f"a{n}", None, {"article_id": f"a{n}"}, partition=n % 4) for n in range(8)]
    log.publish(gone)
    settings = {"NAMESPACE": namespace, "BROKER": broker, "DATA_DIR": str(tmp_path), "STALL_TIMEOUT": "5"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
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
    assert "alert: 2 records of articles/2 wait and none was taken for" in says
    done, ends = log.committed("alert", topics.ARTICLES), log.ends(topics.ARTICLES)
    assert [done[p] > 0 for p in sorted(ends)] == [True, True, False, True]
    log.close()
