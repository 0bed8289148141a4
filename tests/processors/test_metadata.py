"""Metadata of a page: dates with their certainty, authors, its own address, and where it was copied from."""

import json

import pytest

from processors.clean.metadata import metadata_of
from processors.clean.page import parsed

URL = "https://paper.example/2026/11/20/bridge.html"


def found(head: str = "", body: str = "<p>Text</p>", url: str | None = URL):
    return metadata_of(parsed(f"<html><head>{head}</head><body>{body}</body></html>"), url)


def ld(**fields: str) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **fields})}</script>'


@pytest.mark.parametrize(
    ("head", "body", "published", "is_estimated"),
    [
        (ld(datePublished="2026-11-19T08:00:00+01:00"), "", "2026-11-19T08:00:00+01:00", False),
        ('<meta property="article:published_time" content="2026-11-19">', "", "2026-11-19", False),
        ('<meta itemprop="datePublished" content="2026-11-19">', "", "2026-11-19", False),
        ("", '<time datetime="2026-11-18T10:00:00Z">yesterday</time>', "2026-11-18T10:00:00Z", True),
        ("", "<p>no time here</p>", "2026-11-20", True),
    ],
)
def test_dates_with_their_certainty(head, body, published, is_estimated):
    metadata = found(head, body)
    assert (metadata.published, metadata.is_estimated) == (published, is_estimated)


def test_no_date_is_no_date():
    metadata = found(url="https://paper.example/bridge")
    assert metadata.published is None
    assert not metadata.is_estimated


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ({"@type": "Person", "name": "Anna Writer"}, "Anna Writer"),
        ([{"name": "Anna Writer"}, "Ben Other"], "Anna Writer, Ben Other"),
        ("https://paper.example/anna", None),
        ({"url": "x"}, None),
    ],
)
def test_authors(author, expected):
    assert found(ld(author=author)).author == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<a href="https://origin.example/a">Source link </a>', "https://origin.example/a"),
        ('<a href="https://origin.example/a"><span>Read the original article</span></a>', "https://origin.example/a"),
        ('<a href="https://origin.example/a">Quelle:</a>', "https://origin.example/a"),
        ('<a href="/other">Source link</a>', None),
        ('<a href="javascript:x()">Source link</a>', None),
        ('<a href="http://[bad">Source link</a>', None),
        ('<a href="https://origin.example/a">The source of the river</a>', None),
    ],
)
def test_where_a_copy_says_it_is_from(link, expected):
    assert found(body=f"<p>Text</p>{link}").provenance == expected


def test_the_address_that_a_page_gives_itself():
    assert found('<link rel="canonical" href="/bridge">').canonical == "https://paper.example/bridge"
    assert found('<meta property="og:url" content="https://paper.example/b">').canonical == "https://paper.example/b"
    assert found('<link rel="canonical" href="mailto:x">').canonical is None


def test_captions_outside_the_frame():
    figure = "<figure><img src='a'><figcaption> The bridge <b>on Monday</b> </figcaption></figure>"
    assert found(body=f"{figure}{figure}<aside><figure><figcaption>Other</figcaption></figure></aside>").captions == (
        "The bridge on Monday",
    )


def test_json_ld_that_is_no_json_is_passed_over():
    assert (
        found('<script type="application/ld+json">{"@type": </script><title>Bridge | Paper</title>').title == "Bridge"
    )


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        (["NewsArticle"], "news"),
        ([["NewsArticle", "OpinionNewsArticle"]], "opinion"),
        (["http://schema.org/Recipe"], "advice"),
        (["NewsArticle", "Product"], "news"),
        (["SportsEvent"], "scores"),
        (["WebPage", "Organization"], "unknown"),
        ([None, 7, {}, []], "unknown"),
    ],
)
def test_the_kind_of_page_that_it_says_it_is(types, kind):
    scripts = "".join(f'<script type="application/ld+json">{json.dumps({"@type": t})}</script>' for t in types)
    assert found(scripts).kind == kind
