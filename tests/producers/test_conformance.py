"""The acceptance list of feeds, a test for each row, input beside expectation; `conformance.py` writes the table.

A test's name begins with its row: h = HTTP, e = encodings, f = formats. Rows without a test are not met.
"""

import gzip
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import brotli
import pytest
import zstandard
from aiohttp import web

from claimwire import topics
from claimwire.errors import FetchError, ParseError
from claimwire.ids import article_id, canonical_url
from claimwire.log.sqlite import SqliteLog
from claimwire.messages import message_of
from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode
from claimwire.records.feeds import Feed
from claimwire.text.dates import parse_date
from processors.analysis import analyse
from processors.clean.language import language_of
from producers.articles import article_of_entry, article_of_summary, page_of
from producers.feeds.discover import feed_address, feeds_of_header, feeds_of_page, usual_feeds
from producers.feeds.entries import MAX_TITLE, entry_url, usable_date
from producers.feeds.opml import read_opml
from producers.feeds.parse import MAX_ENTRIES, FeedBytes, ParsedFeed, parse_feed, parsed_or_failure
from producers.rss import RssProducer
from producers.tables.polls import entries_seen, failed, polled, request_headers
from producers.tables.schedule import failure_weight
from tests.producers import test_websub
from tests.producers.conformance import HEAD, TABLE, rows_of
from tests.producers.test_feeds import item, rss
from tests.producers.test_fetch import fetch
from tests.producers.test_fetch import test_a_slow_body_and_a_silent_server_time_out as test_h20_slow_bodies_and_headers  # noqa: F401
from tests.producers.test_fetch import (
    test_no_packet_reaches_a_private_address as test_h26_no_packet_to_private_addresses,  # noqa: F401
)
from tests.producers.test_polls import NOW, Seen, after, answer
from tests.producers.test_polls import SETTINGS as POLLING
from tests.producers.test_polls import feed as row_of
from tests.producers.test_producers import SETTINGS, feed, follow, pages, raws, run
from tests.producers.test_producers import (
    test_a_cpu_bomb_is_killed_and_other_feeds_are_not_delayed as test_f26_a_cpu_bomb_is_killed,  # noqa: F401
)

URL = "https://paper.example/news/feed"
RSS = "application/rss+xml"


def parse(body: bytes | str, kind: str = "application/xml", url: str = URL) -> ParsedFeed:
    return parse_feed(FeedBytes(url, body if isinstance(body, bytes) else body.encode(), kind))


def titles(body: bytes | str, kind: str = "application/xml") -> list[str | None]:
    return [e.title for e in parse(body, kind).entries]


def polls(log: SqliteLog, url: str, status: str, **fields) -> None:
    """Poll a feed until a poll of it ends with a status; the next one may have ended with another already."""
    start = log.ends(topics.FEEDS)
    follow(log, url, **fields)

    def found() -> bool:
        rows = (m for p, end in start.items() for m in log.read(topics.FEEDS, p, end))
        return any(m.key == url and m.value and decode(m.value, Feed).status == status for m in rows)

    run(RssProducer(log, SETTINGS), found)


# -- HTTP


