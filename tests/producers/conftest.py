from collections.abc import Iterator

import pytest

from claimwire import topics
from claimwire.log.sqlite import SqliteLog
from tests.producers.site import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def log(tmp_path) -> Iterator[SqliteLog]:
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    yield log
    log.close()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch) -> None:
    """What producers keep under `data` is the test's own."""
    monkeypatch.chdir(tmp_path)
