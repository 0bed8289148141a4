"""Cleaning: the two seeds exactly, the catalogue's rules, hard negatives, hostile pages."""

import gzip
import json
from re import _constants, _parser

import pytest

from claimwire.records.vocabulary import BlockType, RejectReason, Route
from claimwire.text.encodings import page_text
from console.resources import seeds_dir
from processors.clean import body_text
from processors.clean.document import Declared, Document, clean_document, is_caption
from processors.clean.lines import clean_lines
from processors.clean.page import parse_page
from processors.clean.rules import catalogue, rules
from tests.conftest import shared

SEEDS = ("000_f29a8041dc07d8d1", "001_6b684441157fca30")
BODY = "The ministry said on Tuesday that the bridge over the river would stay closed until the end of the month."
MORE = "Engineers found cracks in two of the four pillars, and divers will look at the others on Wednesday morning."


def text_document(text: str, title: str | None = None):
    return clean_document(text.encode(), "text/plain", "utf-8", declared=Declared(title=title))


@pytest.mark.shared
@pytest.mark.parametrize("name", SEEDS)
def test_seeds_come_out_exactly_right(name):
    expected = json.loads(shared("eval", "cleaning", "seeds", f"{name}.expected.json").read_text("utf-8"))
    document = text_document((seeds_dir() / f"{name}.txt").read_text("utf-8"))
    assert document.title == expected["title"]
    found = [{"type": b.type.value, "text": document.text[b.start : b.end]} for b in document.blocks]
    assert found == expected["blocks"]
    assert [r.text for r in document.removed] == [r["line"] for r in expected["removed"]]


@pytest.mark.parametrize(
    "line",
    [
        "[ad_1]", "Source link", "Leave a Reply", "Advertisement", "Share this:", "READ MORE: Bridge closed again",
        "Sign up for our newsletter", "Copyright © 2026 Paper. All rights reserved.", "Schreibe einen Kommentar",
        "The post Bridge closed appeared first on Paper.", "(Reporting by A. Writer; Editing by B. Editor)",
        "Читайте также: Мост закрыт", "Lire aussi : Le pont fermé", "[matched_content]", "Loading...", "* * *",
        "Tags: bridge, river", "Your email address will not be published. Required fields are marked *",
        "This article was originally published on The Paper.",
    ],
)  # fmt: skip
def test_boilerplate_after_the_text_goes(line):
    cleaned = clean_lines([BODY, MORE, line])
    assert [t for _, t in cleaned.kept] == [BODY, MORE]
    assert [(r.text, r.line) for r in cleaned.removed] == [(line, 2)]


@pytest.mark.parametrize(
    "line",
    [
        "The source link between the two outbreaks was a well in the old town, doctors said on Monday.",
        "The copyright case over the song ended on Friday with a settlement, the lawyers said in a statement.",
        "“The [sic] bridge is safe”",
        "Field developments",
        "Armenian novel",
        "He said: read more of what the engineers wrote and you will see that they warned us for ten years.",
        "Related: Fire crews, who had fought the flames for hours, were sent home at dawn by the governor of the province.",
        "The post he held first appeared on a list of jobs to be cut.",
    ],
)
def test_running_text_and_subheads_stay(line):
    cleaned = clean_lines([BODY, line, MORE])
    assert [t for _, t in cleaned.kept] == [BODY, line, MORE]
    assert cleaned.removed == ()


def examples() -> list[tuple[str, str]]:
    return [(rule["id"], line) for rule in catalogue() for line in (*rule["examples"], *rule.get("phrases", ()))]


def placed(anchor: str, line: str) -> list[str]:
    return [line, BODY, MORE] if anchor == "head" else [BODY, MORE, line]


ANCHORS = {rule["id"]: rule["anchor"] for rule in catalogue()}


@pytest.mark.parametrize(("rule", "line"), examples())
def test_each_rule_takes_its_examples(rule, line):
    cleaned = clean_lines(placed(ANCHORS[rule], line))
    assert [t for _, t in cleaned.kept] == [BODY, MORE]
    (removed,) = cleaned.removed
    assert removed.text == line
    # Languages share words; the first rule that knows one takes it.
    assert removed.rule.split(".")[0] == rule.split(".")[0]


