"""The pollers on a real site and an embedded log: what is published, noted, retried and rejected."""

import asyncio
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ConfigError
from claimwire.ledger import counts, maybe_lost, read_ledger
from claimwire.log.sqlite import SqliteLog
from claimwire.records.articles import RawArticle
from claimwire.records.base import decode
from claimwire.records.feeds import Feed, Page
from claimwire.records.outcomes import Outcome
from claimwire.runtime import metrics
from claimwire.text.bodies import unpack_body
from producers.rss import RssProducer
from producers.tables.feeds_file import import_feeds, read_feeds
from producers.web import WebProducer, request_pages
from tests.producers.test_feeds import item, rss

SETTINGS = Settings(
    allow_private_addresses=True, poll_min=0.2, host_interval=0.0, fetch_timeout=1.5, page_attempts=2, max_page_bytes=200_000,
    max_feed_bytes=200_000, watched_pages=0,
)  # fmt: skip
HTML = (
    "<html><body><article><p>The ministry said that nine people were killed in the flood.</p></article></body></html>"
)
SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def follow(log: SqliteLog, *urls: str, **fields) -> None:
    now = datetime.now(UTC)
    base = {"source": "Paper", "added_at": now, "next_due": now, "interval": 0.2, "live_since": SINCE}
    import_feeds(log, [Feed(url=url, **(base | fields)) for url in urls])


def run(producer, until, seconds: float = 60.0) -> None:
    """Run a producer until a condition holds; it need not hold any more when the producer has stopped."""
    stop, held = threading.Event(), False

    async def watched() -> None:
        task = asyncio.create_task(producer.run(stop))
        deadline = time.monotonic() + seconds
        nonlocal held
        while not (held := until()) and time.monotonic() < deadline and not task.done():
            await asyncio.sleep(0.05)
        stop.set()
        await task

    asyncio.run(watched())
    assert held or until(), "the condition never held"


def feed(log: SqliteLog, url: str) -> Feed:
    return decode(log.snapshot(topics.FEEDS)[url].value, Feed)


def raws(log: SqliteLog) -> list[RawArticle]:
    return [decode(m.value, RawArticle) for p in range(12) for m in log.read(topics.RAW, p)]


def pages(log: SqliteLog) -> list[Page]:
    return [decode(m.value, Page) for m in log.snapshot(topics.PAGES).values()]


def test_summaries_ask_for_pages_and_full_texts_are_articles(log, server):
    full = "&lt;p&gt;" + "Long text of the article. " * 80 + "&lt;/p&gt;"
    url = server.reply(
        "/feed", rss(item(1), item(2, description=full)), ETag='"v1"', Content_Type="application/rss+xml"
    )
    follow(log, url)
    by_our_own = metrics.FEEDS_PARSED.labels("fast")
    before = by_our_own._value.get()
    # A poll later it is "unchanged".
    run(RssProducer(log, SETTINGS), lambda: feed(log, url).status in ("ok", "unchanged"))
    assert by_our_own._value.get() == before + 1
    assert [p.url for p in pages(log)] == ["https://paper.example/1"]
    article = raws(log)[0]
    assert (article.url, article.body_source, article.lane, article.backfill) == (
        "https://paper.example/2",
        "entry",
        "live",
        False,
    )
    assert b"Long text" in unpack_body(article.body)
    assert counts(read_ledger(log).values()) == {"opened": 2}
    row = feed(log, url)
    assert (row.etag, row.entries_total, row.failures) == ('"v1"', 2, 0.0)


