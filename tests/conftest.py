"""Fixtures of all tests: the real servers, a namespace for each test, a store and a log of each kind."""

import logging
import os
import socket
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from claimwire import topics
from claimwire.log.sqlite import SqliteLog
from deploy.teststack.servers import Missing, start_elasticsearch, start_kafka

# Labelled data that are not part of this repository; they lie beside a checkout where somebody has them.
SHARED = Path(__file__).resolve().parents[2] / "shared"
REQUIRED = os.environ.get("CLAIMWIRE_REQUIRE_SERVERS") == "1"
SHARED_REQUIRED = os.environ.get("CLAIMWIRE_REQUIRE_SHARED") == "1"
# The test that runs now, for `shared`.
_running: list[pytest.Item] = []


@dataclass(frozen=True)
class Address:
    """A server for this session, ours or named by the environment."""

    host_port: str


def _server(variable: str, start) -> Iterator[Address]:
    named = os.environ.get(variable)
    if named:
        yield Address(named)
        return
    try:
        server = start()
    except Missing as missing:
        if REQUIRED:
            pytest.fail(f"CLAIMWIRE_REQUIRE_SERVERS=1, and {missing}")
        pytest.skip(f"left out: {missing}")
    yield Address(server.address)
    server.stop()


@pytest.fixture(scope="session")
def kafka() -> Iterator[Address]:
    yield from _server("CLAIMWIRE_TEST_KAFKA", start_kafka)


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[Address]:
    yield from _server("CLAIMWIRE_TEST_ELASTICSEARCH", start_elasticsearch)


@pytest.fixture(autouse=True)
def _handlers_of_one_test() -> Iterator[None]:
    """A command that ran in this process leaves a log handler, whose stream is closed when the next test logs."""
    root = logging.getLogger()
    before = set(root.handlers)
    yield
    for handler in set(root.handlers) - before:
        root.removeHandler(handler)


@pytest.fixture
def log(tmp_path) -> Iterator[SqliteLog]:
    """An embedded log of the test's own."""
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    yield log
    log.close()


@pytest.fixture
def namespace() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def closed_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that is marked `shared` where there are no labelled data, or fail it where they are required."""
    _running[:] = [item]
    if item.get_closest_marker("shared") and not SHARED.exists():
        if SHARED_REQUIRED:
            pytest.fail(f"CLAIMWIRE_REQUIRE_SHARED=1, and {SHARED} is absent")
        pytest.skip("left out: the labelled data in ../shared are absent")


def shared(*parts: str) -> Path:
    """Return a path of the labelled data, for a test that is marked `shared`: selections of tests go by the mark."""
    assert not _running or _running[0].get_closest_marker("shared"), f"{_running[0].nodeid} needs the mark `shared`"
    return SHARED.joinpath(*parts)


def pytest_terminal_summary(terminalreporter) -> None:
    """Say clearly what was left out, and why."""
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if isinstance(r.longrepr, tuple)]
    reasons = Counter(str(r.longrepr[2]).removeprefix("Skipped: ").removeprefix("left out: ") for r in skipped)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"LEFT OUT: {count} tests: {reason}", yellow=True)
