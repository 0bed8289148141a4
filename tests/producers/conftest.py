from collections.abc import Iterator

import pytest

from tests.producers.site import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch) -> None:
    """Give each test its own folder for what producers keep under `data`."""
    monkeypatch.chdir(tmp_path)