@pytest.mark.parametrize("line", [line for rule in catalogue() for line in rule["counters"]])
def test_no_rule_takes_a_counter_example(line):
    cleaned = clean_lines([BODY, line, MORE])
    assert [t for _, t in cleaned.kept] == [BODY, line, MORE]


def repeats(parsed, inside: bool = False):
    """(most repetitions, whether it stands in another repetition) of each repetition of a parsed pattern."""
    for operation, argument in parsed:
        if operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            yield argument[1], inside
            yield from repeats(argument[2], inside or argument[1] > 1)
        elif operation is _constants.SUBPATTERN:
            yield from repeats(argument[3], inside)
        elif operation is _constants.BRANCH:
            for branch in argument[1]:
                yield from repeats(branch, inside)


@pytest.mark.parametrize("rule", [r for r in rules() if r.pattern is not None], ids=lambda r: r.id)
def test_each_pattern_is_matched_in_linear_time(rule):
    found = list(repeats(_parser.parse(rule.pattern.pattern)))
    assert all(most <= 500 and not inside for most, inside in found)
    assert rule.longest <= 400


def test_every_language_has_the_common_rules():
    languages = {"en", "es", "fr", "de", "pt", "it", "ru", "ar", "tr", "id", "hi"}
    assert languages <= {rule["language"] for rule in catalogue() if rule["id"].startswith("comment_form")}
    assert len({rule["id"] for rule in catalogue()}) == len(catalogue())


@pytest.mark.parametrize(
    "line",
    [
        "Subscribe to our newsletter to get news like this in your inbox", "Únete a nuestro canal de Telegram",
        "Laden Sie jetzt unsere App herunter und abonnieren Sie den Newsletter",
        "Подпишитесь на наш канал, чтобы читать новости", "Uygulamamızı indirin, haberleri kaçırmayın",
    ],
)  # fmt: skip
def test_appeals_to_readers_go_in_any_wording(line):
    assert [t for _, t in clean_lines([BODY, MORE, line]).kept] == [BODY, MORE]


@pytest.mark.parametrize(
    "line",
    [
        "“Subscribe to our newsletter,” the caller said, and hung up.",
        "Subscribers to our newsletter were told that their accounts had been closed.",
        "We need your help, the mayor wrote to the minister.",
        "The newspaper's app and its newsletters have four million readers.",
    ],
)
def test_sentences_about_newsletters_stay(line):
    assert [t for _, t in clean_lines([BODY, line, MORE]).kept] == [BODY, line, MORE]


def test_head_rules():
    lines = ["Home » News » Bridge closed", "Bridge closed", "By Anna Writer", "Published 3 November 2026", BODY, MORE]
    cleaned = clean_lines(lines, "Bridge closed")
    assert [t for _, t in cleaned.kept] == [BODY, MORE]
    assert {r.rule for r in cleaned.removed} == {"breadcrumb", "title_echo", "byline", "time_stamp"}
    assert cleaned.byline == "Anna Writer"


def test_what_would_remove_most_of_a_text_removes_nothing():
    lines = ["Advertisement"] * 40 + ["Short."]
    cleaned = clean_lines(lines)
    assert cleaned.refused
    assert len(cleaned.kept) == 41


def test_comments_after_the_form_are_kept_where_text_follows():
    cleaned = clean_lines([BODY, "Leave a Reply", "First!", "I agree"])
    assert [t for _, t in cleaned.kept] == [BODY]
    cleaned = clean_lines([BODY, "Comments", MORE])
    assert [t for _, t in cleaned.kept] == [BODY, MORE]


def test_captions_and_headings_are_typed():
    assert is_caption("One of the tanks near the bridge (Al-Jazeera)")
    assert not is_caption("The minister resigned (for the second time).")
    document = text_document(
        f"Bridge closed again\n{BODY}\nThe pillars\n{MORE}\nA diver at work (Reuters)\n{BODY}", None
    )
    kinds = [b.type for b in document.blocks]
    assert kinds == [BlockType.TITLE, BlockType.PARAGRAPH, BlockType.HEADING, BlockType.PARAGRAPH, BlockType.CAPTION,
                     BlockType.PARAGRAPH]  # fmt: skip


