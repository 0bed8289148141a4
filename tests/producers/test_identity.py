"""Identity of entries: addresses as publishers write them, entries that share one, and entries that change at each poll."""

import re

import pytest
from aiohttp import web

from producers.articles import page_of
from producers.feeds.entries import RawEntry
from producers.feeds.error_entries import catalogue, error_entries
from producers.feeds.parse import FEEDPARSER, FeedBytes, parse_feed
from producers.rss import RssProducer
from producers.tables.polls import keys_of
from tests.producers.test_polls import NOW, feed
from tests.producers.test_producers import SETTINGS, follow, run
from tests.producers.test_producers import feed as stored

FEED = "https://feeds.example/orchard.xml"
LONG = "The orchard keepers of Upper Lind counted four hundred new trees after the frost, and will count again in May."


def rss(*items: str, site: str = "https://orchard.example/") -> bytes:
    link = f"<link>{site}</link>" if site else ""
    return f'<rss version="2.0"><channel><title>Orchard</title>{link}{"".join(items)}</channel></rss>'.encode()


def item(link: str = "", guid: str = "", title: str = "Pears", text: str = "", more: str = "") -> str:
    return f"<item><title>{title}</title>{link}{guid}<description>{text}</description>{more}</item>"


def entries(*items: str, url: str = FEED, site: str = "https://orchard.example/"):
    """Return the entries, the same from both parsers."""
    body = rss(*items, site=site)
    found = parse_feed(FeedBytes(url, body, "application/rss+xml")).entries
    slow = parse_feed(
        FeedBytes(url, body.replace(b"<channel>", b"<channel><odd/>").replace(b"<item>", b"<item><odd/>"), "")
    )
    assert slow.parser == FEEDPARSER
    assert [(e.url, e.title, e.publisher, e.article_id) for e in slow.entries] == [
        (e.url, e.title, e.publisher, e.article_id) for e in found
    ]
    return found


# Addresses as written, and as read.
ADDRESSES = {
    "spaces": (item("<link>https://orchard.example/Big pears</link>"), "https://orchard.example/Big%20pears"),
    "line break": (item("<link>https://orchard.example/\n pe\nars|1</link>"), "https://orchard.example/%20pears%7C1"),
    "not ASCII": (item("<link>https://öbst.example/äpfel?q=ü%20x</link>"), "https://xn--bst-rna.example/%C3%A4pfel?q=%C3%BC%20x"),
    "site's link": (item("<link>/pears/1</link>"), "https://orchard.example/pears/1"),
    "no scheme": (item("<link>www.orchard.example/2</link>"), "https://www.orchard.example/2"),
    "empty link": (item("<link/>", "<guid>https://orchard.example/3</guid>"), "https://orchard.example/3"),
    "capitals": (item("", '<guid isPermaLink="TRUE">https://orchard.example/4</guid>'), "https://orchard.example/4"),
    "attribute": (item('<link href="https://orchard.example/5"/>'), "https://orchard.example/5"),
    "number": (item("", "<guid>pear-6</guid>"), None),
    "name": (item("", '<guid isPermaLink="true">Pears of the week</guid>'), None),
    "no permalink": (item("<link></link>", '<guid isPermaLink="false">https://orchard.example/7</guid>'), None),
}  # fmt: skip


@pytest.mark.parametrize("name", ADDRESSES)
def test_addresses(name):
    written, read = ADDRESSES[name]
    assert [e.url for e in entries(written)] == [read]


def test_relative_links_of_atom_and_json():
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>O</title><link href="https://orchard.example/"/>'
        '<entry><id>urn:o:1</id><title>Pears</title><link href="/1"/></entry></feed>'
    )
    assert parse_feed(FeedBytes(FEED, atom.encode(), "")).entries[0].url == "https://orchard.example/1"
    json = '{"version": "https://jsonfeed.org/version/1.1", "home_page_url": "https://orchard.example/", "items": [{"id": "1", "url": "/1"}]}'
    assert parse_feed(FeedBytes(FEED, json.encode(), "")).entries[0].url == "https://orchard.example/1"


def guid(ident: str) -> str:
    return f'<guid isPermaLink="false">{ident}</guid>'


def test_an_entry_listed_twice_is_one():
    link = "<link>https://orchard.example/1</link>"
    twice = item(link, "<guid>https://orchard.example/1</guid>", text="Ripe.")
    assert [e.url for e in entries(twice, twice)] == ["https://orchard.example/1"]
    assert len(entries(item(link, guid("a")), item(link, guid("a"), title="Pears, again"))) == 1
    assert len(entries(item(link, guid("a"), text="Ripe."), item(link, guid("b"), text="Ripe."))) == 1