def test_conditional_get_and_unchanged_bodies_publish_nothing_again(log, server):
    body = rss(item(1))

    async def handler(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == 'W/"v1"':
            return web.Response(status=304, headers={"Last-Modified": "odd format"})
        return web.Response(body=body, headers={"ETag": 'W/"v1"', "Content-Type": "application/rss+xml"})

    server.routes["/feed"] = handler
    plain = server.reply("/plain", body, Content_Type="application/rss+xml")
    follow(log, f"{server.base}/feed", plain)
    done = lambda: feed(log, f"{server.base}/feed").status == "not_modified" and feed(log, plain).status == "unchanged"  # noqa: E731
    run(RssProducer(log, SETTINGS), done)
    assert feed(log, f"{server.base}/feed").etag == 'W/"v1"'
    assert feed(log, f"{server.base}/feed").last_modified == "odd format"
    assert len(pages(log)) == 1
    assert len(read_ledger(log)) == 1


def test_an_edited_entry_is_a_new_revision_of_the_same_article(log, server):
    url = server.reply("/feed", rss(item(1)), Content_Type="application/rss+xml")
    follow(log, url)
    producer = RssProducer(log, SETTINGS)
    edited = threading.Event()

    def until() -> bool:
        if len(read_ledger(log)) == 1 and not edited.is_set():
            server.reply("/feed", rss(item(1, description="Corrected.")), Content_Type="application/rss+xml")
            edited.set()
        return len(read_ledger(log)) == 2

    run(producer, until)
    keys = list(read_ledger(log))
    assert keys[0][0] == keys[1][0]
    assert keys[0][1] != keys[1][1]


def test_what_is_older_than_a_day_at_the_first_poll_is_back_fill(log, server):
    url = server.reply(
        "/feed", rss(item(1, pubDate="Fri, 20 Nov 2020 08:00:00 GMT")), Content_Type="application/rss+xml"
    )
    follow(log, url, live_since=None)
    run(RssProducer(log, SETTINGS), lambda: len(pages(log)) == 1)
    assert (pages(log)[0].lane, pages(log)[0].backfill) == ("2020-11", True)


def slow(seconds: float):
    async def handler(_: web.Request) -> web.Response:
        await asyncio.sleep(seconds)
        return web.Response()

    return handler


@pytest.mark.timeout(180)
def test_bad_feeds_are_named_and_the_good_one_goes_on(log, server, closed_port):
    server.routes["/slow"] = slow(30)
    bomb = b"<rss version='2.0'><channel><item><title>" + b"<!-- " * 40_000 + b"</title></item></channel></rss>"
    expected = {
        server.reply("/html", "<!doctype html><html>Moved</html>", Content_Type="text/html"): "not_a_feed",
        server.reply("/empty", b"", Content_Type="application/rss+xml"): "empty",
        server.reply("/huge", b"<rss>" + b"x" * 300_000, Content_Type="application/rss+xml"): "too_large",
        server.reply("/gone", status=410): "gone",
        server.reply("/missing", status=404): "not_found",
        server.reply("/error", status=500): "http_status",
        server.reply("/busy", status=429, Retry_After="3000"): "rate_limited",
        server.reply("/loop", status=301, Location="/loop"): "too_many_redirects",
        f"{server.base}/slow": "timed_out",
        f"http://127.0.0.1:{closed_port}/feed": "connection_failed",
        "http://no-such-host.invalid/feed": "dns",
    }
    good = server.reply("/good", rss(item(1)), Content_Type="application/rss+xml")
    wrong = server.reply(
        "/wrong", rss(item(2, title="Café")).decode().encode("latin-1"), Content_Type="text/xml; charset=utf-8"
    )
    evil = server.reply("/bomb", bomb, Content_Type="application/rss+xml")
    follow(log, good, wrong, evil, *expected)
    polled = lambda: all(feed(log, u).last_polled_at for u in (good, wrong, evil, *expected))  # noqa: E731
    run(RssProducer(log, SETTINGS), polled, 60)
    assert {u: feed(log, u).status for u in expected} == expected
    assert feed(log, good).status in ("ok", "unchanged")
    assert feed(log, wrong).status in ("ok", "unchanged")
    assert "Café" in {p.title for p in pages(log)}
    assert feed(log, f"{server.base}/gone").disabled
    assert not feed(log, f"{server.base}/missing").disabled
    assert feed(log, f"{server.base}/busy").next_due > datetime.now(UTC) + timedelta(seconds=2500)
    for url in expected:
        assert feed(log, url).error
        assert feed(log, url).failures > 0


@pytest.mark.timeout(180)
def test_a_cpu_bomb_is_killed_and_other_feeds_are_not_delayed(log, server, monkeypatch):
    import producers.rss

    monkeypatch.setattr(producers.rss, "PARSE_SECONDS", 1.0)
    bomb = b"<rss version='2.0'><channel><item>&bad;" + b"<strange></strange>" * 600_000
    evil = server.reply("/bomb", bomb, Content_Type="application/rss+xml")
    good = server.reply("/good", rss(item(1)), Content_Type="application/rss+xml")
    follow(log, good, evil)
    settings = replace(SETTINGS, max_feed_bytes=20_000_000)
    producer = RssProducer(log, settings)
    # The children's start is not the bomb's time.
    producer._pool._start_timeout = 8.0
    run(
        producer, lambda: feed(log, evil).status != "never_polled" and feed(log, good).status in ("ok", "unchanged"), 60
    )
    assert feed(log, evil).status == "parse_timeout"


def test_pages_are_fetched_and_the_request_is_done(log, server):
    server.reply("/a", HTML, Content_Type="text/html; charset=utf-8")
    assert request_pages(log, [f"{server.base}/a"], "urls", datetime.now(UTC)) == 1
    run(WebProducer(log, SETTINGS), lambda: len(raws(log)) == 1 and not pages(log))
    article = raws(log)[0]
    assert (article.body_source, article.media_type, article.charset) == ("page", "text/html", "utf-8")
    assert unpack_body(article.body) == HTML.encode()
    assert server.paths() == ["/robots.txt", "/a"]


@pytest.mark.timeout(180)
def test_pages_that_cannot_be_fetched_end_in_one_outcome(log, server):
    server.reply("/robots.txt", "User-agent: *\nDisallow: /private\n")
    server.routes["/slow"] = slow(30)
    expected = {
        server.reply("/gone", status=410): "gone",
        server.reply("/missing", status=404): "gone",
        server.reply("/huge", b"x" * 300_000, Content_Type="text/html"): "too_large",
        server.reply("/pdf", b"%PDF-1.7", Content_Type="application/pdf"): "not_html",
        server.reply("/error", status=500): "unreachable",
        server.reply("/private/a", HTML): "robots",
        f"{server.base}/slow": "timed_out",
    }
    request_pages(log, expected, "urls", datetime.now(UTC))
    run(WebProducer(log, SETTINGS), lambda: not pages(log), 60)
    ledger = {o.url: o for o in read_ledger(log).values()}
    assert {u: (o.state.value, o.reason) for u, o in ledger.items()} == {
        u: ("rejected", r) for u, r in expected.items()
    }
    assert raws(log) == []


def test_a_page_that_is_away_leaves_its_summary(log, server):
    url = server.reply(
        "/feed", rss(item(1, link=f"{server.base}/gone", description="Nine people were killed in the flood on Friday."))
    )
    server.reply("/gone", status=404)
    follow(log, url)
    run(RssProducer(log, SETTINGS), lambda: len(pages(log)) == 1)
    run(WebProducer(log, SETTINGS), lambda: len(raws(log)) == 1)
    article = raws(log)[0]
    assert (article.body_source, article.media_type) == ("summary", "text/plain")
    assert unpack_body(article.body) == b"Nine people were killed in the flood on Friday."


def test_a_page_that_was_cut_off_is_tried_again(log, server):
    server.raw_reply = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<html>short"
    request_pages(log, [f"{server.raw_base}/a"], "urls", datetime.now(UTC))
    run(WebProducer(log, SETTINGS), lambda: not pages(log))
    outcome = next(iter(read_ledger(log).values()))
    assert (outcome.state.value, outcome.reason) == ("rejected", "unreachable")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[feed]]\nurl = "https://a.example/"', "feeds.toml:1: source: is missing; expected the name of the outlet"),
        ('[[feed]]\nurl = "file:///etc"\nsource = "x"', "feeds.toml:2: url:"),
        (
            '[[feed]]\nurl = "https://a.example/"\nsource = "x"\ninterval = "often"',
            "feeds.toml:4: interval: expected seconds, got 'often'",
        ),
        ('[[feed]]\nurl = "https://a.example/"\nsource = "x"\nintervall = 3', "feeds.toml:4: intervall: no such key"),
        (
            '[[feed]]\nurl = "https://a.example/"\nsource = "x"\nsince = "now"',
            "feeds.toml:4: since: expected a date, got 'now'",
        ),
        ("[[feed]\n", "feeds.toml:1: syntax:"),
        ('[feed]\nurl = "x"', "feeds.toml:1: feed: write [[feed]]"),
    ],
)
def test_mistakes_in_the_feeds_file(tmp_path, text, message):
    file = tmp_path / "feeds.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_feeds(str(file), datetime.now(UTC))
    assert message in str(caught.value)