def test_dateline_stays_in_the_text_and_becomes_a_field():
    document = text_document(f"Bridge closed again today\nPARIS, Nov 19 (AFP) - {BODY}\n{MORE}")
    assert document.dateline == "PARIS, Nov 19 (AFP)"
    assert "PARIS, Nov 19 (AFP) - The ministry" in document.text


@pytest.mark.parametrize(
    ("body", "media_type", "reason"),
    [
        (b"%PDF-1.7 ....", "text/html", RejectReason.NOT_HTML),
        (b"x" * 500, "application/octet-stream", RejectReason.NOT_HTML),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "text/html", RejectReason.NOT_HTML),
        (b"", "text/html", RejectReason.NO_TEXT),
        (b"", "text/plain", RejectReason.NO_TEXT),
        (b"Too short.", "text/plain", RejectReason.TOO_SHORT),
        (b"<html><body></body></html>", "text/html", RejectReason.NO_TEXT),
        (b"<!-- only a comment -->", "text/html", RejectReason.NO_TEXT),
    ],
)
def test_what_is_no_article_is_rejected_with_its_reason(body, media_type, reason):
    assert clean_document(body, media_type) is reason


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("Café “quoted”".encode("windows-1252"), None),
        ("Café “quoted”".encode(), "iso-8859-1"),
        ("Café “quoted”".encode("utf-16"), None),
        (b"\xef\xbb\xbf" + "Café “quoted”".encode(), None),
        (b'<meta charset="windows-1252">' + "Café “quoted”".encode("windows-1252"), None),
    ],
)
def test_decoding(body, charset):
    assert "Café “quoted”" in page_text(body, charset)


def test_a_wrong_charset_name_is_survived():
    assert page_text(b"plain", "no-such-charset") == "plain"
    assert "Привет" in page_text("Привет".encode("windows-1251"), "windows-1251")


def page(*paragraphs: str) -> str:
    body = "".join(f"<p>{p}</p>" for p in paragraphs)
    return f"<html><head><title>Bridge closed | Paper</title></head><body><article>{body}</article></body></html>"


def test_a_page_cut_off_in_the_middle_keeps_its_beginning():
    html = page(BODY, MORE, BODY)
    assert body_text(html[: len(html) - 150]).startswith(BODY)


def test_body_text_is_without_title_and_boilerplate():
    text = body_text(page("[ad_1]", BODY, MORE, "[ad_2]", "Source link"))
    assert text == f"{BODY}\n{MORE}"


def test_title_of_a_page():
    assert parse_page(page(BODY, MORE)).metadata.title == "Bridge closed"
    ld = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Bridge closed at night"}</script>'
    assert parse_page(page(BODY, MORE).replace("<head>", f"<head>{ld}")).metadata.title == "Bridge closed at night"
    broken = '<script type="application/ld+json">{"@type": </script>'
    assert parse_page(page(BODY, MORE).replace("<head>", f"<head>{broken}")).metadata.title == "Bridge closed"


WALLS = [
    ("Just a moment...", "<p>Checking your browser before accessing paper.example.</p>", RejectReason.BOT_CHECK),
    ("Access denied", "<p>Please verify you are a human. Ray ID: 7</p>", RejectReason.BOT_CHECK),
    ("paper.example", '<script src="https://ct.captcha-delivery.com/c.js"></script>', RejectReason.BOT_CHECK),
    (
        "Before you continue to Paper",
        "<p>We use cookies and data to deliver our services. Choose accept all cookies or manage your preferences.</p>",
        RejectReason.CONSENT_WALL,
    ),
]


@pytest.mark.parametrize(("title", "body", "reason"), WALLS)
def test_walls_are_named_and_never_articles(title, body, reason):
    html = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    assert clean_document(html.encode(), "text/html") is reason


