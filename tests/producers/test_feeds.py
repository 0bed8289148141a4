"""Feeds: formats, identities, texts and dates; bad input is a ParseError or is left out, never another exception."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimwire.errors import ParseError
from producers.feeds.entries import entry_url, usable_date
from producers.feeds.parse import MAX_ENTRIES, FeedBytes, ParsedFeed, parse_feed, parsed_or_failure

URL = "https://paper.example/feed"


def rss(*items: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title>{head}{"".join(items)}</channel></rss>'.encode()


def item(n: int = 1, **fields: str) -> str:
    base = {"title": f"Title {n}", "link": f"https://paper.example/{n}", "guid": f"g{n}", "pubDate": "Fri, 20 Nov 2026 08:00:00 GMT",
            "description": "Short."} | fields  # fmt: skip
    return "<item>" + "".join(f"<{k}>{v}</{k}>" for k, v in base.items() if v) + "</item>"


def parse(body: bytes, kind: str = "application/rss+xml"):
    return parse_feed(FeedBytes(URL, body, kind))


def test_rss():
    found = parse(rss(item(1), item(2), head="<language>fr</language><ttl>15</ttl>"))
    assert (found.title, found.language, found.hints.interval, found.truncated) == ("Paper", "fr", 900, 0)
    entry = found.entries[0]
    assert (entry.title, entry.url, entry.summary) == ("Title 1", "https://paper.example/1", "Short.")
    assert entry.published_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert not entry.is_full


def test_atom_and_rdf():
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>P</title><entry><id>urn:1</id><title>T</title>'
        '<link href="/a"/><updated>2026-11-20T08:00:00Z</updated><summary>S</summary></entry></feed>'
    )
    entry = parse(atom.encode(), "application/atom+xml").entries[0]
    assert (entry.url, entry.title) == ("https://paper.example/a", "T")
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel><title>P</title></channel><item rdf:about="x"><title>T</title><link>https://p.example/1</link></item></rdf:RDF>'
    )
    assert parse(rdf.encode()).entries[0].title == "T"


def test_full_text_needs_no_page_and_a_teaser_does():
    full = "&lt;p&gt;" + "Long text of the article. " * 80 + "&lt;/p&gt;"
    assert parse(rss(item(description=full))).entries[0].is_full
    assert not parse(rss(item(description=full + " Read more"))).entries[0].is_full
    assert parse(rss(item(link="", guid="", description="No page to fetch."))).entries[0].is_full


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"", "application/rss+xml", "empty"),
        (b"  \n ", "text/xml", "empty"),
        (b"<!DOCTYPE html><html><body>Moved</body></html>", "text/html", "not_a_feed"),
        (b"plain words", "text/plain", "not_a_feed"),
        (b'{"error": "no"}', "application/json", "not_a_feed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png", "not_a_feed"),
        (b"%PDF-1.7", "application/pdf", "not_a_feed"),
    ],
)
def test_what_is_no_feed(body, kind, reason):
    with pytest.raises(ParseError) as caught:
        parse(body, kind)
    assert caught.value.reason == reason


def test_a_feed_without_entries_is_fine():
    assert parse(rss()).entries == ()


def test_a_feed_cut_off_keeps_its_first_entries():
    body = rss(*[item(n) for n in range(8)])
    found = parse(body[: body.index(b"Title 6") + 3])
    assert [e.title for e in found.entries][:6] == [f"Title {n}" for n in range(6)]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (rss(item(title="Café")).replace(b'"1.0"', b'"1.0" encoding="iso-8859-1"').decode().encode("latin-1"), "Café"),
        (
            rss(item(title="“Quoted”")).decode().replace('"1.0"', '"1.0" encoding="utf-8"').encode("windows-1252"),
            "“Quoted”",
        ),
        (
            rss(item(title="Привет")).decode().replace('"1.0"', '"1.0" encoding="windows-1251"').encode("windows-1251"),
            "Привет",
        ),
        (b"\xef\xbb\xbf" + rss(item(title="Über")), "Über"),
        (rss(item(title="Tom &amp;amp; Jerry &amp;eacute;")), "Tom & Jerry é"),
        (rss(item(title="a\x0bb &lt;b&gt;bold&lt;/b&gt;")), "a b bold"),
    ],
)
def test_encodings_and_entities(body, title):
    assert " ".join((parse(body).entries[0].title or "").split()) in (title, title.replace("a b", "ab"))


def test_identities():
    same = parse(rss(item(1, guid="same"), item(2, guid="same"))).entries
    assert same[0].article_id != same[1].article_id
    edited = parse(rss(item(1, description="Another text."))).entries[0]
    first = parse(rss(item(1))).entries[0]
    assert edited.article_id == first.article_id
    assert edited.revision_id != first.revision_id
    tracked = parse(rss(item(1, link="https://paper.example/1?utm_source=rss"))).entries[0]
    assert (tracked.article_id, tracked.revision_id) == (first.article_id, first.revision_id)
    nothing = parse(rss(item(1, guid="", link=""))).entries[0]
    assert nothing.url is None
    assert len(nothing.article_id) == 32


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "",
        "#top",
        "mailto:a@b.example",
        "http://" + "a" * 3000,
        "http://[bad",
    ],
)
def test_links_that_are_none(link):
    assert entry_url(link, URL) is None


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("//host.example/x", "https://host.example/x"),
        ("/a", "https://paper.example/a"),
        ("?q=1", "https://paper.example/feed?q=1"),
    ],
)
def test_relative_links(link, expected):
    assert entry_url(link, URL) == expected


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("published", "expected", "is_estimated"),
    [
        (NOW - timedelta(days=2), NOW - timedelta(days=2), False),
        (None, NOW, True),
        (datetime(1795, 3, 10, tzinfo=UTC), NOW, True),
        (NOW + timedelta(days=30), NOW, True),
        (NOW + timedelta(hours=3), NOW, False),
    ],
)
def test_dates_that_cannot_be_are_estimated(published, expected, is_estimated):
    assert usable_date(published, NOW) == (expected, is_estimated)


def test_a_huge_feed_is_cut_and_counted():
    found = parse(rss(*[item(n) for n in range(MAX_ENTRIES + 70)]))
    assert len(found.entries) == MAX_ENTRIES
    assert found.truncated == 70


def test_a_long_title_is_cut():
    assert len(parse(rss(item(title="word " * 3000))).entries[0].title) == 500


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_mutation_is_parsed_or_a_parse_error(data):
    body = bytearray(rss(*[item(n) for n in range(4)]))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=8))
    found = parsed_or_failure(FeedBytes(URL, bytes(body), "application/rss+xml"))
    assert isinstance(found, ParsedFeed) or found.reason in ("empty", "not_a_feed", "parse_failed")


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(body):
    found = parsed_or_failure(FeedBytes(URL, body, "application/rss+xml"))
    assert isinstance(found, ParsedFeed) or found.reason in ("empty", "not_a_feed", "parse_failed")