def test_the_feeds_that_come_with_the_program(log):
    found = read_feeds(str(Path(__file__).resolve().parents[2] / "seeds/feeds.toml"), datetime.now(UTC))
    assert len(found) >= 30
    assert len({f.url for f in found}) == len(found)
    assert import_feeds(log, found) == len(found)
    assert import_feeds(log, found) == 0


def test_outcomes_are_opened_before_anything_is_fetched(log, server):
    url = server.reply("/feed", rss(item(1)), Content_Type="application/rss+xml")
    follow(log, url)
    run(RssProducer(log, SETTINGS), lambda: len(pages(log)) == 1)
    line = next(decode(m.value, Outcome) for p in range(4) for m in log.read(topics.OUTCOMES, p))
    assert (line.state.value, line.stage, line.url) == ("opened", "rss", "https://paper.example/1")


def test_a_full_window_of_new_entries_has_a_line_of_its_own_in_the_ledger(log, server):
    count = 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal count
        count += 1
        return web.Response(body=rss(*(item(10 * count + n) for n in range(5))), headers={"Content-Type": "text/xml"})

    server.routes["/feed"] = handler
    follow(log, f"{server.base}/feed")
    run(RssProducer(log, SETTINGS), lambda: bool(maybe_lost(read_ledger(log).values())))
    line = maybe_lost(read_ledger(log).values())[0]
    assert (line.stage, line.url) == ("rss", f"{server.base}/feed")
    assert line.reason == "all 5 entries are new: entries may have been lost between polls"
    assert counts(read_ledger(log).values())["opened"] >= 10
    assert "maybe_lost" not in counts(read_ledger(log).values())
