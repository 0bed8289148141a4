"""Twenty hostile pages in one feed: the pipeline goes on, each is counted once, and the article beside them is indexed."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from claimwire import topics
from claimwire.ledger import read_ledger
from claimwire.log import Log, open_log
from claimwire.records.base import decode
from claimwire.records.feeds import Feed
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState
from producers.tables.feeds_file import import_feeds
from tests.bench.hostile_pages import HEAD, KILLED, PAGES, TAIL, page
from tests.e2e.harness import Processes, wait_until_done
from tests.e2e.test_distributed import environment
from tests.producers.site import Server

pytestmark = pytest.mark.timeout(240)
SIZES = {"attributes": 3_000_000, "": 400_000}
NAMES = [
    "attributes, quoted", "attributes, bare", "attributes with > in their values", "attributes behind <!-->",
    "attributes of many <html> tags", "attributes below the limit of a tag", "nested tables", "nested blockquote with text",
    "<b> that nobody closes", "<br> between letters", "cells below the limit of tags", "one class of many names",
    "paragraphs with a claim each", "one sentence", "one word", "words of a megabyte", "combining marks", "NULs",
    "JSON-LD of brackets", "quotations that nobody closes",
]  # fmt: skip
REJECTED = {"hostile_markup", "no_text", "too_short"}


def feed_of(base: str, items: dict[str, str]) -> str:
    """A feed of teasers; their links are asked for."""
    rows = "".join(
        f"<item><title>{title}</title><link>{base}{path}</link><description>Read on.</description></item>"
        for path, title in items.items()
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title>{rows}</channel></rss>'


def serve(server: Server, names: list[str]) -> tuple[str, str]:
    """A feed of hostile pages and one article, and one of another host that has something new at each poll."""
    article = HEAD + "".join(KILLED.replace("#", str(n)) for n in range(5)) + TAIL
    hostile = {"/article": "Flood in Valdivia"}
    server.reply("/article", article, Content_Type="text/html")
    for number, name in enumerate(names):
        size = next(size for start, size in SIZES.items() if name.startswith(start))
        server.reply(f"/hostile/{number}", page(name, size), Content_Type=PAGES[name].media_type)
        hostile[f"/hostile/{number}"] = f"Flood {number} in Valdivia"
    other, polls = server.base.replace("127.0.0.1", "localhost"), Counter[str]()

    async def growing(_: web.Request) -> web.Response:
        polls["other"] += 1
        items = {f"/quick/{n}": f"The river rose again, report {n}" for n in range(min(8, polls["other"]))}
        return web.Response(text=feed_of(other, items), content_type="application/rss+xml")

    for n in range(8):
        server.reply(
            f"/quick/{n}", article.replace("killed when", f"killed {n} days ago when"), Content_Type="text/html"
        )
    server.routes["/growing"] = growing
    return server.reply("/feed", feed_of(server.base, hostile), Content_Type="application/rss+xml"), f"{other}/growing"


def check(log: Log, env: dict[str, str], folder: Path, names: list[str]) -> None:
    """Run everything on a log until each page has its outcome."""
    log.ensure_topics(topics.TOPICS)
    now, since = datetime.now(UTC), datetime(2020, 1, 1, tzinfo=UTC)
    processes = Processes(folder, env | {"CLAIMWIRE_DATA_DIR": str(folder), "CLAIMWIRE_PAGE_PORT": "0"})
    with Server() as server:
        for url in serve(server, names):
            row = Feed(
                url=url, source=url.rsplit("/", 1)[1], added_at=now, next_due=now, interval=0.3, live_since=since
            )
            import_feeds(log, [row])
        processes.start("all")
        try:
            wait_until_done(log, len(names) + 1 + 8, processes, 180)
        finally:
            statuses = processes.stop()
    assert statuses == {"all": 0}, processes.logs()
    ledger = read_ledger(log)
    assert len(ledger) == len(names) + 1 + 8
    ends = [
        decode(m.value, Outcome)
        for p in range(topics.OUTCOMES.partitions)
        for m in log.read(topics.OUTCOMES, p)
        if m.value
    ]
    final = Counter((o.article_id, o.revision_id) for o in ends if o.state is not OutcomeState.OPENED)
    assert set(final.values()) == {1}, "each is counted once"
    kept = {o.state for o in ledger.values() if not (o.url or "").count("/hostile/")}
    assert kept <= {OutcomeState.INDEXED, OutcomeState.DUPLICATE}
    by_page = {o.url: o for o in ledger.values()}
    assert next(o.state for url, o in by_page.items() if url and url.endswith("/article")) is OutcomeState.INDEXED
    refused = [o for url, o in by_page.items() if url and "/hostile/" in url and o.state is OutcomeState.REJECTED]
    assert len(refused) >= 2
    assert {o.reason for o in refused} <= REJECTED
    assert sum(log.ends(topics.DEADLETTERS).values()) == 0


def test_the_embedded_pipeline_goes_on(tmp_path):
    log = open_log(f"sqlite:///{tmp_path / 'stream.db'}", "claimwire")
    env = {
        "CLAIMWIRE_BROKER": f"sqlite:///{tmp_path / 'stream.db'}", "CLAIMWIRE_STORE": f"sqlite:///{tmp_path / 'search.db'}",
        "CLAIMWIRE_ALLOW_PRIVATE_ADDRESSES": "true", "CLAIMWIRE_POLL_MIN": "0.3", "CLAIMWIRE_HOST_INTERVAL": "0",
        "CLAIMWIRE_HOST_INFLIGHT": "8",
    }  # fmt: skip
    check(log, env, tmp_path, NAMES)
    log.close()


@pytest.mark.servers
def test_the_workers_on_kafka_go_on(kafka, elasticsearch, namespace, tmp_path):
    log = open_log(f"kafka://{kafka.host_port}", namespace)
    check(log, environment(namespace, kafka, elasticsearch), tmp_path, NAMES[::3])
    log.close()