def test_h1_an_etag_comes_back_byte_exact_and_304_changes_nothing(log, server):
    async def handler(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"a"':
            return web.Response(status=304)
        return web.Response(body=rss(item(1)), headers={"ETag": '"a"', "Content-Type": RSS})

    server.routes["/feed"] = handler
    url = f"{server.base}/feed"
    polls(log, url, "not_modified")
    assert feed(log, url).etag == '"a"'
    assert len(pages(log)) == 1


def test_h2_a_weak_etag_keeps_its_mark():
    assert request_headers(after(row_of(), 1, etag='W/"a"'), NOW)["If-None-Match"] == 'W/"a"'


def test_h3_last_modified_is_echoed_as_it_is():
    row = after(row_of(), 1, last_modified="sometime on Friday")
    assert request_headers(row, NOW)["If-Modified-Since"] == "sometime on Friday"


def test_h4_a_304_without_etag_keeps_it_and_its_last_modified_is_stored():
    row = polled(after(row_of(), 1, etag='"a"'), answer(304, last_modified="new"), NOW, "not_modified", POLLING)
    assert (row.etag, row.last_modified) == ('"a"', "new")


@pytest.mark.parametrize("header", [{"expires": "0"}, {"cache_control": "no-store"}])
def test_h5_validators_that_may_not_be_stored(header):
    row = after(row_of(), 1, etag='"a"', last_modified="x", **header)
    assert (row.etag, row.last_modified) == (None, None)


def test_h6_same_bytes_are_not_parsed_and_html_stays_a_failure(log, server):
    url = server.reply("/feed", rss(item(1)), Content_Type=RSS)
    polls(log, url, "unchanged")
    page = server.reply("/page", "<html><body>moved</body></html>", Content_Type="text/html")
    follow(log, page)
    run(RssProducer(log, SETTINGS), lambda: feed(log, page).failures >= 2)
    assert feed(log, page).status == "not_a_feed"


def test_h7_a_server_that_always_says_304_is_asked_without_validators_once_a_day():
    row, late = after(row_of(), 1, etag="a"), NOW + timedelta(days=31)
    assert request_headers(row, late) == {}
    assert (
        request_headers(after(row, 0, now=late), late + timedelta(hours=1)) != {}
        or after(row, 0, now=late).etag is None
    )
    assert after(row, 2, now=late).ignores_validators


def test_h8_the_address_is_replaced_after_three_permanent_redirects(log, server):
    new = server.reply("/new", rss(item(1)), Content_Type=RSS)
    old = server.reply("/old", "", 301, Location="/new")
    follow(log, old)
    run(RssProducer(log, SETTINGS), lambda: new in log.snapshot(topics.FEEDS))
    assert list(log.snapshot(topics.FEEDS)) == [new]
    assert server.paths().count("/old") == 3


@pytest.mark.parametrize("status", [302, 303, 307])
def test_h9_other_redirects_are_followed_and_the_address_is_kept(log, server, status):
    server.reply("/new", rss(item(1)), Content_Type=RSS)
    old = server.reply("/old", "", status, Location="/new")
    polls(log, old, "unchanged")
    assert list(log.snapshot(topics.FEEDS)) == [old]
    assert feed(log, old).redirects_seen == 0


def test_h10_a_loop_of_redirects(log, server):
    url = server.reply("/loop", "", 302, Location="/loop")
    polls(log, url, "too_many_redirects")


def test_h11_a_redirect_to_a_feed_that_is_known_leaves_one(log, server):
    new = server.reply("/new", rss(item(1)), Content_Type=RSS)
    old = server.reply("/old", "", 308, Location="/new")
    follow(log, new, old)
    run(RssProducer(log, SETTINGS), lambda: old not in log.snapshot(topics.FEEDS))
    assert list(log.snapshot(topics.FEEDS)) == [new]
    assert len(pages(log)) == 1


def test_h12_410_ends_a_feed_and_404_does_not(log, server):
    gone = server.reply("/gone", "", 410)
    polls(log, gone, "gone")
    assert feed(log, gone).disabled
    row = row_of()
    for _ in range(20):
        row = failed(row, NOW, "not_found", "HTTP 404", POLLING)
    assert not row.disabled
    assert row.next_due - NOW > timedelta(hours=21)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("120", 120, 1000),
        ("315360000", 86_000, 86_400),
        ("soon", 120, 1000),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86_000, 86_400),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_h13_h14_retry_after(server, value, least, most, status):
    with pytest.raises(FetchError) as caught:
        fetch(server.reply("/a", "", status, Retry_After=value))
    row = failed(row_of(), NOW, caught.value.reason, "", POLLING, retry_after=caught.value.retry_after)
    assert least <= (row.next_due - NOW).total_seconds() <= most


def test_h15_a_challenge_has_its_own_word_and_a_long_back_off(server):
    with pytest.raises(FetchError) as caught:
        fetch(server.reply("/a", "<html>", 403, cf_mitigated="challenge", Content_Type="text/html"))
    assert caught.value.reason == "blocked_by_challenge"
    assert failure_weight("blocked_by_challenge") >= 3


def test_h16_hints_of_rhythm():
    sy = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    body = rss(
        item(1), head="<ttl>15</ttl><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"
    )
    parsed = parse(body.replace(b"<rss ", f"<rss {sy} ".encode()))
    assert parsed.hints.interval == 1800
    row = polled(row_of(), answer(cache_control="max-age=3600"), NOW, "ok", POLLING, parsed, Seen(1, 1))
    assert 3240 <= (row.next_due - NOW).total_seconds() <= 3960


def test_h17_hours_that_are_left_out():
    hours = "".join(f"<hour>{h}</hour>" for h in (0, 24, 12))
    parsed = parse(rss(item(1), head=f"<skipHours>{hours}</skipHours><skipDays><day>Sunday</day></skipDays>"))
    assert parsed.hints.skip_hours == {0, 12}
    assert parsed.hints.skip_days == {6}
    every = "".join(f"<hour>{h}</hour>" for h in range(24))
    assert parse(rss(item(1), head=f"<skipHours>{every}</skipHours>")).hints.skip_hours == frozenset()


RAW_DEFLATE = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": ("gzip", gzip.compress(b"<rss/>")),
    "zlib": ("deflate", zlib.compress(b"<rss/>")),
    "deflate": ("deflate", RAW_DEFLATE.compress(b"<rss/>") + RAW_DEFLATE.flush()),
    "br": ("br", brotli.compress(b"<rss/>")),
    "gzip twice": ("gzip", gzip.compress(gzip.compress(b"<rss/>"))),
    "gzip without header": ("", gzip.compress(b"<rss/>")),
    "zstd without header": ("", zstandard.compress(b"<rss/>")),
}


@pytest.mark.parametrize("name", PACKED)
def test_h18_packed_bodies(server, name):
    encoding, body = PACKED[name]
    assert fetch(server.reply("/a", body, **({"Content_Encoding": encoding} if encoding else {}))).body == b"<rss/>"


def test_h18_a_header_without_packing_is_an_error(server):
    with pytest.raises(FetchError) as caught:
        fetch(server.reply("/a", b"<rss/>", Content_Encoding="gzip"))
    assert caught.value.reason == "bad_body"


@pytest.mark.parametrize("header", [{"Content_Encoding": "gzip"}, {}])
def test_h19_a_bomb_is_cut(server, header):
    with pytest.raises(FetchError) as caught:
        fetch(server.reply("/bomb", gzip.compress(b"\0" * 100_000_000), **header))
    assert caught.value.reason == "too_large"


def test_h21_an_empty_answer_is_named(log, server):
    polls(log, server.reply("/feed", b"", Content_Type=RSS), "empty")


