"""The page over the demo's index, on both stores, and where claims come in while one looks."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.log import open_settings_log
from claimwire.store import KINDS, Document
from claimwire.store.drivers import open_settings_store
from console.process import Process
from console.web.serve import PageServer
from tests.console.conftest import demo  # noqa: F401
from tests.e2e.harness import free_port

# Nothing asks for more than this machine; a proxy of the environment is not for it.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self):
        return json.loads(self.text)


@dataclass
class Site:
    """A page that is served, and its settings."""

    settings: Settings
    process: Process | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.settings.page_port}"

    def get(self, path: str, data: bytes | None = None, **headers: str) -> Answer:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        request = urllib.request.Request(self.base + path, data, named)
        try:
            with OPENER.open(request, timeout=30) as answer:
                return Answer(answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.headers.items()})
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode(), {k.lower(): v for k, v in error.headers.items()})

    def await_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.get("/healthz").status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the page does not answer")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("elasticsearch", marks=pytest.mark.servers)])
def site(request, demo) -> Iterator[Site]:  # noqa: F811
    """The demo's claims, read-only."""
    folder: Path = demo / "data"
    settings = Settings(
        broker=f"sqlite:///{folder / 'stream.db'}", store=f"sqlite:///{folder / 'search.db'}", data_dir=str(folder),
        page_port=free_port(),
    )  # fmt: skip
    if request.param == "elasticsearch":
        host = request.getfixturevalue("elasticsearch").host_port
        settings = replace(settings, store=f"elasticsearch://{host}")
        copy_store(replace(settings, store=f"sqlite:///{folder / 'search.db'}"), settings)
    yield from served(settings)


def copy_store(from_: Settings, to: Settings) -> None:
    """All documents of one store into another."""
    source, target = open_settings_store(from_), open_settings_store(to)
    target.setup()
    for kind in KINDS:
        documents = [
            Document(kind, ident, version, datetime.fromisoformat(body["first_seen_at"]), body)
            for ident, version, body in source.dump(kind)
        ]
        assert target.write(documents) == []
    target.refresh()
    source.close()
    target.close()


def served(settings: Settings) -> Iterator[Site]:
    server = PageServer(settings)
    server.start()
    found = Site(settings)
    found.await_ready()
    yield found
    server.close()


@pytest.fixture
def running(tmp_path) -> Iterator[Site]:
    """All stages, the store and the page on an empty folder; what is published on articles.raw comes through."""
    settings = Settings(
        broker=f"sqlite:///{tmp_path / 'stream.db'}", store=f"sqlite:///{tmp_path / 'search.db'}",
        data_dir=str(tmp_path), page_port=free_port(), workers=1,
    )  # fmt: skip
    process = Process(settings, deliver=lambda _: None)
    parts = ("analyse", "match", "alert", "search", "page")
    process.listen(parts)
    process.setup(parts)
    process.start(parts)
    found = Site(settings, process)
    found.await_ready()
    yield found
    process.close()
    assert process.failed == []


def publish(settings: Settings, *messages) -> None:
    log = open_settings_log(settings)
    log.ensure_topics(topics.TOPICS)
    log.publish(messages)
    log.close()
