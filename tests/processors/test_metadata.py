"""Metadata of a page: dates with their certainty, authors, its own address, and where it was copied from."""

import json
from datetime import UTC, datetime

import pytest

from claimwire.text.dates import parse_date
from processors.clean.metadata import metadata_of
from processors.clean.page import parsed
from processors.clean.page_dates import day_in_text, plausible

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
    assert metadata.dates[0] == (parse_date(published), is_estimated)


def test_no_date_is_no_date():
    metadata = found(url="https://paper.example/bridge")
    assert metadata.dates == ()


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


PAGE = "https://paper.example/dam"
DAM = "<title>Dam of Oldwick holds after a night of rain | The Oldwick Paper</title>"
OTHER = {
    "@type": "NewsArticle",
    "headline": "Choir sings at the fair",
    "author": "Tom Hale",
    "datePublished": "2020-02-02",
}
OWN = {
    "@type": "BlogPosting",
    "url": f"{PAGE}/",
    "author": {"name": {"name": "Ida Brook"}},
    "datePublished": "2026-04-14",
}


def script(text: str, kind: str = "application/ld+json") -> str:
    return f'<script type="{kind}">{text}</script>'


@pytest.mark.parametrize(
    "scripts",
    [
        script(json.dumps([OTHER, OWN])),
        script(json.dumps(OTHER)) + script(json.dumps({"@type": "WebPage", "mainEntity": OWN})),
        script(json.dumps({"@graph": [OTHER, {**OWN, "url": None, "headline": "Dam of Oldwick holds after rain"}]})),
        script(json.dumps(OWN)[:-1] + ",}", "Application/LD+JSON; charset=utf-8"),
        script("//<![CDATA[\n" + json.dumps(OWN) + "\n//]]>"),
        script("<!-- " + json.dumps(OWN) + " -->"),
        script("/* page */ " + json.dumps(OWN) + ";"),
    ],
)
def test_json_ld_of_the_page_itself(scripts):
    metadata = found(DAM + scripts, url=PAGE)
    assert metadata.title is not None
    assert metadata.title.startswith("Dam of Oldwick holds after")
    assert metadata.author == "Ida Brook"
    assert metadata.dates[0].when == parse_date("2026-04-14")


def test_json_ld_of_another_article_only_is_not_used():
    metadata = found(DAM + script(json.dumps(OTHER)), url=PAGE)
    assert (metadata.author, metadata.dates) == (None, ())


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Dam holds - for how long?</title>", "", "Dam holds - for how long?"),
        ("<title>Oldwick Paper | Dam holds after a night of rain</title>", "", "Dam holds after a night of rain"),
        ("<title>Dam holds - Oldwick Paper</title>", '<a href="/"><img alt="Oldwick Paper"></a>', "Dam holds"),
        ("<title>Dam holds – Paper</title>", "", "Dam holds"),
        ("<title>Dam holds after rain | Regions | The Paper</title>", "", "Dam holds after rain"),
        ("<title>Oldwick dam news: rain, flood risk</title>", "<h1>Flood risk: dam of Oldwick holds</h1>",
         "Flood risk: dam of Oldwick holds"),
        ("<title>Dam holds after a night of rain</title>", "<h1>Paper</h1>", "Dam holds after a night of rain"),
        ('<meta property="og:title" content="Dam holds after long rain">', "<h1>Floods Dam holds after long rain</h1>",
         "Dam holds after long rain"),
    ],
)  # fmt: skip
def test_the_headline_without_the_name_of_the_site(head, body, title):
    assert found(head, body, url=PAGE).title == title


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("By Ida Brook, Political Editor | Updated 14 April 2026", "Ida Brook"),
        ("Von Ida Brook und Jens Ohl", "Ida Brook, Jens Ohl"), ("Ida Brook (ida.brook@paper.example)", "Ida Brook"),
        ("Reporter Ida Brook", "Ida Brook"), ("Ida Brook • Foreign correspondent", "Ida Brook"), ("Ann Writer", "Ann Writer"),
        ("By Ida Brook Apr 14, 2026", "Ida Brook"), ("Ida Brook Updated: 12:30", "Ida Brook"), ("Posted by admin", None),
        ("Text: Ida Brook", "Ida Brook"), ("Ida Brook in Northern Mills", "Ida Brook"),
        ("The Oldwick Paper", None), ("Administrator", None), ("ibrook2", None), ("Staff Writer", None), ("ida-brook", None),
        ("Oldwick Paper, 5 Mill Lane", None), ("Di Stefano", "Di Stefano"), ("By Reuters", "Reuters"),
    ],
)  # fmt: skip
def test_bylines_hold_names_only(author, expected):
    head = f'<meta property="og:site_name" content="Oldwick Paper"><meta name="author" content="{author}">'
    assert found(head, url=PAGE).author == expected


@pytest.mark.parametrize(
    ("body", "day"),
    [
        (
            '<div><time datetime="2020-01-01">x</time></div><article><h1>Dam</h1><time datetime="2026-04-14">x</time></article>',
            14,
        ),
        (
            '<main><h1>Dam</h1><ul><li><time datetime="2020-01-01">x</time></li></ul><time>14 April 2026</time></main>',
            14,
        ),
        (
            '<main><h1>Dam</h1>Updated <time datetime="2026-04-15">x</time><time datetime="2026-04-14">x</time></main>',
            14,
        ),
        ('<main><time class="modified" datetime="2026-04-15">x</time><time datetime="2026-04-14">x</time></main>', 14),
        ('<main><time datetime="soon">x</time><span itemprop="datePublished">14.04.2026</span></main>', 14),
        ('<time datetime="2020-01-01">x</time><h2>Other</h2><time datetime="2020-01-02">x</time>', None),
    ],
)
def test_times_of_the_article_only(body, day):
    dates = found(body=body, url=PAGE).dates
    assert [d.when.day for d in dates[:1]] == ([day] if day else [])


@pytest.mark.parametrize(
    "path", ["2026/04/14/dam", "news/20260414/dam", "dam-2026-04-14.html", "world/2026/apr/14/dam"]
)
def test_the_day_in_an_address(path):
    assert found(url=f"https://paper.example/{path}").dates == ((parse_date("2026-04-14"), True),)


def test_the_first_date_that_is_not_ahead():
    dates = found(ld(datePublished="2031-01-01") + '<meta name="date" content="14 April 2026">').dates
    now = datetime(2026, 4, 20, tzinfo=UTC)
    assert [str(d.when.date()) for d in (plausible(dates, now),) if d] == ["2026-04-14"]
    assert plausible(dates[:1], now) is None


def test_a_day_in_the_text_where_nothing_else_tells():
    html = "<html><body><h1>Dam</h1><p class='date'>Published on 14 April 2026</p><p>Text of the article.</p></body></html>"
    assert day_in_text(html, None, datetime(2026, 4, 20, tzinfo=UTC)) == (parse_date("2026-04-14"), True)
    assert day_in_text(html, None, datetime(2025, 4, 20, tzinfo=UTC)) is None