def test_h22_a_page_instead_of_a_feed_names_the_feeds_that_it_offers(log, server):
    link = '<link rel="alternate" type="application/rss+xml" href="/rss">'
    url = server.reply("/feed", f"<html><head>{link}</head><body>x</body></html>", Content_Type="text/html")
    polls(log, url, "not_a_feed")
    assert f"it offers {server.base}/rss" in feed(log, url).error
    assert raws(log) == []


@pytest.mark.parametrize("status", [204, 206, 418])
def test_h23_other_statuses_are_errors(server, status):
    with pytest.raises(FetchError) as caught:
        fetch(server.reply("/a", b"", status))
    assert caught.value.reason == "http_status"


def test_h24_few_at_once_and_apart(log, server):
    settings = replace(SETTINGS, host_interval=0.3, host_inflight=2)
    urls = [server.reply(f"/{n}", rss(item(n)), Content_Type=RSS) for n in range(4)]
    follow(log, *urls, interval=60)
    started = datetime.now(UTC)
    run(RssProducer(log, settings), lambda: all(feed(log, u).status == "ok" for u in urls))
    assert (datetime.now(UTC) - started).total_seconds() >= 0.9


def test_h25_kinds_of_failures_weigh_differently():
    assert failure_weight("dns_temporary") == 0.25
    assert failure_weight("dns") == 0.5
    assert failure_weight("http_status") == 1.0


@pytest.mark.parametrize(
    "url", ["http://a\\@b/", "http://user@b.example/", "gopher://b.example/", "http://b.example:22/"]
)
def test_h27_addresses_refused_before_any_look_up(url):
    with pytest.raises(FetchError) as caught:
        fetch(url)
    assert caught.value.reason == "blocked_address"


def test_h28_too_many_and_too_long_headers(server):
    for url in (
        server.reply("/many", b"x", **{f"X_{n}": "y" for n in range(150)}),
        server.reply("/long", b"x", X_Long="y" * 65_536),
    ):
        with pytest.raises(FetchError):
            fetch(url)


def test_h30_226_is_read_like_200_and_what_was_known_stays(log, server):
    async def handler(request: web.Request) -> web.Response:
        if request.headers.get("A-IM") == "feed":
            return web.Response(
                status=226, body=rss(item(2)), headers={"ETag": '"b"', "IM": "feed", "Content-Type": RSS}
            )
        return web.Response(body=rss(item(1)), headers={"ETag": '"a"', "Content-Type": RSS})

    server.routes["/feed"] = handler
    url = f"{server.base}/feed"
    follow(log, url)
    run(RssProducer(log, SETTINGS), lambda: len(pages(log)) == 2)
    assert entries_seen(feed(log, url).seen) == 2


# -- encodings

SMART = "“Été” — café"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_e1_byte_order_marks(codec):
    assert titles(rss(item(1, title=SMART)).decode().encode(codec)) == [SMART]


def test_e2_utf8_wins_over_the_header():
    found = parse(rss(item(1, title=SMART)), "text/xml; charset=iso-8859-1")
    assert [e.title for e in found.entries] == [SMART]
    assert found.is_mislabelled


def test_e3_windows_1252_under_a_prolog_of_utf8():
    body = b'<?xml version="1.0" encoding="utf-8"?>' + rss(item(1, title=SMART)).split(b"?>", 1)[1].decode().encode(
        "windows-1252"
    )
    assert titles(body) == [SMART]


@pytest.mark.parametrize(
    ("codec", "title"),
    [
        ("windows-1251", "Мост закрыт"),
        ("koi8-r", "Мост закрыт"),
        ("euc-jp", "橋が閉鎖"),
        ("gb18030", "大桥关闭"),
        ("big5", "大橋關閉"),
    ],
)
def test_e4_the_prolog_names_the_charset(codec, title):
    body = rss(item(1, title=title)).decode().replace('version="1.0"', f'version="1.0" encoding="{codec}"', 1)
    assert titles(body.encode(codec)) == [title]


def test_e5_text_xml_without_charset_goes_by_the_prolog():
    body = rss(item(1, title="Мост")).decode().replace('version="1.0"', 'version="1.0" encoding="windows-1251"', 1)
    assert titles(body.encode("windows-1251"), "text/xml") == ["Мост"]


def test_e6_one_invalid_byte_costs_one_character():
    body = rss(*(item(n, title=f"Été {n}") for n in range(50)), item(99, title="a@b")).replace(b"a@b", b"a\xffb")
    found = titles(body)
    assert found[:2] == ["Été 0", "Été 1"]
    assert found[-1] == "a\ufffdb"


def test_e7_control_characters_are_dropped():
    assert titles(rss(item(1, title="a@b")).replace(b"a@b", b"a\x01\x0b\xef\xbf\xbeb")) == ["ab"]


def test_e8_html_entities_are_resolved():
    assert titles(rss(item(1, title="caf&eacute;&nbsp;&rsquo;"))) == ["café ’"]


