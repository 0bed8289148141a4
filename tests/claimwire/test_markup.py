"""The scan before lxml: what libxml2 itself counts is never more; limits; real pages pass."""

import random
from itertools import count
from typing import Any

import pytest
from lxml import etree

from claimwire.errors import ParseError
from claimwire.text import markup

TOKENS = (
    "<p ", '<a x="', "<b t='", "<script>", "</script>", "<script ", "<script", "<SCRIPT>", "</script x", "</scriptx>",
    "<!--", "-->", "<!-->", "<!--->", "--!>", "<textarea>", "</textarea>", "<title>", "</title>", "<style>", "</style>",
    "<svg>", "</svg>", "<![CDATA[", "]]>", "<?x", "?>", "<!doctype x", "<!x", ">", "/>", '"', "'", "=", " = ", "/", " ",
    "\n", "a# ", "a# ", "a#=x", "<", "</p ", "</", "text", "<iframe>", "</iframe>", "<noscript>", "<xmp>", "</xmp>", "<html ",
    "<body ", "--", "<!", "-", "!>", "é", "&quot;", "&gt;", "<p\n", "<select>", "<table>", "<math>", "<head>", "<p/a",
    "</body ", "</html>", "<noframes>", "<noembed>", "</noembed>", "<template>", "<meta ", "<img ", "<plaintext>", "<form ",
)  # fmt: skip


class Seen:
    """Events that libxml2 hands on: a target has no tree, so that attributes cost it nothing."""

    def __init__(self) -> None:
        self.most = self.attributes = 0

    def start(self, _: str, attributes: Any) -> None:
        self.most, self.attributes = max(self.most, len(attributes)), self.attributes + len(attributes)

    def close(self) -> "Seen":
        return self


def seen_by_libxml2(document: bytes) -> Seen:
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, target=Seen())
    found = etree.fromstring(document, parser)
    assert isinstance(found, Seen)
    return found


@pytest.fixture
def counted(monkeypatch):
    """Without bounds from above: each attribute is counted."""
    monkeypatch.setattr(markup, "MAX_ATTRIBUTES", -1)
    monkeypatch.setattr(markup, "MAX_ATTRIBUTES_IN_ALL", -1)


def test_no_document_of_chance_hides_an_attribute_that_libxml2_finds(counted):
    source = random.Random(5)
    for _ in range(6_000):
        numbers = count()
        pieces = (t.replace("#", str(next(numbers))) for t in source.choices(TOKENS, k=source.randint(2, 14)))
        document = f"x{''.join(pieces)}".encode()
        theirs, ours = seen_by_libxml2(document), markup.measured(document)
        assert (ours.most, ours.attributes) >= (theirs.most, theirs.attributes), document
        assert ours.most >= theirs.most, document
        assert ours.attributes >= theirs.attributes, document


@pytest.mark.parametrize(
    "document",
    [
        "<p a b=1 c='>' d=\">\" e>x</p>",
        "<p\na\n=\n'1'\nb\nc\nd\ne>",
        "<p/a/b/c/d/e/>",
        "<p \" a b c 'd>",
        "<!--><p a b c d e>-->",
        "<textarea><script></textarea><p a b c d e></script>",
        '<script><!-- <script> </script> <a t=" --></script><p a b c d e>',
        "<script/><p a b c d e></script>",
        "<style><p x></style ><p a b c d e>",
        "<html a b><html c d><html e>",
    ],
)
def test_five_attributes_are_five_wherever_they_stand(counted, document):
    assert markup.measured(document.encode()).most == 5


@pytest.mark.parametrize(
    "document", ["<!-- <p a b c> -->", "<script>if (a<b c d e)</script>", "<title><p a b></title>", "</p a b>"]
)
def test_what_libxml2_takes_for_text_is_none(counted, document):
    assert markup.measured(document.encode()).most == 0


def test_limits_name_what_is_too_much():
    tag = "<p " + " ".join(f"a{n}" for n in range(markup.MAX_ATTRIBUTES + 1)) + ">"
    assert markup.check(tag.replace(" a7 ", " ").encode()).tags == 1
    for document, says in (
        (tag, "a tag has 1001 attributes"),
        ("<p a b c>" * 50_001, "150003 attributes"),
        ("<b>" * 100_001, "100001 tags"),
    ):
        with pytest.raises(ParseError, match=says) as error:
            markup.check(document.encode())
        assert error.value.reason == "hostile_markup"


def test_long_values_are_no_attributes():
    picture = f"<img src='data:image/png;base64,{'iVBORw0KGgo ' * 100_000}' alt=x>"
    assert markup.check(picture.encode()).most == 2
