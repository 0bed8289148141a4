"""More workers than partitions: an idle one takes over when others die, however long it was idle; its watchdog lets it live.

By hand, with the real limits: five workers of each kind, idle for 400 s, then all owners killed. The standby had taken
everything over after 9.2 s (kafka-python, max_poll_interval_ms 300,000) and 7.9 s (Faust).
"""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from claimwire import topics
from claimwire.log import Log, Message
from claimwire.topics import Topic
from deploy.teststack.servers import free_port
from tests.e2e.harness import Processes
from tests.groups.conftest import Broker
from tests.groups.test_commits import wait

pytestmark = [pytest.mark.servers, pytest.mark.timeout(150)]
ROOT = Path(__file__).resolve().parents[2]


def publish(log: Log, topic: Topic) -> None:
    """One record that is none on each partition: it becomes a dead letter."""
    log.publish([Message(topic.name, "bad", b"{}", partition=p) for p in range(topic.partitions)])


@dataclass
class Members:
    """Five consumers of `alerts`, each in a process of its own, and the files in which they say what they own."""

    files: list[Path]
    processes: list[subprocess.Popen[bytes]]

    def owned(self) -> list[str]:
        return [(["", *file.read_text().splitlines()])[-1] for file in self.files]

    def one_is_idle(self) -> bool:
        return sorted("".join(self.owned())) == ["0", "1", "2", "3"] and self.owned().count("") == 1

    def kill_owners(self) -> None:
        for process, places in zip(self.processes, self.owned(), strict=True):
            if places:
                process.kill()


@pytest.fixture
def members(broker: Broker, opened, tmp_path) -> Iterator[Members]:
    opened()
    found = Members([tmp_path / f"{n}.out" for n in range(5)], [])
    for file in found.files:
        command = [sys.executable, "-m", "tests.groups.member", broker.url, broker.namespace, "3"]
        with file.open("w") as out:
            found.processes.append(subprocess.Popen(command, stdout=out, cwd=ROOT))
    yield found
    for process in found.processes:
        process.kill()
        process.wait()


def owns(port: int) -> bool:
    """Return whether a worker exports the lag of any partition."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return b"claimwire_lag_records{" in answer.read()
    except OSError:
        return False


def test_an_idle_one_takes_over_and_one_that_was_stopped_for_too_long_counts(
    broker: Broker, opened, members: Members, tmp_path
):
    """Consumers by kafka-python are idle for longer than a poll may take (3 s), workers of Faust than a stage may stall (5 s)."""
    log, ports = opened(), {f"alert{n}": free_port() for n in range(5)}
    env = {
        "CLAIMWIRE_NAMESPACE": broker.namespace, "CLAIMWIRE_BROKER": broker.url, "CLAIMWIRE_SESSION_TIMEOUT": "6",
        "CLAIMWIRE_STALL_TIMEOUT": "5", "CLAIMWIRE_STORE": f"sqlite:///{tmp_path / 's.db'}", "CLAIMWIRE_DATA_DIR": str(tmp_path),
    }  # fmt: skip
    processes = Processes(tmp_path, env)
    for name, port in ports.items():
        processes.start(name, "alert", metrics_port=str(port))
    try:
        publish(log, topics.ARTICLES)
        wait(lambda: log.lag("alert", topics.ARTICLES) == 0, 60)
        wait(lambda: sum(map(owns, ports.values())) == 4 and members.one_is_idle(), 120)
        time.sleep(5.5)
        assert [p.poll() for p in (*processes.running.values(), *members.processes)] == [None] * 10, processes.logs()
        standby = next(name for name, port in ports.items() if not owns(port))
        for name in set(ports) - {standby}:
            processes.kill(name)
        members.kill_owners()
        publish(log, topics.ARTICLES)
        publish(log, topics.ALERTS)
        wait(lambda: log.lag("alert", topics.ARTICLES) == 0 and log.lag("notify", topics.ALERTS) == 0)
        processes.kill(standby)
        for _ in range(3):
            publish(log, topics.ARTICLES)
        broker.delete_before(topics.ARTICLES, 4, range(4))
        processes.start_again(standby)
        wait(lambda: log.lag("alert", topics.ARTICLES) == 0)
    finally:
        processes.stop()
    lines = [line for line in (tmp_path / f"{standby}.log").read_text().splitlines() if "deleted before" in line]
    assert sorted(line.partition("articles/")[2][:20] for line in lines) == [
        f"{p} (offsets 2 to 3) w" for p in range(4)
    ]
    assert all("alert: 2 records of articles/" in line for line in lines)
