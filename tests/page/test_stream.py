"""The stream of claims: without gaps over what goes away, for many browsers and slow ones."""

import asyncio
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from claimwire import topics
from claimwire.log import Message, open_settings_log
from claimwire.records.base import encode
from claimwire.records.claims import Claim
from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import ReportReason, Verdict
from console.queries.claim_filter import ClaimFilter
from console.web import stream
from console.web.serve import PageServer
from tests.page.conftest import Site, free_port, publish, served

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def sighting(number: int, **fields) -> Message:
    claim = Claim(claim_id=f"c{number}", start=0, end=4, content=0, sentence_start=0, sentence_end=9, claimant=("Mayor",),
                  cue="said", event_type="CASUALTY", places=("Valdivia",))  # fmt: skip
    told = {
        "claim_id": f"c{number}", "cluster_id": f"k{number}", "story_id": "s", "article_id": "a", "revision_id": "r", "url": None,
        "source": "Paper", "lane": "live", "language": "en", "fetched_at": NOW, "first_seen_at": NOW, "published_at": NOW,
        "title": "Flood", "sentence": f"Four died {number}.", "evidence": "Four", "claim": claim, "verdict": Verdict.NEW, "why": "new",
    }  # fmt: skip
    return Message(topics.CLAIMS.name, f"k{number}", encode(Sighting(**(told | fields))))


@pytest.fixture
def quiet(tmp_path):
    """A page over an empty log."""
    from claimwire.config.settings import Settings

    settings = Settings(
        broker=f"sqlite:///{tmp_path / 'stream.db'}", store=f"sqlite:///{tmp_path / 'search.db'}", page_port=free_port()
    )
    publish(settings)
    server = PageServer(settings)
    server.start()
    site = Site(settings)
    site.await_ready()
    yield site
    server.close()


async def listen(
    site: Site, count: int, *, query: str = "", last: str = "", seconds: float = 45.0
) -> list[tuple[str, dict]]:
    """(id, data) of the next claims of the stream."""
    found: list[tuple[str, dict]] = []
    headers = {"Last-Event-ID": last} if last else {}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{site.base}/stream?{query}", headers=headers) as answer,
    ):
        assert answer.status == 200
        ident, kind = "", ""
        deadline = time.monotonic() + seconds
        while len(found) < count:
            line = await asyncio.wait_for(answer.content.readline(), deadline - time.monotonic())
            name, _, value = line.decode().rstrip("\n").partition(": ")
            ident = value if name == "id" else ident
            kind = value if name == "event" else kind
            if name == "data" and kind == "claim":
                found.append((ident, json.loads(value)))
            if name == "data" and kind == "reload":
                found.append((ident, {"claim_id": "reload"}))
    return found


def names(found) -> list[str]:
    return [data["claim_id"] for _, data in found]


def test_who_comes_back_misses_nothing_and_gets_nothing_twice(quiet):
    """Over every cut: before the first claim, between two, after the last; also of another process's stream."""
    publish(quiet.settings, *(sighting(n) for n in range(40)))
    start = ".".join("0" * topics.CLAIMS.partitions)
    whole = asyncio.run(listen(quiet, 40, query=f"from={start}"))
    assert sorted(names(whole)) == sorted(f"c{n}" for n in range(40))
    for cut in (0, 1, 17, 38):
        rest = asyncio.run(listen(quiet, 39 - cut, last=whole[cut][0]))
        assert set(names(whole[: cut + 1])) | set(names(rest)) == {f"c{n}" for n in range(40)}
        assert len(rest) == 39 - cut
    other = PageServer(replace(quiet.settings, page_port=free_port()))
    other.start()
    second = Site(replace(quiet.settings, page_port=int(other.address.rsplit(":", 1)[1])))
    second.await_ready()
    rest = asyncio.run(listen(second, 22, last=whole[17][0]))
    assert set(names(whole[:18])) | set(names(rest)) == {f"c{n}" for n in range(40)}
    other.close()


def test_what_does_not_fit_moves_the_place_on(quiet):
    """A filter that fits nothing: who comes back need not read all of it again."""

    async def place() -> str:
        async with aiohttp.ClientSession() as session, session.get(f"{quiet.base}/stream?source=Nobody") as answer:
            while True:
                line = (await asyncio.wait_for(answer.content.readline(), 15)).decode()
                if line.startswith("id: ") and sum(map(int, line[4:].split("."))) == 30:
                    return line[4:].strip()

    async def both() -> str:
        waiting = asyncio.create_task(place())
        await asyncio.sleep(0.5)
        await asyncio.to_thread(publish, quiet.settings, *(sighting(n) for n in range(30)))
        return await waiting

    assert asyncio.run(both())


