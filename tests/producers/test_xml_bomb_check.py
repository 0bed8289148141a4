"""Documents that stop parsers end at once; those that only look like it are read."""

import pytest

from claimwire.errors import ParseError
from producers.feeds import xml_bomb_check
from producers.feeds.parse import FeedBytes, parse_feed

HEAD, END = '<?xml version="1.0"?>{}<rss version="2.0"><channel><title>x</title>', "</channel></rss>"
BOMBS = {
    "deep": HEAD.format("") + "<item>" + "<a>" * 200_000 + "</a>" * 200_000 + "</item>" + END,
    "deep and broken": HEAD.format("") + "<item>&bad;" + "<a>" * 200_000,
    "attributes": HEAD.format("") + "<item " + " ".join(f'a{n}="1"' for n in range(20_000)) + "><odd/></item>" + END,
    "laughs": HEAD.format('<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>')
    + "<item><title>&b;</title></item>"
    + END,
    "quadratic": HEAD.format(f'<!DOCTYPE l [<!ENTITY a "{"x" * 50_000}">]>') + "<item><title>&a;</title></item>" + END,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name):
    with pytest.raises(ParseError) as caught:
        parse_feed(FeedBytes("https://paper.example/feed", BOMBS[name].encode(), "application/xml"))
    assert caught.value.reason == "parse_failed"


def test_entities_and_tags_of_honest_feeds_are_read():
    doctype = '<!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY paper "The Paper">]>'.replace("&#160;", "\u00a0")
    body = HEAD.format(doctype) + "<item><title>&paper; said</title><link>https://paper.example/1</link></item>" + END
    found = parse_feed(FeedBytes("https://paper.example/feed", body.encode(), "application/xml"))
    assert [e.title for e in found.entries] == ["The Paper said"]
    loose = (
        HEAD.format("")
        + "<item><title>A & B</title><description>"
        + "<p><br>text" * 500
        + "</description></item>"
        + END
    )
    assert parse_feed(FeedBytes("https://paper.example/feed", loose.encode(), "application/xml")).entries


def test_a_broken_feed_of_many_entries_is_cut_and_counted():
    items = "".join(
        f"<item><title>{n} & more</title><link>https://paper.example/{n}</link></item>" for n in range(3_000)
    )
    found = parse_feed(FeedBytes("https://paper.example/feed", (HEAD.format("") + items).encode(), "application/xml"))
    assert (len(found.entries), found.truncated) == (500, 2_500)
    assert xml_bomb_check.cut(b"<item/>" * 3) == (b"<item/>" * 3, 0)


def test_elements_that_feedparser_trips_over_are_passed_over():
    body = HEAD.format("") + '<item><links x="<y">a</links><title>T</title><link>https://paper.example/1</link></item>'
    found = parse_feed(FeedBytes("https://paper.example/feed", body.encode(), "application/xml"))
    assert [e.title for e in found.entries] == ["T"]


@pytest.mark.parametrize("depth", [70, 400, 2_000])
def test_an_entry_nested_deep_is_read_with_the_others(depth):
    inside = '<div title="a>b">' * depth + "<p>The kiln is cold.</p>" + "</div>" * depth
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Potters</title>'
        '<entry><id>urn:k:1</id><title>Kiln</title><link href="https://pots.example/1"/>'
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{inside}</div></content></entry>'
        '<entry><id>urn:k:2</id><title>Glaze</title><link href="https://pots.example/2"/></entry></feed>'
    )
    found = parse_feed(FeedBytes("https://pots.example/feed", body.encode(), "application/xml"))
    assert [e.title for e in found.entries] == ["Kiln", "Glaze"]
    assert "The kiln is cold." in xml_bomb_check.checked(body.encode()).decode()
