"""The routes to a page's body: our own model where it is sure, trafilatura elsewhere; the same answer in any order."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from claimwire.records.vocabulary import BlockType, Route
from processors.clean.blocks import Layout, Walk, words_in
from processors.clean.page import parse_page, parsed
from processors.clean.scorer import main_lines, weights

ROOT = Path(__file__).resolve().parents[2]

PARAGRAPHS = [
    "The council of Eastvale voted on Monday evening to close the old bridge over the river Tarn for eighteen months.",
    "Engineers had told the councillors in May that two of the four pillars could not carry another winter of ice.",
    "“We have looked at every way to keep it open”, the mayor, Ruth Adler, said after the vote, which ended 14 to 3.",
    "Buses will take the longer way by the mill, and the fire brigade is to get a second engine on the northern bank.",
    "Shopkeepers on the market square fear for their trade and want the town to pay for a ferry until the work is done.",
    "The town expects the works to cost some four million, of which the province has promised to pay about a half.",
]
HEADING = "What the ferry would cost"
CAPTION = "The bridge on Monday, seen from the mill. (Paper/A. Lens)"
AROUND = [f"Another story of the day, number {n}" for n in range(8)]


def site(body: str) -> str:
    links = "".join(f"<li><a href='/s/{n}'>{text}</a></li>" for n, text in enumerate(AROUND))
    return (
        "<html><head><title>Bridge to close | Paper</title><meta property='og:title' content='Bridge to close'></head><body>"
        "<header class='site-header'><a href='/'>Paper</a></header><nav><ul><li>World</li><li>Sport</li></ul></nav>"
        f"<main><article class='article'>{body}</article><aside class='related'><h3>Read more</h3><ul>{links}</ul></aside>"
        "</main><div class='newsletter-signup'><p>Sign up to our newsletter and get the news of the day in your inbox, every "
        "morning, free of charge.</p></div><footer><p>All rights reserved.</p></footer></body></html>"
    )


def article() -> str:
    text = "".join(f"<p>{p}</p>" for p in PARAGRAPHS[:4])
    rest = "".join(f"<p>{p}</p>" for p in PARAGRAPHS[4:])
    figure = f"<figure><img src='b.jpg'><figcaption>{CAPTION}</figcaption></figure>"
    return f"<h1>Bridge to close</h1>{figure}<div class='article-body'>{text}<h2>{HEADING}</h2>{rest}</div>"


def test_our_own_model_reads_a_plain_page_of_a_newspaper():
    page = parse_page(site(article()))
    assert page.route is Route.BLOCKS
    assert page.confidence > 0.75
    texts = [text for _, text in page.lines]
    assert [t for t in texts if t in PARAGRAPHS] == PARAGRAPHS
    assert (BlockType.HEADING, HEADING) in page.lines
    assert not [t for t in texts if t in AROUND or "newsletter" in t or "rights" in t]


def test_a_page_with_little_text_goes_the_careful_way():
    page = parse_page(site(f"<h1>Bridge to close</h1><p>{PARAGRAPHS[0]}</p>"))
    assert page.route in (Route.CAREFUL, Route.WIDE)
    assert [text for _, text in page.lines if text in PARAGRAPHS] == PARAGRAPHS[:1]


def test_a_fragment_from_a_feed_is_the_article():
    html = f"<p>{PARAGRAPHS[0]}</p><h3>{HEADING}</h3><ul><li>A short point</li></ul><p>{PARAGRAPHS[1]}</p>"
    page = parse_page(html)
    assert page.route is Route.FRAGMENT
    assert [text for _, text in page.lines] == [PARAGRAPHS[0], HEADING, "A short point", PARAGRAPHS[1]]


def test_the_answer_does_not_depend_on_the_pages_before():
    html, other = site(article()), site(article().replace("article-body", "comments"))
    first = parse_page(html)
    for _ in range(3):
        parse_page(other)
    assert parse_page(html) == first


ANSWERS = """
import sys
from claimwire.ids import digest
from tests.corpus import own_pages
from tests.processors.test_body import article, site
from processors.clean.page import parse_page
for html in (site(article()), *(p.html.decode(p.encoding) for p in own_pages())):
    print(digest(repr(parse_page(html))))
"""


def test_the_answer_is_the_same_in_every_process():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", ANSWERS],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def test_the_model_doubts_what_is_no_article():
    links = "".join(f"<div class='teaser'><h3><a href='/{n}'>{p}</a></h3></div>" for n, p in enumerate(PARAGRAPHS * 3))
    found = main_lines(parsed(site(links)).find("body"), "Paper")
    assert found.doubt > 0.25 or found.characters < 250


def test_every_feature_of_a_page_is_spelled_as_in_the_table():
    known = weights()
    assert known[0].keys() & known[1].keys() >= {"bias", "Iin", "Opost", "tag p", "around body", "in figcaption"}
    assert all(len(table) > 300 for table in known)


def test_cells_of_a_row_are_one_line():
    rows = "".join(f"<tr><td>Ward {n}</td><td>{n * 7} votes</td></tr>" for n in range(1, 6))
    text = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
    page = parse_page(
        site(f"<h1>Bridge to close</h1><div class='article-body'>{text}<table>{rows}</table>{text}</div>")
    )
    tables = [line for kind, line in page.lines if kind is BlockType.TABLE]
    assert all(line in [f"Ward {n} | {n * 7} votes" for n in range(1, 6)] for line in tables)


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<p>One line.<br>Another line.</p>", ["One line.", "Another line."]),
        ("<p>A line that goes<br>on here.</p>", ["A line that goes on here."]),
        ("<div>before<p>in</p>after</div>", ["before", "in", "after"]),
        ("<p>a <b>bold</b> and <a href='x'>linked</a> word</p>", ["a bold and linked word"]),
        ("<p>kept</p><script>gone()</script><nav>gone</nav><p>too</p>", ["kept", "too"]),
    ],
)
def test_a_body_in_runs_of_text(html, lines):
    walk = Walk(parsed(f"<html><body>{html}</body></html>").find("body"))
    assert [run.text for run in walk.runs] == lines


def test_shares_of_links():
    layout = Layout(
        Walk(parsed("<html><body><p>12345<a href='x'>67890</a></p><p>no link</p></body></html>").find("body"))
    )
    assert layout.density == [0.5, 0.0]


def test_words_of_scripts_without_spaces():
    assert words_in("three plain words") == 3
    assert words_in("気象庁は午後に地震があったと発表した") > 2