@pytest.mark.parametrize(
    ("links", "is_one_page"),
    [
        (("/today#a", "/today#b"), True),
        (("/today", "/today"), True),
        (("/notice?ref=N-1", "/notice?ref=N-2"), False),
    ],
)
def test_entries_of_one_canonical_address_are_different_articles(links, is_one_page):
    rows = [
        item(f"<link>{link}</link>", guid(f"g{n}"), title=f"Title {n}", text=f"Text {n}.")
        for n, link in enumerate(links)
    ]
    found = entries(*rows)
    assert len({e.article_id for e in found}) == 2
    assert [e.is_full for e in found] == [is_one_page] * 2
    assert [e.url for e in found] == [f"https://orchard.example{link}" for link in links]
    alone, together = entries(rows[0])[0], found[0]
    assert set(keys_of(alone)) & set(keys_of(together))
    assert len({e.article_id for e in entries(*(re.sub("<guid.*?</guid>", "", row) for row in rows))}) == 2


def test_tokens_make_no_new_entry():
    def known(first: str, second: str) -> bool:
        return bool(set(keys_of(entries(first)[0])) & set(keys_of(entries(second)[0])))

    def link(path: str) -> str:
        return f"<link>https://orchard.example{path}</link>"

    assert known(item(link("/go?t=1"), text=LONG), item(link("/go?t=2"), text=LONG))
    assert known(item(link("/go/" + "a1" * 20), text=LONG), item(link("/go/" + "b2" * 20), text=LONG))
    assert known(item(link("/go?t=1"), guid("a")), item(link("/other"), guid("a")))
    assert known(item(link("/1"), guid("a")), item(link("/1"), guid("b")))
    assert known(item(link("/1"), text="&lt;p id='1'&gt;Ripe, 2 minutes ago&lt;/p&gt;"),
                 item(link("/1"), text="&lt;p id='2'&gt;Ripe, 3 minutes ago&lt;/p&gt;"))  # fmt: skip
    assert not known(item(link("/1"), text="Ripe."), item(link("/1"), text="Not ripe."))
    assert not known(item(link("/go?id=1"), text="Ripe."), item(link("/go?id=2"), text="Ripe."))
    assert not known(item(link("/may/1"), text=LONG), item(link("/may/2"), text=LONG))


def test_the_publisher_that_an_entry_names_is_its_source():
    link = "<link>https://orchard.example/1</link>"
    foreign = item(
        link, title="Pears - Lind Courier", more='<source url="https://courier.example">Lind Courier</source>'
    )
    own = item(link, more='<source url="https://www.orchard.example/rss">Orchard, all</source>')
    found, ours = entries(foreign)[0], entries(own)[0]
    assert (found.title, found.publisher, ours.publisher) == ("Pears", "Lind Courier", None)
    assert page_of(found, feed(), NOW).source == "Lind Courier"
    assert page_of(ours, feed(), NOW).source == feed().source
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>O</title><entry><id>urn:o:1</id><title>Pears</title>'
        '<link href="https://a.example/1"/><source><title>Lind Courier</title></source></entry></feed>'
    )
    assert parse_feed(FeedBytes(FEED, atom.encode(), "")).entries[0].publisher == "Lind Courier"


@pytest.mark.parametrize("rule", catalogue(), ids=lambda rule: rule["id"])
def test_errors_of_a_feeds_maker(rule):
    rows = [RawEntry(title=title, content=text) for title, text in (rule["example"], rule["counter"])]
    assert error_entries(rows) == rows[:1]


def test_an_error_is_no_entry_but_reported():
    found = parse_feed(FeedBytes(FEED, rss(item(title="Bridge returned error 500! (1)"), item(text=LONG)), ""))
    assert ([e.title for e in found.entries], found.reported_error) == (["Pears"], "Bridge returned error 500! (1)")
    assert found.truncated == 0


@pytest.mark.parametrize("others", [0, 1])
def test_a_feed_that_reports_an_error_is_unhealthy_and_no_news(log, server, others):
    rows = [item(title="Bridge returned error 500! (1)"), *[item("<link>/p</link>", text=LONG)] * others]

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=rss(*rows, site=""), content_type="application/rss+xml")

    server.routes["/feed"] = handler
    url = f"{server.base}/feed"
    follow(log, url)
    run(RssProducer(log, SETTINGS), lambda: stored(log, url).status != "never_polled")
    found = stored(log, url)
    assert (found.status, found.error) == ("reports_error", "Bridge returned error 500! (1)")
    assert (found.entries_total, found.failures > 0) == (others, not others)
