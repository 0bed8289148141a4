"""WebSub with a hub on loopback: what it pushes gives the articles that polling gives, and nothing that is not signed is taken."""

import asyncio
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web

from claimwire import topics
from claimwire.config.settings import load
from claimwire.errors import ConfigError
from claimwire.ledger import read_ledger
from claimwire.log.sqlite import SqliteLog
from claimwire.net import ports
from claimwire.records.feeds import Feed
from producers.rss import RssProducer
from producers.websub import hubs
from producers.websub.listener import key_of
from tests.drip import HEAD, seconds_until_cut
from tests.producers.test_feeds import item, rss
from tests.producers.test_producers import SETTINGS, feed, follow, run

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FULL = "&lt;p&gt;" + "Long text of the article. " * 80 + "&lt;/p&gt;"


class Hub:
    """Verifies what it is asked, remembers it, and pushes."""

    def __init__(self, server, path: str = "/hub", lease: str = "864000") -> None:
        self.url, self.lease = server.base + path, lease
        self.asked: list[dict[str, str]] = []
        self.answers: list[tuple[int, str]] = []
        server.routes[path] = self.subscribe

    async def subscribe(self, request: web.Request) -> web.Response:
        form = {str(k): str(v) for k, v in (await request.post()).items()}
        self.asked.append(form)
        query = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": "why not",
                 "hub.lease_seconds": self.lease}  # fmt: skip
        self.answers.append(await self.call("GET", params=query))
        return web.Response(status=202)

    async def call(self, method: str, **options) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.asked[-1]["hub.callback"], **options) as answer,
        ):
            return answer.status, await answer.text()

    async def push(self, body: bytes, signature: str | None = None) -> tuple[int, str]:
        key = self.asked[-1]["hub.secret"].encode()
        signed = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature": signed if signature is None else signature, "Content-Type": "application/rss+xml"}
        return await self.call("POST", data=body, headers=headers)


def hubbed(hub: str, topic: str, *items: str) -> bytes:
    links = f'<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="{topic}"/>'
    return rss(*items).replace(b"<channel>", b"<channel>" + links.encode()).replace(
        b'<rss version="2.0"', b'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
    )  # fmt: skip


def told(log) -> set[tuple[str, str]]:
    return set(read_ledger(log))