def test_e8_entities_behind_a_document_type():
    declared = '<!ENTITY river "Loire"><!ENTITY dash "&#8212;"><!ENTITY rue \'rue "du" Port\'>'
    for head in (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">',
        f"\n<!DOCTYPE rss [{declared}]>\n", "<!DOCTYPE rss>",
    ):  # fmt: skip
        river = "&river; &dash; &rue;" if "river" in head else 'Loire &mdash; rue "du" Port'
        body = (
            rss(item(1, title=f"M&eacute;t&eacute;o&nbsp;&ndash; {river} &lt; 5 &amp; R&amp;D"))
            .decode()
            .split("?>", 1)[1]
        )
        assert titles(f'<?xml version="1.0"?>{head}{body}'.encode()) == ['Météo – Loire — rue "du" Port < 5 & R&D'], (
            head
        )


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Rents &lt; 700 euros, wages &gt; 1,900", "Rents < 700 euros, wages > 1,900"),
        ("<![CDATA[Loss <€3m, sales >€9m]]>", "Loss <€3m, sales >€9m"),
        ("<![CDATA[Rents <USD700, wages >USD900]]>", "Rents <USD700, wages >USD900"),
        ("<![CDATA[1 <- 2 -> 3]]>", "1 <- 2 -> 3"),
        ("<![CDATA[A <b class='x'>bold</b> one<br/><!-- no -->]]>", "A bold one"),
    ],
)
def test_e8_signs_of_comparison_are_no_tags(title, expected):
    assert titles(rss(item(1, title=title))) == [expected]


def test_e9_escaped_twice_is_unescaped_once_as_text():
    assert titles(rss(item(1, title="A &amp;amp; B"))) == ["A & B"]
    assert titles(rss(item(1, title="A &amp;amp;amp; B"))) == ["A &amp; B"]


def test_e10_composed_and_valid_unicode():
    assert titles(rss(item(1, title="Cafe\u0301 👩‍🚒"))) == ["Café 👩‍🚒"]
    for title in titles(rss(item(1, title="a&#xD83D;&#xDE00;b"))):
        (title or "").encode("utf-8")


# -- formats

CHANNEL = "<title>P</title><link>https://paper.example/</link>"
ATOM03 = (
    '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>P</title><entry><title>T</title><id>i</id>'
    '<link rel="alternate" type="text/html" href="https://paper.example/1"/><issued>2026-11-20T08:00:00Z</issued></entry></feed>'
)
RDF_OPEN = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{}">'
FORMATS = {
    "RSS 0.90": RDF_OPEN.format("http://my.netscape.com/rdf/simple/0.9/")
    + f"<channel>{CHANNEL}</channel><item><title>T</title><link>https://paper.example/1</link></item></rdf:RDF>",
    "RSS 0.91": '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
    f'<rss version="0.91"><channel>{CHANNEL}<item><title>T</title><link>https://paper.example/1</link></item></channel></rss>',
    "RSS 0.92": f'<rss version="0.92"><channel>{CHANNEL}<item><title>T</title><link>https://paper.example/1</link></item></channel></rss>',
    "RSS 1.0": RDF_OPEN.format("http://purl.org/rss/1.0/")
    + f"<channel>{CHANNEL}</channel><item><title>T</title><link>https://paper.example/1</link></item></rdf:RDF>",
    "RSS 2.0": f'<rss version="2.0"><channel>{CHANNEL}<item><title>T</title><link>https://paper.example/1</link></item></channel></rss>',
    "Atom 0.3": ATOM03,
    "Atom 1.0": '<feed xmlns="http://www.w3.org/2005/Atom"><title>P</title><entry><id>i</id><title>T</title>'
    '<link href="https://paper.example/1"/></entry></feed>',
    "JSON Feed 1.0": '{"version": "https://jsonfeed.org/version/1", "title": "P", "items": [{"id": "1", "title": "T", "url": "https://paper.example/1", "content_text": "x"}]}',
    "JSON Feed 1.1": '{"version": "https://jsonfeed.org/version/1.1", "title": "P", "language": "en", "items": [{"id": 1, "title": "T", "url": "https://paper.example/1", "content_html": "<p>x</p>", "authors": [{"name": "A"}]}]}',
    "CDF": '<channel HREF="https://paper.example/"><title>P</title><item HREF="https://paper.example/1"><title>T</title></item></channel>',
}


@pytest.mark.parametrize("name", FORMATS)
def test_f1_formats(name):
    found = parse(FORMATS[name])
    assert [(e.title, e.url) for e in found.entries] == [("T", "https://paper.example/1")]
    assert found.title == "P"


def test_f2_a_feed_cut_off_keeps_what_is_whole():
    whole = rss(*(item(n) for n in range(1, 10)))
    found = parse(whole[: whole.index(b"Title 7") + 3])
    assert [e.title for e in found.entries][:6] == [f"Title {n}" for n in range(1, 7)]
    assert found.is_broken


@pytest.mark.parametrize(
    "body",
    [
        b"\n\n junk " + rss(item(1)),
        rss(item(1, description="Tea & cakes < 5")),
        rss(item(1, description="<b>open"), item(2)),
    ],
)
def test_f3_junk_and_broken_mark_up(body):
    assert titles(body)[0] == "Title 1"


@pytest.mark.parametrize(
    "body",
    [
        rss(item(1)).replace(b"<item>", b"<Item>").replace(b"</item>", b"</Item>"),
        rss(item(1)).replace(b"<description>", b"<odd:thing>x</odd:thing><description>"),
        '<feed><title>P</title><entry><title>Title 1</title><link href="/1"/></entry></feed>',
    ],
)
def test_f4_wrong_names_and_namespaces(body):
    assert titles(body) == ["Title 1"]


