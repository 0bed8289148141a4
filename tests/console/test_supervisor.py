"""Processes that are kept running: real ones, which end in the ways that stages end."""

import sys
import threading
import time

import pytest

from claimwire.config.settings import Settings
from console import supervisor
from console.supervisor import MISCONFIGURED, Child, stage_processes, supervise

# Writes a line, ends with the status of its argument twice, then stays until it is ended.
PROGRAM = """
import sys, time, pathlib
path, status = pathlib.Path(sys.argv[1]), int(sys.argv[2])
starts = len(path.read_text().split()) if path.exists() else 0
path.write_text("x " * (starts + 1))
if starts < 2 and status:
    sys.exit(status)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.02)


def child(tmp_path, name, status):
    return Child(name, [sys.executable, "-c", PROGRAM, str(tmp_path / name), str(status)], {}, pause=0.05)


def starts(tmp_path, name):
    path = tmp_path / name
    return len(path.read_text().split()) if path.exists() else 0


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_process_that_ends_by_itself_is_started_again_and_the_others_stay(tmp_path, caplog):
    stop, statuses = threading.Event(), []
    children = [child(tmp_path, "match", 1), child(tmp_path, "alert", 0)]
    thread = threading.Thread(target=lambda: statuses.append(supervise(children, stop)))
    thread.start()
    wait_for(lambda: starts(tmp_path, "match") == 3 and starts(tmp_path, "alert") == 1)
    first = children[1].process
    stop.set()
    thread.join(20)
    assert statuses == [0]
    assert starts(tmp_path, "alert") == 1
    assert first is not None
    assert first.returncode is not None
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == [
        "match exited with status 1; restarting in 0.05 s",
        "match exited with status 1; restarting in 0.1 s",
    ]


def test_a_mistake_in_the_settings_ends_all(tmp_path):
    children = [child(tmp_path, "match", MISCONFIGURED), child(tmp_path, "alert", 0)]
    assert supervise(children, threading.Event()) == MISCONFIGURED
    assert starts(tmp_path, "match") == 1


def test_a_steady_run_makes_the_next_pause_short_again(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "STEADY_SECONDS", 0.0)
    one = child(tmp_path, "match", 1)
    one.pause = 40.0
    one.look(time.monotonic())
    wait_for(lambda: one.look(time.monotonic()) is not None)
    assert one.pause == 2 * supervisor.FIRST_PAUSE


def test_each_stage_has_the_settings_and_a_port_of_its_own():
    settings = Settings(broker="kafka://127.0.0.1:9092", namespace="search", metrics_port=9200)
    children = stage_processes(settings, ["analyse", "match"])
    assert [c.env["CLAIMWIRE_NAMESPACE"] for c in children] == ["search", "search"]
    assert [c.env["CLAIMWIRE_METRICS_PORT"] for c in children] == ["9201", "9202"]
    assert [list(c.command[-2:]) for c in children] == [["run", "analyse"], ["run", "match"]]