@pytest.fixture
def polled_log(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 'polled.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    yield log
    log.close()


def test_h29_a_hub_and_polling_give_the_same_articles(log, polled_log, server, closed_port):
    hub, url = Hub(server), f"{server.base}/feed"
    states = [
        hubbed(hub.url, url, item(1), item(2, description=FULL)),
        hubbed(hub.url, url, item(3), item(1), item(2, description=FULL)),
        hubbed(hub.url, url, item(3), item(1, description="Corrected."), item(2, description=FULL)),
    ]
    settings = replace(SETTINGS, websub_port=closed_port, websub_url=f"http://127.0.0.1:{closed_port}", poll_min=600.0)
    server.reply("/feed", states[0], Content_Type="application/rss+xml")
    follow(log, url)
    step = iter(range(1, 3))

    def pushed_all() -> bool:
        """A hub that pushes the next state once it has a lease and the last one has been taken."""
        row = feed(log, url)
        if row.websub_until is None or row.websub_until < datetime.now(UTC):
            return False
        number = next(step, None)
        if number is None:
            return True
        answer = asyncio.run_coroutine_threadsafe(hub.push(states[number]), server._loop)
        pending.append(answer)
        return False

    pending: list = []
    run(RssProducer(log, settings), lambda: pushed_all() and all(p.done() for p in pending))
    assert [p.result()[0] for p in pending] == [202, 202]
    assert hub.answers == [(200, "why not")]
    assert hub.asked[0]["hub.topic"] == url
    row = feed(log, url)
    assert (row.hub, row.topic_url, row.status) == (hub.url, url, "pushed")
    assert timedelta(days=9) < row.websub_until - datetime.now(UTC) <= timedelta(days=10)
    assert server.paths().count("/feed") == 1

    follow(polled_log, url)
    for number, state in enumerate(states):
        server.reply("/feed", state, Content_Type="application/rss+xml")
        run(RssProducer(polled_log, SETTINGS), lambda n=number: len(told(polled_log)) == (2, 3, 4)[n])
    assert told(log) == told(polled_log)
    assert len(told(log)) == 4


def test_h29_what_is_not_signed_or_not_asked_for_is_not_taken(log, server, closed_port):
    hub, url = Hub(server), f"{server.base}/feed"
    server.reply("/feed", hubbed(hub.url, url, item(1)), Content_Type="application/rss+xml")
    settings = replace(SETTINGS, websub_port=closed_port, websub_url=f"http://127.0.0.1:{closed_port}", poll_min=600.0)
    follow(log, url)
    found: dict[str, tuple[int, str]] = {}

    async def attack() -> None:
        body = hubbed(hub.url, url, item(666))
        found["wrong"] = await hub.push(body, "sha256=" + "0" * 64)
        found["none"] = await hub.push(body, "")
        found["method"] = await hub.push(body, "md5=" + "0" * 32)
        other = {"hub.mode": "subscribe", "hub.topic": "https://other.example/", "hub.challenge": "x"}
        found["topic"] = await hub.call("GET", params=other)
        found["mode"] = await hub.call("GET", params=other | {"hub.topic": url, "hub.mode": "unsubscribe"})
        callback = hub.asked[-1]["hub.callback"]
        hub.asked[-1]["hub.callback"] = callback[:-4] + "0000"
        found["callback"] = await hub.push(body)
        hub.asked[-1]["hub.callback"] = callback
        found["broken"] = await hub.push(b"<html>no feed</html>")

    started: list = []

    def done() -> bool:
        if feed(log, url).websub_until is not None and not started:
            started.append(asyncio.run_coroutine_threadsafe(attack(), server._loop))
        return bool(started) and started[0].done()

    run(RssProducer(log, settings), done)
    started[0].result()
    assert {name: status for name, (status, _) in found.items()} == {
        "wrong": 202, "none": 202, "method": 202, "topic": 404, "mode": 404, "callback": 404, "broken": 202,
    }  # fmt: skip
    assert len(told(log)) == 1


def a_feed(**fields) -> Feed:
    base = {"url": "https://paper.example/feed", "source": "Paper", "added_at": NOW, "next_due": NOW,
            "hub": "https://hub.example/", "topic_url": "https://paper.example/feed"}  # fmt: skip
    return Feed(**(base | fields))


def test_h29_leases_are_renewed_before_they_end():
    lease = {"websub_lease": 864_000.0, "websub_asked_at": NOW - timedelta(days=8)}
    assert hubs.wants_lease(a_feed(), NOW)
    assert not hubs.wants_lease(a_feed(hub=None), NOW)
    assert not hubs.wants_lease(a_feed(websub_asked_at=NOW - timedelta(minutes=5)), NOW)
    assert not hubs.wants_lease(a_feed(websub_until=NOW + timedelta(days=5), **lease), NOW)
    assert hubs.wants_lease(a_feed(websub_until=NOW + timedelta(days=1), **lease), NOW)


def test_h29_polls_are_stretched_while_the_lease_lives():
    leased = a_feed(websub_until=NOW + timedelta(days=5), websub_lease=864_000.0)
    assert hubs.stretched(leased, 900.0, NOW) == 3600.0
    assert hubs.stretched(a_feed(), 900.0, NOW) == 900.0
    short = msgspec.structs.replace(leased, websub_until=NOW + timedelta(seconds=2000))
    assert hubs.stretched(short, 900.0, NOW) == 1800.0
    assert hubs.stretched(msgspec.structs.replace(leased, websub_until=NOW), 900.0, NOW) == 900.0


def test_links_in_headers():
    headers = {"link": '<https://hub.example/>; rel="hub", <https://paper.example/f>;rel=self, <x>; title="a"'}
    assert hubs.linked(headers, "hub") == "https://hub.example/"
    assert hubs.linked(headers, "self") == "https://paper.example/f"
    assert hubs.linked({}, "hub") is None


@pytest.mark.parametrize(("text", "seconds"), [("3600", 3600), ("", 864_000), ("-5", 864_000), ("9" * 11, 90 * 86_400)])
def test_leases_that_make_no_sense(text, seconds):
    assert hubs.lease_of(text).total_seconds() == seconds


def test_a_port_needs_an_address():
    with pytest.raises(ConfigError, match="websub_port: needs websub_url"):
        load(None, {"CLAIMWIRE_WEBSUB_PORT": "8400"})


def test_a_request_that_comes_byte_by_byte_is_cut(log, closed_port, monkeypatch):
    monkeypatch.setattr(ports, "REQUEST_SECONDS", 0.5)
    monkeypatch.setattr("producers.websub.listener.BODY_SECONDS", 0.5)
    settings = replace(SETTINGS, websub_port=closed_port, websub_url=f"http://127.0.0.1:{closed_port}", poll_min=600.0)
    url = "https://paper.example/feed"
    follow(log, url, websub_asked_at=datetime.now(UTC), next_due=datetime.now(UTC) + timedelta(days=1))
    whole = b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n"
    producer = RssProducer(log, settings)
    mark = hubs.token(key_of(Path(settings.data_dir)), url)
    pushed = f"POST /websub/{mark} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n".encode()
    with ThreadPoolExecutor() as pool:
        cut = [
            pool.submit(seconds_until_cut, closed_port, first, slowly)
            for first, slowly in ((b"", HEAD), (whole, HEAD), (b"", pushed))
        ]
        run(producer, lambda: all(c.done() for c in cut))
    assert [0.3 < c.result() < 6 for c in cut] == [True, True, True]