def test_f5_relative_links_and_bases():
    assert parse(rss(item(1, link="//other.example/x"))).entries[0].url == "https://other.example/x"
    assert parse(rss(item(1, link="?q=1"))).entries[0].url == "https://paper.example/news/feed?q=1"
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/"><entry xml:base="b/"><id>1</id><title>T</title>'
        '<link xml:base="c/" href="d"/></entry></feed>'
    )
    assert parse(atom).entries[0].url == "https://a.example/b/c/d"


@pytest.mark.parametrize(
    "fields",
    [
        "<guid isPermaLink='true'>https://paper.example/1</guid>",
        "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' href='https://paper.example/1'/>",
        "<link>https://r.example/1</link><feedburner:origLink xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'>"
        "https://paper.example/1</feedburner:origLink>",
        "<guid isPermaLink='false'>x</guid><enclosure url='https://paper.example/1' type='audio/mpeg'/>",
    ],
)
def test_f6_where_a_link_can_be(fields):
    assert parse(rss(f"<item><title>T</title>{fields}</item>")).entries[0].url == "https://paper.example/1"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "", "#", "https://a.example/" + "x" * 2048]
)
def test_f7_links_that_are_none(link):
    assert entry_url(link, URL) is None
    entry = parse(rss(item(1, link=link, guid=""))).entries[0]
    assert entry.url is None
    assert entry.article_id


def test_f8_entries_without_guid():
    by_url, by_text = parse(rss(item(1, guid=""), item(2, guid="", link=""))).entries
    assert by_url.article_id == article_id("https://paper.example/1", URL)
    assert by_text.article_id == parse(rss(item(2, guid="", link=""))).entries[0].article_id


def test_f9_one_guid_for_all():
    found = parse(rss(*(item(n, guid="same", link="") for n in range(3)))).entries
    assert len({e.article_id for e in found}) == 3


def test_f10_a_changed_guid_is_no_new_article():
    first, second = (parse(rss(item(1, guid=g))).entries[0] for g in ("old", "new"))
    assert (first.article_id, first.revision_id) == (second.article_id, second.revision_id)


def test_f11_an_edit_is_a_revision():
    first, second = (parse(rss(item(1, description=d))).entries[0] for d in ("Four dead.", "Five dead."))
    assert first.article_id == second.article_id
    assert first.revision_id != second.revision_id


def test_f12_one_spelling_of_an_address():
    spellings = [
        "http://paper.example/1",
        "https://PAPER.example/1/?utm_source=rss",
        "https://paper.example/1#top",
        "https://paper.example/1/amp",
    ]
    assert len({canonical_url(u) for u in spellings}) == 1


def test_f13_titles_that_are_missing_marked_up_or_long():
    assert titles(rss(item(1, title="&lt;b&gt;Bold&lt;/b&gt; claim"))) == ["Bold claim"]
    (long,) = titles(rss(item(1, title="x" * 10_000)))
    assert len(long) == MAX_TITLE
    assert long.endswith("…")
    entry = parse(
        rss(
            item(
                1,
                title="",
                description="The council of Eastvale has closed the bridge over the Tarn for a year and a half.",
            )
        )
    ).entries[0]
    raw = article_of_summary(page_of(entry, row_of(), NOW), NOW)
    assert raw.title == "The council of Eastvale has closed the bridge over the Tarn for a year and a ha…"


def test_f14_the_longest_text_wins_and_a_source_is_not_fetched():
    content = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    long = "&lt;p&gt;" + "Words of the article. " * 80 + "&lt;/p&gt;"
    body = rss(f"<item {content}><title>T</title><link>https://paper.example/1</link><description>Short</description>"
               f"<content:encoded>{long}</content:encoded></item>")  # fmt: skip
    assert "Words of the article." in parse(body).entries[0].content
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>T</title><link href="/1"/>'
        '<content src="https://other.example/x" type="text/html"/></entry></feed>'
    )
    assert not parse(atom).entries[0].is_full


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("<author>a@paper.org (Anna Writer)</author>", ("Anna Writer",)),
        ("<author>Anna Writer &lt;a@paper.org&gt;</author>", ("Anna Writer",)),
        ("<dc:creator>Anna Writer</dc:creator><dc:creator>Ben Other</dc:creator>", ("Anna Writer", "Ben Other")),
        ("<author>a@paper.org</author>", ()),
    ],
)
def test_f15_authors_without_addresses(fields, names):
    dc = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    entry = parse(rss(f"<item {dc}><title>T</title><link>/1</link>{fields}</item>")).entries[0]
    assert entry.authors == names
    assert "@" not in "".join(article_of_entry(replace(entry, content="x"), row_of(), NOW).authors)


@pytest.mark.parametrize(
    ("fields", "media"),
    [
        ('<enclosure url="/a.mp3" type="audio/mpeg"/>', [("https://paper.example/a.mp3", "audio/mpeg", None)]),
        ('<enclosure url="/a.mp3" length="" type=""/>', [("https://paper.example/a.mp3", None, None)]),
        ('<enclosure url="javascript:x" length="5"/>', []),
        (
            '<m:group><m:content url="/a.jpg" fileSize="12" type="image/jpeg"/><m:content url="/b.jpg"/></m:group>',
            [("https://paper.example/a.jpg", "image/jpeg", 12), ("https://paper.example/b.jpg", None, None)],
        ),
        (
            '<m:content url="/b.jpg" fileSize="big"/><enclosure url="/a.jpg" length="7"/>',
            [("https://paper.example/a.jpg", None, 7), ("https://paper.example/b.jpg", None, None)],
        ),
    ],
)
def test_f16_media_are_kept(fields, media):
    namespace = 'xmlns:m="http://search.yahoo.com/mrss/"'
    entry = parse(rss(f"<item {namespace}><title>T</title><link>/1</link>{fields}</item>")).entries[0]
    assert [(m.url, m.type, m.length) for m in entry.media] == media
    assert article_of_entry(replace(entry, content="x"), row_of(), NOW).media == entry.media