def test_an_article_about_a_wall_is_an_article():
    told = "Checking your browser: the phrase that every reader knows is a check for bots, the engineers explained on Monday."
    html = page(told, *(f"{BODY} {MORE} {n}" for n in range(6)))
    document = clean_document(html.encode(), "text/html")
    assert told in document.text


def test_the_beginning_before_a_subscription_box_is_marked_truncated():
    boxed = clean_document(page(BODY, MORE, "Already a subscriber? Log in").encode(), "text/html")
    assert boxed.truncated
    ld = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": "False"}</script>'
    html = page(BODY, MORE).replace("<head>", f"<head>{ld}")
    assert clean_document(html.encode(), "text/html").truncated
    assert not clean_document(page(BODY, MORE).encode(), "text/html").truncated


def test_the_plain_route_takes_the_paragraphs_outside_the_frame():
    html = page(BODY, MORE).replace("<body>", "<body><nav><p>Home and all the other sections of the paper</p></nav>")
    document = clean_document(html.encode(), "text/html", is_plain=True)
    assert [document.text[b.start : b.end] for b in document.blocks] == ["Bridge closed", BODY, MORE]


def test_a_page_over_two_megabytes_or_of_too_many_tags_is_read_plainly():
    scripted = page(BODY, MORE).replace("</body>", f"<script>{'x = 1;' * 400_000}</script></body>")
    assert body_text(scripted) == f"{BODY}\n{MORE}"
    assert body_text(page(BODY, MORE).replace("</body>", f"{'<b></b>' * 90_000}</body>")) == f"{BODY}\n{MORE}"
    assert parse_page(page(BODY, MORE).replace("</body>", f"{'<b></b>' * 15_000}</body>")).route is Route.PARAGRAPHS


def test_a_text_of_any_length_is_cut_to_what_an_article_can_have():
    lines = [f"The river rose for the {n}th time, and the ministry said that nobody was hurt." for n in range(9_000)]
    for kind, body in (("text/plain", "\n".join(lines)), ("text/html", "".join(f"<p>{line}</p>" for line in lines))):
        document = clean_document(body.encode(), kind, declared=Declared(title="The river"))
        assert isinstance(document, Document)
        assert document.truncated
        assert 250_000 < len(document.text) < 320_000
        short = clean_document(body[:3_000].encode(), kind, declared=Declared(title="The river"))
        assert isinstance(short, Document)
        assert not short.truncated


def test_a_tag_of_too_many_attributes_is_refused_in_any_encoding():
    tag = "<p " + " ".join(f"a{n}" for n in range(1_001)) + f">{BODY}</p>"
    for charset in ("utf-8", "utf-16"):
        html = page(BODY, MORE).replace("</body>", f"{tag}</body>").encode(charset)
        assert clean_document(html, "text/html", charset) is RejectReason.HOSTILE_MARKUP
        assert body_text(html) == ""


@pytest.mark.parametrize(
    "html",
    [
        "<" * 100_000,
        "<table>" * 20_000,
        "<table><tr><td>1</td></tr></table>" * 100_000,
        "<frameset><frame src='a'></frameset>",
        "<?xml version='1.0'?><rss><channel><item><title>a</title></item></channel></rss>",
        "<script>" + "var a = '<p>b</p>';" * 1000 + "</script>",
        "<div>" * 5_000,
        "<p>" + "a" * 1_000_000,
        "<p>" + "&amp;" * 100_000,
        "\x00\ud800<p>x",
        "]]>" * 9999,
    ],
    ids=[
        "angle brackets",
        "nested tables",
        "many tables",
        "frames",
        "xml",
        "scripts only",
        "deep",
        "one long word",
        "entities",
        "surrogate",
        "cdata ends",
    ],
)
def test_hostile_pages_raise_nothing(html):
    body_text(html)


@pytest.mark.shared
def test_cleaning_twice_is_cleaning_once_on_real_pages():
    folder = shared("eval", "extraction", "publishers", "html")
    for path in sorted(folder.glob("*.gz"))[:12]:
        once = body_text(gzip.decompress(path.read_bytes()).decode("utf-8"))
        again = [t for _, t in clean_lines(once.splitlines()).kept]
        assert [t for _, t in clean_lines(again).kept] == again
