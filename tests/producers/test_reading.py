"""Reading pages beside fetching: a hostile host delays neither other hosts, nor publishing, nor polling."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

from claimwire.ids import host_of
from producers.http.fetch import Fetched
from producers.http.page_texts import PageTexts
from producers.tables.refetch import PageBytes, PageText
from producers.web import WebProducer, request_pages
from tests.producers.test_producers import HTML, SETTINGS, pages, raws, run

SLOW = "<html><body><article><p>The river rose slowly in Valdivia, the ministry said.</p></article></body></html>"


def read(page: PageBytes) -> PageText | None:
    while b"slowly" in page.body:
        pass
    if b"warm" in page.body:
        time.sleep(1.0)
    return PageText("hash", page.body.decode()[:10])


def fetched(url: str, body: bytes) -> Fetched:
    return Fetched(200, url, None, {"content-type": "text/html"}, body)


def test_a_hostile_host_holds_one_child_and_no_thread_and_is_soon_read_no_more(caplog):
    async def scenario() -> tuple[list[str], float]:
        texts, ended = PageTexts(read, 0.5), []

        async def one(name: str, url: str, body: bytes) -> None:
            found = await texts.text(fetched(url, body))
            ended.append(f"{name} {found.lead if found else None}")

        # Both children start.
        await asyncio.gather(*(texts.text(fetched(f"https://warm{n}.example/", b"warm")) for n in range(2)))
        slow = [asyncio.create_task(one("slow", f"https://slow.example/{n}", b"slowly")) for n in range(12)]
        await asyncio.sleep(0.1)
        started = time.monotonic()
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 0) for _ in range(20)))
        threads = time.monotonic() - started
        await asyncio.gather(*(one("quick", f"https://quick{n}.example/", b"quick") for n in range(6)))
        first = list(ended)
        await asyncio.gather(*slow)
        assert texts._turns == {}
        await asyncio.to_thread(texts.close)
        assert ended == [*first, *["slow None"] * 12]
        return first, threads

    first, threads = asyncio.run(scenario())
    assert first == ["quick quick"] * 6
    assert threads < 3.0, "the threads that publish and poll are free"
    assert (caplog.text.count("watched: timed out"), caplog.text.count("recent pages of its host")) == (3, 9)


def test_pages_of_other_hosts_are_published_while_one_host_is_slow(log, server):
    server.reply("/slow", SLOW, content_type="text/html")
    server.reply("/quick", HTML, content_type="text/html")
    other = server.base.replace("127.0.0.1", "localhost")
    assert host_of(other) != host_of(server.base)
    now = datetime.now(UTC)
    request_pages(log, [f"{server.base}/slow?{n}" for n in range(2)], "Slow", now)
    request_pages(log, [f"{other}/quick?{n}" for n in range(4)], "Quick", now)
    settings = replace(SETTINGS, watched_pages=100)
    order: list[str] = []

    def is_done() -> bool:
        order[:] = [r.source for r in sorted(raws(log), key=lambda r: r.fetched_at)]
        return len(order) == 6

    run(WebProducer(log, settings, texts=PageTexts(read, 1.5)), is_done, 40.0)
    assert order[:4] == ["Quick"] * 4
    assert len([p for p in pages(log) if p.source == "Quick"]) == 4, "they are watched"
    assert [p for p in pages(log) if p.source == "Slow"] == []