def test_f17_a_huge_feed_is_cut_and_counted():
    found = parse(rss(*(item(n) for n in range(5_000))))
    assert (len(found.entries), found.truncated) == (MAX_ENTRIES, 4_500)


def test_f18_a_feed_without_entries_is_no_error():
    assert parse(rss()).entries == ()


GERMAN = (
    "Der Fluss ist am Freitag über seine Ufer getreten, und die Behörden haben die Menschen in den Dörfern aufgefordert. "
    * 4
)
ENGLISH = (
    "The river left its bed on Friday, and the authorities have asked the people of the villages to leave their houses. "
    * 4
)


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        ("en-US", GERMAN, "de"), ("de", GERMAN, "de"), (None, GERMAN, "de"), ("de", ENGLISH, "en"), ("en", ENGLISH, "en"),
        ("en", GERMAN[:100], "en"), ("nl", GERMAN, "nl"), ("english", ENGLISH, "en"), ("tlh-x", "Короткий", "und"),
    ],
)  # fmt: skip
def test_f19_the_language_of_the_text_wins_where_it_is_sure(declared, text, language):
    channel = f"<language>{declared}</language>" if declared else ""
    entry = parse(rss(item(1, description=text), head=channel)).entries[0]
    raw = article_of_entry(replace(entry, content=text), row_of(), NOW)
    assert raw.language == declared
    clean = decode(analyse(message_of(raw))[0].value, CleanArticle) if len(text) > 50 else None
    assert language_of(raw.language, text) == (clean.language if clean else language) == language
    assert clean is None or clean.declared_language == declared


def test_f20_dates_ahead_are_the_fetch_time():
    assert usable_date(NOW + timedelta(days=3), NOW) == (NOW, True)
    assert usable_date(NOW + timedelta(hours=3), NOW) == (NOW, False)
    assert usable_date(NOW - timedelta(days=3), NOW) == (NOW - timedelta(days=3), False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri, 20 Nov 2026 08:00:00 GMT", (2026, 11, 20, 8, 0)), ("20 Nov 26 08:00 EST", (2026, 11, 20, 13, 0)),
        ("2026-11-20T08:00:00.5+01:00", (2026, 11, 20, 7, 0)), ("Fri Nov 20 08:00:00 2026", (2026, 11, 20, 8, 0)),
        ("2026-324", (2026, 11, 20, 0, 0)), ("1795310523", (2026, 11, 22, 1, 22)), ("0000-00-00 00:00:00", None),
        ("20261122T010203Z", (2026, 11, 22, 1, 2)), ("Sun, 22 Nov 2026 01:02:03 CEST", (2026, 11, 21, 23, 2)),
        ("2026-W47-7", (2026, 11, 22, 0, 0)), ("22/11/2026 01:02", (2026, 11, 22, 1, 2)), ("05/11/2026", None),
        ("Dim, 22 nov. 2026 01:02:03 +0100", (2026, 11, 22, 0, 2)), ("Sun, 22 Nov 2026 25:00:00 GMT", None),
        ("Nov 22, 2026 5:45 PM PST", (2026, 11, 23, 1, 45)), ("Пт, 20 ноя 2026 08:00:00 +0300", (2026, 11, 20, 5, 0)),
        ("Thursday, 20-Nov-26 08:00:00 UTC", (2026, 11, 20, 8, 0)), ("Fri, 20 Nov 2026 08:00:00 XYZ", None),
        ("Fri, 20 Nov 2026 23:59:60 GMT", (2026, 11, 20, 23, 59)), ("2026-11-20T24:00:00Z", (2026, 11, 21, 0, 0)),
        ("Tue, Apr 14 2026 06:30:00 +0000", (2026, 4, 14, 6, 30)), ("Tue,14 Apr 2026 06:30 UTC+02:00", (2026, 4, 14, 4, 30)),
        ("Tue Apr 14 2026 06:30:00 GMT+0200 (Central European Summer Time)", (2026, 4, 14, 4, 30)),
        ("2026/04/14 6:30", (2026, 4, 14, 6, 30)), ("2026-04-14 06:30 PM", (2026, 4, 14, 18, 30)),
        ("2026-04-14 06:30:00 +0000 UTC", (2026, 4, 14, 6, 30)), ("14. April 2026, 06:30 Uhr", (2026, 4, 14, 6, 30)),
        ("14 квітня 2026", (2026, 4, 14, 0, 0)), ("14 Απριλίου 2026", (2026, 4, 14, 0, 0)),
        ("14. dubna 2026", (2026, 4, 14, 0, 0)), ("2026. április 14.", (2026, 4, 14, 0, 0)),
        ("14 aprilie 2026", (2026, 4, 14, 0, 0)), ("14. huhtikuuta 2026 klo 6.30", (2026, 4, 14, 6, 30)),
        ("الثلاثاء، ١٤ أبريل ٢٠٢٦", (2026, 4, 14, 0, 0)), ("14 अप्रैल 2026", (2026, 4, 14, 0, 0)),
        ("2026年4月14日 6時30分", (2026, 4, 14, 6, 30)), ("2026년 4월 14일", (2026, 4, 14, 0, 0)),
        ("06:30 PM IST Apr 14, 2026", (2026, 4, 14, 13, 0)), ("6:30, 14.04.2026", (2026, 4, 14, 6, 30)),
        ("4/14/2026", (2026, 4, 14, 0, 0)), ("04-05-2026", None), ("14 juillets 2026", None),
        ("yesterday", None), ("", None),
    ],
)  # fmt: skip
def test_f21_dates(text, expected):
    assert parse_date(text) == (
        datetime(*expected, tzinfo=UTC).replace(second=(parse_date(text) or NOW).second) if expected else None
    )


