"""Both drivers of the log and of the store."""

from collections.abc import Iterator

import pytest

from claimwire import topics
from claimwire.log import Log, open_log
from claimwire.store import SearchStore
from claimwire.store.drivers import open_store


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.servers)])
def broker(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'stream.db'}"
    return f"kafka://{request.getfixturevalue('kafka').host_port}"


@pytest.fixture
def log(broker, namespace) -> Iterator[Log]:
    log = open_log(broker, namespace, max_message_bytes=100_000)
    log.ensure_topics((topics.RAW, topics.FEEDS, topics.ALERTS, topics.DEADLETTERS))
    yield log
    log.close()


@pytest.fixture
def second(broker, namespace, log) -> Iterator[Log]:
    """Another client of the same log."""
    log = open_log(broker, namespace, max_message_bytes=100_000)
    yield log
    log.close()


@pytest.fixture(params=["sqlite", pytest.param("elasticsearch", marks=pytest.mark.servers)])
def store_url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'search.db'}"
    return f"elasticsearch://{request.getfixturevalue('elasticsearch').host_port}"


@pytest.fixture
def store(store_url, namespace) -> Iterator[SearchStore]:
    yield from _store(store_url, namespace)


@pytest.fixture
def other_store(store_url, namespace) -> Iterator[SearchStore]:
    """Another namespace of the same store."""
    yield from _store(store_url, f"{namespace}other")


def _store(url: str, namespace: str) -> Iterator[SearchStore]:
    store = open_store(url, namespace)
    store.setup()
    yield store
    store.close()
