"""The health of a process is what its own parts say: at /healthz, by `status --quick`, as a gauge."""

import http.client
import subprocess
import sys
import time

import pytest
from prometheus_client import REGISTRY

from claimwire.runtime.liveness import Liveness
from claimwire.runtime.metrics import serve_metrics
from tests.console.command import claimwire
from tests.e2e.harness import free_port


def answer(port: int, path: str = "/healthz") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def alive(part: str) -> float | None:
    return REGISTRY.get_sample_value("claimwire_part_alive", {"part": part})


def test_a_part_that_has_not_started_or_stands_still_is_named():
    liveness, port, beaten = Liveness(30), free_port(), {"rss": time.monotonic(), "web": time.monotonic()}
    liveness.expect(["rss", "web"])
    serve_metrics("127.0.0.1", port, liveness.problems)
    liveness.add("rss", lambda: beaten["rss"])
    assert answer(port) == (503, "web: has not started yet\n")
    assert (alive("rss"), alive("web")) == (1.0, 0.0)
    liveness.add("web", lambda: beaten["web"])
    assert answer(port) == (200, "ok\n")
    beaten["rss"] -= 45
    status, text = answer(port)
    assert (status, text) == (503, "rss: no sign of life for 45 s\n")
    assert (alive("rss"), alive("web")) == (0.0, 1.0)
    status, text = answer(port, "/metrics")
    assert status == 200
    assert 'claimwire_part_alive{part="rss"} 0.0' in text


@pytest.mark.parametrize("where", ["metrics", "page"])
def test_quick_asks_the_process(tmp_path, where):
    port = free_port()
    options = ["--metrics-port", str(port), "--page-port", "0"] if where == "metrics" else ["--page-port", str(port)]
    parts = ["alert", "notify"] if where == "metrics" else ["alert", "page"]
    assert f"no process answers at 127.0.0.1:{port}" in claimwire("status", "--quick", *options, cwd=tmp_path, status=3)
    command = [sys.executable, "-m", "console.cli.main", "run", *parts, *options]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if "running " in line:
                break
        assert claimwire("status", "--quick", *options, cwd=tmp_path) == "ok\n"
        if where == "metrics":
            _, text = answer(port, "/metrics")
            assert text.count("claimwire_part_alive{") == 2
            assert wait_for_lag(port)
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0


def wait_for_lag(port: int) -> bool:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if 'claimwire_oldest_unread_seconds{partition="0",stage="notify"' in answer(port, "/metrics")[1]:
            return True
        time.sleep(0.5)
    return False