SITEMAP = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)


def sitemap_url(n: int) -> str:
    return (
        f"<url><loc>https://paper.example/{n}</loc><news:news><news:publication><news:name>P</news:name><news:language>en"
        f"</news:language></news:publication><news:publication_date>2026-11-{n:02}T08:00:00Z</news:publication_date>"
        f"<news:title>Title {n}</news:title></news:news></url>"
    )


def test_f22_news_sitemaps_and_their_indexes(log, server):
    plain = "<url><loc>https://paper.example/about</loc></url>"
    found = parse(f"<urlset {SITEMAP}>{plain}{sitemap_url(1)}{sitemap_url(2)}</urlset>")
    assert [(e.title, e.url, e.is_full) for e in found.entries] == [
        ("Title 2", "https://paper.example/2", False), ("Title 1", "https://paper.example/1", False),
    ]  # fmt: skip
    assert found.language == "en"
    for n in range(1, 6):
        server.reply(f"/{n}.xml.gz", gzip.compress(f"<urlset {SITEMAP}>{sitemap_url(n)}</urlset>".encode()))
    listed = "".join(
        f"<sitemap><loc>{server.base}/{n}.xml.gz</loc><lastmod>2026-11-{n:02}</lastmod></sitemap>" for n in range(1, 6)
    )
    index = server.reply(
        "/index.xml", f"<sitemapindex {SITEMAP}>{listed}</sitemapindex>", Content_Type="application/xml"
    )
    polls(log, index, "unchanged")
    assert sorted(p.title for p in pages(log)) == ["Title 3", "Title 4", "Title 5"]


@pytest.mark.parametrize(
    "head",
    [
        "<urlset>", '<urlset xmlns="https://www.sitemaps.org/schemas/sitemap/0.9/">',
        '<urlset xmlns="http://www.google.com/schemas/sitemap/0.84" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9/">',
        '<urlset\n xmlns:news="https://www.google.com/schemas/sitemap-news/0.9">',
    ],
)  # fmt: skip
def test_f22_namespaces_of_sitemaps_are_not_compared(head):
    picture = "<image:image><image:loc>https://paper.example/x.png</image:loc></image:image>"
    found = parse(f"{head}{sitemap_url(1).replace('<loc>', picture + '<loc>')}{sitemap_url(2)}</urlset>")
    assert [e.title for e in found.entries] == ["Title 2", "Title 1"]
    assert [e.url for e in found.entries] == ["https://paper.example/2", "https://paper.example/1"]
    prefixed = f'<s:urlset xmlns:s="x" xmlns:news="y">{sitemap_url(1)}</s:urlset>'.replace("<url>", "<s:url>")
    assert len(parse(prefixed.replace("</url>", "</s:url>")).entries) == 1


def test_f22_a_sitemap_without_news_is_no_feed():
    with pytest.raises(ParseError, match="2 pages, none with news data"):
        parse(
            "<urlset><url><loc>https://paper.example/a</loc></url><url><loc>https://paper.example/b</loc></url></urlset>"
        )
    assert parse(f"<urlset {SITEMAP}></urlset>").entries == ()


def test_f22_a_missing_file_of_an_index_costs_only_its_own_entries(log, server):
    server.reply("/1.xml", f"<urlset {SITEMAP}>{sitemap_url(1)}</urlset>")
    server.reply("/3.xml", "<html>Moved</html>", Content_Type="text/html")
    listed = "".join(
        f"<sitemap><loc>{server.base}/{n}.xml</loc><lastmod>2026-11-0{n}</lastmod></sitemap>" for n in (1, 2, 3)
    )
    index = server.reply("/index.xml", f"<sitemapindex>{listed}</sitemapindex>", Content_Type="text/xml", ETag='"a"')
    polls(log, index, "ok")
    assert [p.title for p in pages(log)] == ["Title 1"]
    row = feed(log, index)
    assert "3.xml" in (row.error or "")
    assert (row.etag, row.body_hash) == (None, None)


def test_f23_discovery():
    html = (
        '<html><head><base href="/news/"><LINK REL="Alternate" TYPE="application/rss+xml" HREF="feed" TITLE="News">'
        '<link rel="alternate" type="application/atom+xml" href="https://paper.example/atom">'
        '<link rel="alternate" type="application/rss+xml" href="/comments/feed" title="Comments">'
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1"><link rel="stylesheet" href="x"></head></html>'
    )
    assert [f.url for f in feeds_of_page(html, "https://paper.example/x")] == [
        "https://paper.example/news/feed", "https://paper.example/atom",
    ]  # fmt: skip