def test_the_stream_has_what_the_filter_has(quiet):
    publish(
        quiet.settings,
        sighting(1), sighting(2, verdict=Verdict.REPEAT, reported=False, reason=ReportReason.REPEAT), sighting(3, source="Other"),
        sighting(4, sentence="The dam broke."), sighting(5, backfill=True), Message(topics.CLAIMS.name, "k6", b"{"),
        Message(topics.CLAIMS.name, "k7", None),
    )  # fmt: skip
    start = f"from={'.'.join('0' * topics.CLAIMS.partitions)}"
    for query, expected in (
        ("", {"c1", "c3", "c4"}),
        ("&source=Other", {"c3"}),
        ("&q=DAM", {"c4"}),
        ("&verdict=repeat", {"c2"}),
        ("&places=Valdivia&event_type=CASUALTY&claimant=Mayor&q=%22four+died%22", {"c1", "c3"}),
    ):
        found = asyncio.run(listen(quiet, len(expected), query=start + query))
        assert set(names(found)) == expected, query


@pytest.mark.parametrize(("kept", "read_back", "reaches"), [(10, 1000, False), (1000, 2, False), (1000, 1000, True)])
def test_who_was_away_for_longer_than_is_kept_loads_the_page_again(quiet, kept, read_back, reaches):
    publish(quiet.settings, *(sighting(n) for n in range(20)))
    hub = stream.Hub(lambda: open_settings_log(quiet.settings), kept, read_back)
    hub.start()

    async def first() -> list[str]:
        found = []
        async for event, _ in hub.events((0,) * topics.CLAIMS.partitions, ClaimFilter()):
            if event is not None:
                found.append(event.sighting.claim_id)
            if len(found) == 20:
                break
        return found

    assert sorted(asyncio.run(asyncio.wait_for(first(), 20))) == (sorted(f"c{n}" for n in range(20)) if reaches else [])
    hub.close()


def test_what_is_told_while_the_hub_reads_back_is_no_news(quiet):
    """A client that comes without an id gets what comes from now on, not what is read back."""
    publish(quiet.settings, *(sighting(n) for n in range(20)))
    hub = stream.Hub(lambda: open_settings_log(quiet.settings))
    hub.start()

    async def first() -> str:
        async for event, after in hub.events(None, ClaimFilter()):
            if event is not None:
                return event.sighting.claim_id
            if after:
                await asyncio.to_thread(publish, quiet.settings, sighting(99))
        return ""

    assert asyncio.run(asyncio.wait_for(first(), 20)) == "c99"
    hub.close()


def test_two_hundred_browsers_and_one_that_does_not_read(quiet):
    """All get all, each within a second or so of being published; the one that does not read holds up nobody."""

    async def run() -> list[list[str]]:
        timeout = aiohttp.ClientTimeout(total=60)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            asleep = await session.get(f"{quiet.base}/stream", read_bufsize=1)
            listening = [asyncio.create_task(listen(quiet, 100, seconds=50)) for _ in range(200)]
            await asyncio.sleep(3)
            for start in range(0, 100, 10):
                await asyncio.to_thread(publish, quiet.settings, *(sighting(n) for n in range(start, start + 10)))
            found = [names(await task) for task in listening]
            asleep.close()
            return found

    for found in asyncio.run(run()):
        assert sorted(found) == sorted(f"c{n}" for n in range(100))


def test_more_browsers_than_there_is_room_for(quiet, monkeypatch):
    from console.web import app

    monkeypatch.setattr(app, "MOST_BROWSERS", 0)
    answer = quiet.get("/stream")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "30"


def test_the_filter_in_words_and_in_addresses():
    wanted = ClaimFilter.of([("q", "dam"), ("source", "A"), ("source", "B"), ("since", "2d"), ("verdict", "")])
    assert ClaimFilter.of([tuple(p.split("=")) for p in wanted.query().split("&")]) == wanted
    assert wanted.span(NOW).since == NOW - timedelta(days=2)
    assert ClaimFilter.of([("since", "2026-11-20")]).span(NOW).since == datetime(2026, 11, 20, tzinfo=UTC)
    assert wanted.query(source="", since="") == "q=dam"


@pytest.mark.servers
def test_the_page_on_kafka(kafka, namespace, tmp_path):
    """Stream, resumption, feeds, ledger and marks over a real broker."""
    from claimwire.config.settings import Settings

    settings = Settings(
        broker=f"kafka://{kafka.host_port}",
        namespace=namespace,
        store=f"sqlite:///{tmp_path / 'search.db'}",
        page_port=free_port(),
    )
    publish(settings, *(sighting(n) for n in range(10)))
    for site in served(settings):
        whole = asyncio.run(listen(site, 10, query=f"from={'.'.join('0' * topics.CLAIMS.partitions)}"))
        assert sorted(names(whole)) == sorted(f"c{n}" for n in range(10))
        rest = asyncio.run(listen(site, 6, last=whole[3][0]))
        assert set(names(whole[:4])) | set(names(rest)) == set(names(whole))

        async def live(site: Site) -> list[str]:
            waiting = asyncio.create_task(listen(site, 1))
            await asyncio.sleep(1)
            await asyncio.to_thread(publish, settings, sighting(99))
            return names(await waiting)

        assert asyncio.run(live(site)) == ["c99"]
        assert site.get("/readyz").status == 200
        assert site.get("/feeds.json").json["feeds"] == []
        assert site.get("/ledger.json").json["total"] == 0
        assert site.get("/stories.json").json["stories"] == []
