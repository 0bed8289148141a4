"""`claimwire feeds`, used as a person would, against a site on loopback."""

import json

import pytest

from tests.console.command import claimwire
from tests.producers.site import Server
from tests.producers.test_fast import news, rss

OPEN = {"CLAIMWIRE_ALLOW_PRIVATE_ADDRESSES": "true"}


@pytest.fixture(scope="module")
def site():
    with Server() as server:
        server.reply("/feed", rss(news(1), news(2)), Content_Type="application/rss+xml")
        page = (
            '<html><head><link rel="alternate" type="application/rss+xml" title="Paper" href="/feed">'
            '<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed"></head><body>x</body></html>'
        )
        server.reply("/", page, Content_Type="text/html")
        server.reply("/empty", "<html><body>no feed</body></html>", Content_Type="text/html")
        yield server


def test_add_finds_the_feed_of_a_site_and_why_explains_it(site, tmp_path):
    out = claimwire("feeds", "add", f"{site.base}/", cwd=tmp_path, **OPEN)
    assert out == f"added: Paper & Pen {site.base}/feed\n"
    assert claimwire("feeds", "add", f"{site.base}/feed", cwd=tmp_path, **OPEN).startswith("known: ")
    (row,) = json.loads(claimwire("feeds", "list", "--json", cwd=tmp_path))
    assert (row["url"], row["status"], row["health"]) == (f"{site.base}/feed", "never_polled", "never_polled")
    why = claimwire("feeds", "why", f"{site.base}/feed", cwd=tmp_path)
    assert "every 900 s by its rate of entries" in why
    assert "never" in why
    assert claimwire("feeds", "remove", f"{site.base}/feed", cwd=tmp_path).startswith("removed: Paper & Pen")
    assert json.loads(claimwire("feeds", "list", "--json", cwd=tmp_path)) == []
    assert "no feed has the URL" in claimwire("feeds", "why", f"{site.base}/feed", cwd=tmp_path, status=2)


@pytest.mark.parametrize(
    ("body", "headers", "place"),
    [
        ('<a href="/syndication.php" type="application/rss+xml">Subscribe</a>', {}, "/syndication.php"),
        ("<p>x</p>", {"Link": '</wire>; rel="alternate"; type="application/atom+xml"'}, "/wire"),
        ('<a href="/broken/feed">Feed</a>', {}, "/atom.xml"),
    ],
)
def test_add_finds_a_feed_without_a_link_element(body, headers, place, tmp_path):
    with Server() as site:
        site.reply("/", f"<html><body>{body}</body></html>", Content_Type="text/html", **headers)
        site.reply(place, rss(news(1)), Content_Type="application/rss+xml")
        assert (
            claimwire("feeds", "add", f"{site.base}/", cwd=tmp_path, **OPEN)
            == f"added: Paper & Pen {site.base}{place}\n"
        )


def test_check_says_what_a_poll_would_find(site, tmp_path):
    feeds = [f"{site.base}/feed", f"{site.base}/", f"{site.base}/none"]
    found = json.loads(claimwire("feeds", "check", *feeds, "--json", cwd=tmp_path, status=1, **OPEN))
    assert [(row["result"], row["entries"]) for row in found] == [("ok", 2), ("not_a_feed", 0), ("not_found", 0)]
    assert f"it offers {site.base}/feed" in found[1]["says"]
    assert "HTTP 404; the URL may have changed" in found[2]["says"]
    assert "blocked_address" in claimwire("feeds", "check", f"{site.base}/feed", cwd=tmp_path, status=1)


def test_what_cannot_be_added_is_said(tmp_path):
    with Server() as bare:
        bare.reply("/empty", "<html><body>no feed</body></html>", Content_Type="text/html")
        out = claimwire("feeds", "add", f"{bare.base}/empty", cwd=tmp_path, status=1, both="1", **OPEN)
    assert "it links to no feed" in out
    assert "is not an http(s) URL" in claimwire(
        "feeds", "add", "ftp://paper.example/", cwd=tmp_path, status=1, both="1"
    )


def test_opml_goes_in_and_out(tmp_path):
    (tmp_path / "list.opml").write_text(
        '<opml version="2.0"><body><outline text="News">\n<outline text="A &amp; B" xmlUrl="https://a.example/feed"/>\n'
        '<outline text="none"/>\n<outline xmlUrl="http://user@b.example/"/>\n</outline></body></opml>'
    )
    out = claimwire("feeds", "import", "list.opml", cwd=tmp_path, status=1, both="1")
    assert "list.opml: 1 added, 0 known" in out
    assert "line 3: outline 'none' has no xmlUrl" in out
    assert "line 4: " in out
    claimwire("feeds", "export", "out.opml", cwd=tmp_path)
    claimwire("feeds", "import", "out.opml", "--data-dir", "other", "--broker", "sqlite:///o.db", cwd=tmp_path)
    listed = claimwire("feeds", "list", "--json", "--broker", "sqlite:///o.db", cwd=tmp_path)
    assert [(f["source"], f["url"]) for f in json.loads(listed)] == [("A & B", "https://a.example/feed")]
    (tmp_path / "bad.opml").write_text("<opml><body>\n<outline></body>")
    assert "bad.opml: line 2: " in claimwire("feeds", "import", "bad.opml", cwd=tmp_path, status=2)


def test_what_is_missing_is_asked_for(tmp_path):
    assert "feeds add: give a URL" in claimwire("feeds", "add", cwd=tmp_path, status=2)
    assert "give an OPML or TOML file" in claimwire("feeds", "import", cwd=tmp_path, status=2)