def test_f23_links_of_other_kinds():
    html = (
        '<html><head><link rel="alternate" href="/all.rss"><link rel="feed" href="/f"><link rel="alternate" hreflang="de" href="/de">'
        '<link rel="alternate" type="application/rss+xml" href="/readers" title="Comments of our columnists"></head><body>'
        '<a href="feed://paper.example/sport/rss">Sport</a> <a href="/services/wire">RSS</a> <a href="https://other.example/feed">x</a>'
        '<a href="http://[">RSS</a> <a href="/feedback">Write to us</a></body></html>'
    )
    found = [f.url.removeprefix("https://paper.example") for f in feeds_of_page(html, "https://paper.example/")]
    assert found == ["/all.rss", "/f", "/readers", "http://paper.example/sport/rss", "/services/wire"]


def test_f23_links_in_the_header_and_usual_places():
    header = (
        '</a>; rel="next", </wire>; rel="alternate"; type="application/rss+xml", </p>; rel=alternate; type=text/html'
    )
    assert [f.url for f in feeds_of_header(header, "https://paper.example/x")] == ["https://paper.example/wire"]
    usual = usual_feeds("https://paper.example/en")
    assert usual[0] == "https://paper.example/en/feed"
    assert "https://paper.example/rss.xml" in usual


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("feed://a.example/x", "http://a.example/x"), ("feed:https://a.example/x", "https://a.example/x"),
        ("feed://https://a.example/x", "https://a.example/x"), ("FEED:a.example/x", "http://a.example/x"),
        (" https://a.example/feed:1 ", "https://a.example/feed:1"), ("", ""),
    ],
)  # fmt: skip
def test_f24_addresses_of_other_readers(address, expected):
    assert feed_address(address) == expected


def test_f24_opml_with_slips_is_mended():
    rows = (
        '<outline text="R &amp; D & more" xmlUrl="https://a.example/?x=1&copy=2&amp;y=3&#38;z=4"/>\n'
        '<outline title="Caf&eacute;" XMLURL="feed://b.example/feed"/>\n'
    )
    found, problems = read_opml(f"\n \n<OPML><Body>{rows}</Body></OPML>".encode())
    assert [(o.url, o.title) for o in found] == [
        ("https://a.example/?x=1&copy=2&y=3&z=4", "R & D & more"), ("http://b.example/feed", "Café"),
    ]  # fmt: skip
    assert problems == []
    found, problems = read_opml(
        f"\n<opml><body>{rows}<outline text='none'/>\n<outline text='a' xmlUrl='https://c".encode()
    )
    assert [o.title for o in found] == ["R & D & more", "Café"]
    assert any(p.startswith("line 5: ") for p in problems)
    assert "line 4: outline 'none' has no xmlUrl" in problems
    signs = "<outline text='I <3 boats' xmlUrl='https://e.example/'/>\n<outline text='a' text='b' xmlUrl='https://f.example/'/>\n"
    found, problems = read_opml(f"<opml><body>\n{signs}{rows}</body></opml>".encode())
    assert [o.title for o in found] == ["I <3 boats", "a", "R & D & more", "Café"]
    assert problems == ["line 3: Attribute text redefined"]
    text = "<?xml version='1.0' encoding='iso-8859-1'?><opml xmlns='http://x.example/'><body><outline title='Été' xmlUrl='https://d.example'/></body></opml>"
    assert [o.title for o in read_opml(text.encode("cp1252"))[0]] == ["Été"]


def test_f24_opml():
    inner = '<outline text="A" xmlUrl="https://a.example/feed"/><outline text="empty"/>'
    found, problems = read_opml(
        f'<opml><body><outline text="x">\n<outline text="y">{inner}</outline></outline></body></opml>'.encode()
    )
    assert [(o.url, o.title, o.path) for o in found] == [("https://a.example/feed", "A", ("x", "y"))]
    assert problems == ["line 2: outline 'empty' has no xmlUrl"]
    with pytest.raises(ParseError, match="line 1"):
        read_opml(b"<opml><body>")


def test_f25_a_teaser_asks_for_its_page(log, server):
    teaser = "&lt;p&gt;" + "Long text of the article. " * 80 + "&lt;/p&gt; Read more"
    polls(log, server.reply("/feed", rss(item(1, description=teaser)), Content_Type=RSS), "ok")
    assert [p.url for p in pages(log)] == ["https://paper.example/1"]
    assert raws(log) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"<",
        b"\x00" * 100,
        b"<rss>" * 3_000,
        b"[1, 2]",
        b'{"version": "https://jsonfeed.org/version/1"}',
        b'<?xml version="1.0" encoding="idna"?><rss>\xff</rss>',
        b'<?xml version="1.0" encoding="undefined"?><rss>\xff</rss>',
        b'<?xml version="1.0" encoding="base64"?><rss>\xff</rss>',
    ],
)
def test_f27_anything_is_parsed_or_a_parse_error(body):
    found = parsed_or_failure(FeedBytes(URL, body, "application/xml"))
    assert isinstance(found, ParsedFeed) or found.reason in ("empty", "not_a_feed", "parse_failed")


def test_the_table_has_every_row_once_written():
    names = [name for name in (*globals(), *vars(test_websub)) if name.startswith("test_")]
    expected = [f"| {row} | {name} | pass |" for row, name in rows_of(names)]
    assert TABLE.read_text("utf-8") == HEAD + "\n".join(expected) + "\n"
