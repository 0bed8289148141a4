"""The revision watch on a fake clock: what is looked at again, what is a revision, and what is gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aiohttp import web

from claimwire import topics
from claimwire.ledger import counts, read_ledger
from claimwire.records.base import decode
from claimwire.records.sightings import Article
from claimwire.records.vocabulary import OutcomeState
from claimwire.text.bodies import unpack_body
from processors.flow import stages
from processors.runners.embedded import StageRunner, drain
from producers.web import WebProducer, request_pages
from tests.producers.test_producers import SETTINGS, pages, raws, run

START = datetime.now(UTC)
WATCHING = replace(SETTINGS, watched_pages=100)
FIRST = "The ministry said on Friday that nine people were killed when the river left its bed near the old bridge."
MENDED = "The ministry said on Saturday that eleven people were killed when the river left its bed near the old bridge."


class Site:
    """One page, as it is now; with `has_ads` its mark-up changes with each request."""

    def __init__(self, server, etag: str | None = None, *, has_ads: bool = False) -> None:
        self.text, self.status, self.asked, self.etag, self.has_ads = FIRST, 200, [], etag, has_ads
        server.routes["/a"] = self.answer
        self.url = f"{server.base}/a"

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.headers))
        if self.status != 200:
            return web.Response(status=self.status)
        if self.etag and request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304)
        nav = f"<nav><p>Most read {len(self.asked)}</p></nav>" if self.has_ads else ""
        body = f"<html><body>{nav}<article><h1>Flood</h1>{''.join(f'<p>{self.text} ({n})</p>' for n in range(4))}</article></body></html>"
        headers = {"ETag": self.etag} if self.etag else {}
        return web.Response(text=body, content_type="text/html", headers=headers)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def look(log, site: Site, clock: Clock, after: timedelta, **settings) -> None:
    """One run of the producer until it has asked for the page once more and noted the answer."""
    clock.now = START + after
    count, before = len(site.asked), pages(log)
    run(
        WebProducer(log, replace(WATCHING, **settings), clock), lambda: len(site.asked) > count and pages(log) != before
    )


def test_other_bytes_are_a_revision_and_the_same_bytes_are_none(log, server):
    site, clock = Site(server), Clock()
    request_pages(log, [site.url], "urls", START)
    look(log, site, clock, timedelta())
    assert [p.next_due - START for p in pages(log)] == [timedelta(hours=1)]
    look(log, site, clock, timedelta(hours=1, minutes=1))
    assert len(raws(log)) == 1
    site.text = MENDED
    look(log, site, clock, timedelta(hours=25))
    first, second = sorted(raws(log), key=lambda r: r.fetched_at)
    assert first.article_id == second.article_id
    assert first.revision_id != second.revision_id
    assert first.first_seen_at == second.first_seen_at
    assert b"eleven" in unpack_body(second.body)
    assert len(read_ledger(log)) == 2
    look(log, site, clock, timedelta(days=7, minutes=1))
    assert (len(site.asked), len(raws(log)), pages(log)) == (4, 2, [])


def test_the_matcher_answers_that_a_look_has_the_same_text_and_the_ledger_counts_it(log, server, tmp_path):
    site, clock = Site(server, has_ads=True), Clock()
    settings = replace(WATCHING, broker=f"sqlite:///{tmp_path / 's.db'}", data_dir=str(tmp_path))
    runners = [StageRunner(stage, log, settings) for stage in stages(settings, ())[:2]]
    request_pages(log, [site.url], "urls", START)
    look(log, site, clock, timedelta())
    look(log, site, clock, timedelta(hours=1, minutes=1))
    assert len(raws(log)) == 2
    drain(runners)
    assert counts(read_ledger(log).values()) == {"opened": 1, "same_text": 1}
    site.text = MENDED
    look(log, site, clock, timedelta(hours=25))
    drain(runners)
    decisions = [decode(m.value, Article) for p in range(4) for m in log.read(topics.ARTICLES, p)]
    assert [a.revision for a in decisions] == [1, 2]
    site.status = 410
    look(log, site, clock, timedelta(days=7, minutes=1))
    drain(runners)
    gone = [decode(m.value, Article) for p in range(4) for m in log.read(topics.ARTICLES, p)][2]
    assert (gone.revision, gone.clean.text) == (3, decisions[1].clean.text)
    assert gone.clean.withdrawn_at == clock.now
    for runner in runners:
        runner.close()


def test_validators_are_sent_and_304_is_no_revision(log, server):
    site, clock = Site(server, etag='"v1"'), Clock()
    request_pages(log, [site.url], "urls", START)
    look(log, site, clock, timedelta())
    look(log, site, clock, timedelta(hours=2))
    assert "If-None-Match" not in site.asked[0]
    assert site.asked[1]["If-None-Match"] == '"v1"'
    assert len(raws(log)) == 1
    assert [p.looks for p in pages(log)] == [2]


def test_a_page_that_is_gone_is_withdrawn_not_forgotten(log, server):
    site, clock = Site(server), Clock()
    request_pages(log, [site.url], "urls", START)
    look(log, site, clock, timedelta())
    site.status = 404
    look(log, site, clock, timedelta(hours=1))
    assert not any(r.withdrawn for r in raws(log)), "one 404 may be a mistake"
    look(log, site, clock, timedelta(hours=2))
    raw = next(r for r in raws(log) if r.withdrawn)
    assert unpack_body(raw.body) == b"", "the text is the matcher's"
    assert pages(log) == []
    assert len(read_ledger(log)) == 2


def test_410_is_believed_at_once_and_other_failures_wait_for_the_next_look(log, server):
    site, clock = Site(server), Clock()
    request_pages(log, [site.url], "urls", START)
    look(log, site, clock, timedelta())
    site.status = 500
    look(log, site, clock, timedelta(hours=1))
    assert [p.looks for p in pages(log)] == [2]
    assert all(o.state is OutcomeState.OPENED for o in read_ledger(log).values())
    site.status = 410
    look(log, site, clock, timedelta(hours=24))
    assert [r.withdrawn for r in sorted(raws(log), key=lambda r: r.fetched_at)] == [False, True]


def test_no_more_pages_are_watched_than_there_is_room_for(log, server):
    site, clock = Site(server), Clock()
    request_pages(log, [site.url], "urls", START)
    look(log, site, clock, timedelta(), watched_pages=0)
    assert pages(log) == []


def test_old_articles_are_not_watched(log, server):
    site, clock = Site(server), Clock()
    request_pages(log, [site.url], "urls", START - timedelta(days=8))
    look(log, site, clock, timedelta())
    assert pages(log) == []
