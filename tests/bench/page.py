"""The page over 100,000 claims, on both stores: `python -m tests.bench.page`.

Server time of the first paint and of filters, as the page itself says it (Server-Timing); and how long after a claim
went to the store and the log a browser that listens has it. The baseline is a request that does nothing (/healthz).
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import aiohttp
import msgspec

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.log import Message, open_settings_log
from claimwire.records.base import encode
from claimwire.records.claims import Claim
from claimwire.records.sightings import Sighting
from claimwire.records.stories import Cluster, Story
from claimwire.records.vocabulary import Verdict
from claimwire.store import Document
from claimwire.store.drivers import open_settings_store
from console.web.serve import PageServer
from deploy.teststack.servers import Missing, start_elasticsearch
from sinks.search.documents import document_of
from tests.bench.report import report
from tests.page.conftest import Site, free_port

CLAIMS, STORIES, TRIES = 100_000, 2_000, 15
SOURCES = [f"Paper {n}" for n in range(60)]
KINDS = ("CASUALTY", "ASSAULT", "DISASTER", "ELECTION", "LEGAL", "CONSULT", "SITUATION", "AID")
PLACES = ("Valdivia", "Lublin", "Tartu", "Porto", "Osorno", "Brno", "Aarhus", "Gyumri")
WORDS = "river dam council vote army train court fire bridge school harbour strike budget storm clinic road".split()


def sightings(count: int, start: datetime) -> Iterator[Sighting]:
    """Claims of a month, most of them repeats; the same on every run."""
    draw = random.Random(7)
    for number in range(count):
        seen = start + timedelta(seconds=number * 26)
        story = f"story{draw.randrange(STORIES)}"
        words = " ".join(draw.choices(WORDS, k=14))
        claim = Claim(
            claim_id=f"claim{number}", start=0, end=len(words), content=0, sentence_start=0, sentence_end=len(words) + 1,
            claimant=(f"Minister {draw.randrange(300)}",), cue="said", event_type=draw.choice(KINDS),
            places=tuple(draw.sample(PLACES, k=draw.randrange(3))),
        )  # fmt: skip
        yield Sighting(
            claim_id=claim.claim_id, cluster_id=f"cluster{number // 3}", story_id=story, article_id=f"article{number // 12}",
            revision_id="r", url=None, source=draw.choice(SOURCES), lane="live", language="en", fetched_at=seen,
            first_seen_at=seen, published_at=seen, title=f"{words[:40]}", sentence=f"{words}.", evidence=words, claim=claim,
            verdict=draw.choices(list(Verdict), (1, 4, 20, 45, 30))[0], why="no earlier claim of the story is similar enough",
        )  # fmt: skip


def documents(found: list[Sighting]) -> Iterator[Document]:
    """The claims, their clusters and their stories."""
    yield from map(document_of, found)
    stories = {s.story_id: s for s in found}
    for ident, last in stories.items():
        story = Story(
            story_id=ident, lane="live", language="en", title=last.title, articles=9, sources=tuple(SOURCES[:5]),
            first_seen_at=last.first_seen_at, last_seen_at=last.first_seen_at,
        )  # fmt: skip
        yield document_of(story)
    for last in {s.cluster_id: s for s in found}.values():
        cluster = Cluster(
            cluster_id=last.cluster_id, story_id=last.story_id, lane="live", language="en", event_type=last.claim.event_type,
            evidence=last.evidence, sightings=3, claimants=last.claim.claimant, sources=tuple(SOURCES[:3]), values=(),
            modalities=("asserted",), first_seen_at=last.first_seen_at, last_seen_at=last.first_seen_at,
        )  # fmt: skip
        yield document_of(cluster)


def paint(site: Site, path: str) -> tuple[float, float]:
    """Milliseconds on the server: of the first request, and the median of the next."""
    times = [float(site.get(path).headers["server-timing"].partition("dur=")[2]) for _ in range(TRIES)]
    return times[0], statistics.median(times[1:])


def nothing(site: Site) -> float:
    """Milliseconds of a whole request that does nothing."""
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        site.get("/healthz")
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


async def arrivals(site: Site, rounds: int) -> list[float]:
    """Seconds from the moment when a claim is in the store and the log to the browser's having it."""
    log, store = open_settings_log(site.settings), open_settings_store(site.settings)
    found = []
    async with aiohttp.ClientSession() as session, session.get(f"{site.base}/stream") as answer:
        await asyncio.sleep(1)
        for number, sighting in enumerate(sightings(rounds, datetime.now(UTC))):
            told = msgspec.structs.replace(sighting, claim_id=f"live{number}", verdict=Verdict.NEW)
            told = msgspec.structs.replace(told, claim=msgspec.structs.replace(told.claim, claim_id=told.claim_id))
            await asyncio.to_thread(store.write, [document_of(told)])
            await asyncio.to_thread(log.publish, [Message(topics.CLAIMS.name, told.cluster_id, encode(told))])
            began = time.perf_counter()
            while f'"claim_id":"{told.claim_id}"'.encode() not in await answer.content.readline():
                pass
            found.append(time.perf_counter() - began)
            await asyncio.sleep(random.random() / 2)
    log.close()
    store.close()
    return found


def measure(name: str, settings: Settings) -> None:
    """All figures of one store."""
    store = open_settings_store(settings)
    store.setup()
    found = list(sightings(CLAIMS, datetime.now(UTC) - timedelta(seconds=26 * CLAIMS)))
    batch: list[Document] = []
    for document in documents(found):
        batch.append(document)
        if len(batch) == 2000:
            assert store.write(batch) == []
            batch = []
    assert store.write(batch) == []
    store.refresh()
    store.close()
    log = open_settings_log(settings)
    log.ensure_topics(topics.TOPICS)
    log.close()
    server = PageServer(settings)
    server.start()
    site = Site(settings)
    site.await_ready()
    base = nothing(site)
    paths = {
        "first paint": "/", "one source": f"/?source={quote(SOURCES[3])}", "two verdicts": "/?verdict=update&verdict=retraction",
        "rare claimant and place": "/?claimant=Minister+7&places=Porto", "common word": "/?q=river",
        "phrase": "/?q=%22river+dam+council%22", "last day": "/?since=24h", "a story": f"/stories/{found[-1].story_id}",
        "stories": "/stories", "a claim": f"/claims/{found[-1].claim_id}", "alerts": "/alerts",
    }  # fmt: skip
    for what, path in paths.items():
        first, usual = paint(site, path)
        report(f"page, {name}, {what}: first", first, "ms", "a request that does nothing", base)
        report(f"page, {name}, {what}: usual", usual, "ms", "a request that does nothing", base)
    waits = asyncio.run(arrivals(site, 30))
    report(f"page, {name}, claim to browser: p95", statistics.quantiles(waits, n=20)[18], "s", "one second", 1.0)
    server.close()


def main() -> int:
    """Both stores; Elasticsearch where it can be started."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        settings = Settings(
            broker=f"sqlite:///{place / 'stream.db'}", store=f"sqlite:///{place / 'search.db'}", data_dir=folder,
            page_port=free_port(),
        )  # fmt: skip
        measure("sqlite", settings)
        try:
            server = start_elasticsearch()
        except Missing as missing:
            sys.stderr.write(f"left out: {missing}\n")
            return 0
        measure("elasticsearch", replace(settings, store=f"elasticsearch://{server.address}", page_port=free_port()))
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
