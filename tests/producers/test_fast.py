"""The fast path reads what feedparser reads, or gives up; on the common feeds it does not give up."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimwire.text.encodings import feed_text
from producers.feeds.documents import utf8_document
from producers.feeds.fast import NotFast, fast_feed
from producers.feeds.parse import FAST, FEEDPARSER, MAX_ENTRIES, FeedBytes, parse_feed, reference_feed

URL = "https://paper.example/feed/"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
    'xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)
LONG = "<p>" + "The council of Eastvale closed the bridge for good. " * 40 + "</p>"


def rss(*items: str, head: str = "<title>Paper &amp; Pen</title><language>de</language>") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {NAMESPACES}><channel>{head}{"".join(items)}</channel></rss>'.encode()


def news(n: int) -> str:
    return (
        f"<item><title><![CDATA[Bridge {n} “closed”]]></title><link>https://paper.example/{n}?a=1&amp;b=2</link>"
        f'<description>Short &lt;b&gt;text&lt;/b&gt; &amp;amp; more {n}</description><guid isPermaLink="false">g{n}</guid>'
        f"<pubDate>Fri, 20 Nov 2026 08:0{n % 10}:00 GMT</pubDate>"
        '<media:thumbnail url="https://i.example/1.jpg" width="240"/></item>'
    )


def wordpress(n: int) -> str:
    return (
        f"<item><title>Post {n} &#8211; it&#8217;s here</title><link>https://paper.example/{n}/</link>"
        f"<dc:creator><![CDATA[Anna Writer]]></dc:creator><pubDate>Fri, 20 Nov 2026 08:00:00 +0000</pubDate>"
        f'<category><![CDATA[News]]></category><guid isPermaLink="false">https://paper.example/?p={n}</guid>'
        f"<description><![CDATA[<p>Excerpt {n} [&#8230;]</p>]]></description><content:encoded><![CDATA[{LONG}]]></content:encoded>"
        f"<wfw:commentRss>https://paper.example/{n}/feed/</wfw:commentRss><slash:comments>3</slash:comments></item>"
    )


def atom(*entries: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title type="text">Paper'
        '</title><link rel="self" href="https://paper.example/atom"/><link rel="hub" href="https://hub.example/"/>'
        f"<updated>2026-11-20T08:00:00Z</updated><id>urn:feed</id>{''.join(entries)}</feed>"
    ).encode()


def entry(n: int) -> str:
    return (
        f'<entry><title type="html">Bridge &lt;i&gt;{n}&lt;/i&gt;</title><link rel="alternate" type="text/html" href="/{n}"/>'
        f"<id>urn:{n}</id><published>2026-11-20T08:00:00+01:00</published><updated>2026-11-20T09:00:00Z</updated>"
        f'<author><name>Anna Writer</name><email>a@paper.example</email></author><summary type="html">Short {n}</summary>'
        f'<content type="html">{LONG.replace("<", "&lt;")}</content><category term="news"/></entry>'
    )


def rdf(*items: str) -> bytes:
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://paper.example/"><title>Paper</title>'
        f"<link>https://paper.example/</link></channel><image><title>Logo</title><url>x</url></image>{''.join(items)}</rdf:RDF>"
    ).encode()


def rdf_item(n: int) -> str:
    return (
        f'<item rdf:about="https://paper.example/{n}"><title>Bridge {n}</title><link>https://paper.example/{n}</link>'
        f"<description>Short</description><dc:date>2026-11-20T08:00:00Z</dc:date><dc:creator>Anna Writer</dc:creator></item>"
    )


def both(body: bytes):
    """(the fast answer or None, feedparser's)."""
    feed = FeedBytes(URL, body, "application/xml")
    text, is_mislabelled = feed_text(body, feed.content_type)
    document = utf8_document(text)
    try:
        fast_feed(document, MAX_ENTRIES)
    except NotFast:
        found = None
    else:
        found = parse_feed(feed)
    return found, reference_feed(feed, document, is_mislabelled)


def check(body: bytes) -> bool:
    """Return whether the fast path answers; it must then answer as feedparser does."""
    found, reference = both(body)
    if found is None:
        return False
    assert replace(found, parser=FEEDPARSER) == replace(reference, is_broken=False)
    return True


COMMON = {
    "news": rss(*(news(n) for n in range(5))),
    "wordpress": rss(
        *(wordpress(n) for n in range(5)),
        head="<title>Blog</title><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
    ),
    "atom": atom(*(entry(n) for n in range(5))),
    "rdf": rdf(*(rdf_item(n) for n in range(5))),
    "empty": rss(),
    "no version of 2.0": rss(news(1)).replace(b'"2.0"', b'"2.0.1"'),
    "permanent guid": rss("<item><title>a</title><guid>https://paper.example/9</guid></item>"),
    "hints": rss(
        news(1), head="<title>P</title><ttl>15</ttl><skipHours><hour>0</hour><hour>24</hour><hour>3</hour></skipHours>"
    ),
}
UNUSUAL = {
    "a base": rss(news(1)).replace(b"<channel>", b'<channel xml:base="https://other.example/">'),
    "a document type": b"<!DOCTYPE rss><rss version='2.0'><channel></channel></rss>",
    "two titles": rss("<item><title>a</title><title>b</title></item>"),
    "a title of media": rss("<item><title>a</title><media:title>b</media:title></item>"),
    "xhtml": atom(
        '<entry><title>a</title><id>1</id><link href="/1"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">x</div></content></entry>'
    ),
    "an undefined entity": rss("<item><title>a&nbsp;b</title></item>"),
    "the address behind a redirect": rss(
        "<item><title>a</title><link>https://r.example/1</link><feedburner:origLink>https://paper.example/1</feedburner:origLink></item>"
    ),
    "cut off": rss(news(1), news(2))[:-150],
}


@pytest.mark.parametrize("name", COMMON)
def test_common_feeds_are_read_fast_and_alike(name):
    assert check(COMMON[name])


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_feeds_are_left_to_feedparser(name):
    assert not check(UNUSUAL[name])


PARTS = st.sampled_from(
    [
        "<title>A title</title>", "<title><![CDATA[A &amp; B <b>c</b>]]></title>", "<title> </title>", "<title>A &lt;b&gt;c&lt;/b&gt; &amp;eacute;</title>",
        "<link>https://paper.example/1</link>", "<link>/2</link>", "<link/>", '<atom:link rel="self" href="/s"/>',
        '<atom:link href="/alt"/>', "<guid>https://paper.example/g</guid>", '<guid isPermaLink="false">g</guid>', "<guid/>",
        "<description>Text</description>", "<description><![CDATA[<p>Text</p>]]></description>", f"<content:encoded><![CDATA[{LONG}]]></content:encoded>",
        "<content:encoded/>", "<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate>", "<dc:date>2026-11-19</dc:date>", "<pubDate>never</pubDate>",
        "<author>a@paper.org (Anna Writer)</author>", "<dc:creator>Ben Other</dc:creator>", "<category>News</category>",
        '<enclosure url="https://paper.example/a.mp3" type="audio/mpeg" length=""/>', "<media:description>Other</media:description>",
        '<media:content url="x"><media:credit>C</media:credit></media:content>', '<media:content url="x"><media:title>C</media:title></media:content>',
        "<itunes:summary>Sum</itunes:summary>", "<source url='https://other.example/feed'>Other</source>", "<comments>https://paper.example/c</comments>",
        "<unknown>x</unknown>", "<title>Ärger — “so”</title>", "<title>\u0085\u0091</title>", "<title>Ã©</title>",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(PARTS, max_size=7), max_size=4))
def test_any_items_are_read_alike_or_left(items):
    check(rss(*(f"<item>{''.join(parts)}</item>" for parts in items)))


def test_most_entries_are_taken_and_all_counted():
    found = parse_feed(FeedBytes(URL, rss(*(news(n) for n in range(MAX_ENTRIES + 7))), "text/xml"))
    assert found.parser == FAST
    assert (len(found.entries), found.truncated) == (MAX_ENTRIES, 7)
