"""Pages made to stop a reader: each generator gives a page of about `size` bytes, of one kind of excess."""

from collections.abc import Callable
from itertools import count, islice
from typing import NamedTuple

HEAD = "<!DOCTYPE html><html><head><title>Flood in Valdivia</title></head><body><article><h1>Flood in Valdivia</h1>"
STORY = (
    "<p>At least four people were killed when the river flooded parts of Valdivia on Friday, the interior ministry said.</p>"
    "<p>The ministry said that seven people were missing.</p>"
)
TAIL = "</article></body></html>"
SIZE = 5_000_000


class Hostile(NamedTuple):
    """A page by its size in bytes, and the media type that it comes with."""

    make: Callable[[int], str | bytes]
    media_type: str = "text/html"


def _times(unit: str, around: tuple[str, str] = ("", "")) -> Hostile:
    """The same thing again and again, behind a story."""
    return Hostile(lambda size: HEAD + STORY + around[0] + unit * (size // len(unit)) + around[1] + TAIL)


def _counted(unit: str, around: tuple[str, str] = ("", "")) -> Hostile:
    """As `_times`, with a number in each that no other has."""
    return Hostile(lambda size: HEAD + STORY + around[0] + _numbered(unit, size) + around[1] + TAIL)


def _numbered(unit: str, size: int) -> str:
    return "".join(islice((unit.replace("#", str(n)) for n in count()), size // (len(unit) + 5)))


def _few(unit: str, most: int, before: str = "") -> Hostile:
    """As `_times`, below the limits of a page that is read in full."""
    return Hostile(lambda size: HEAD + STORY + before + unit * min(size // len(unit), most) + TAIL)


def _nested(name: str, text: str = "") -> Hostile:
    """An element in itself, again and again, closed in the end."""
    opened, closed = f"<{name}>{text}", f"</{name}>"
    times = len(opened) + len(closed)
    return Hostile(lambda size: HEAD + STORY + opened * (size // times) + closed * (size // times) + TAIL)


def _plain(unit: str) -> Hostile:
    return Hostile(lambda size: unit * (size // len(unit)), "text/plain")


def _data(make: Callable[[int], str]) -> Hostile:
    """Something in place of a page's JSON-LD."""
    return Hostile(
        lambda size: HEAD + f'<script type="application/ld+json">{make(size)}</script>' + STORY + TAIL,
    )


def _limit_times(size: int) -> str:
    """Tags of 900 attributes, each below the limit."""
    tag = "<html " + " ".join(f"b#x{n}" for n in range(900)) + ">"
    return "".join(tag.replace("#", str(n)) for n in range(size // (len(tag) + 900)))


P = ("<p ", ">x</p>")
KILLED = "<p>At least # people were killed when the river flooded parts of Valdivia on Friday, the interior ministry said.</p>"
PAGES: dict[str, Hostile] = {
    # Tags of more attributes than any page needs; lxml's time grows with their square.
    "attributes, quoted": _counted('a#="x" ', P),
    "attributes, bare": _counted("a# ", P),
    "attributes, unquoted values": _counted("a#=x ", P),
    "attributes, one a line": _counted("a#\n=\n'x'\n", P),
    "attributes between slashes": _counted("/a#", P),
    "attributes with > in their values": _counted("a#='>' ", P),
    "attributes without space between": _counted('a#="x"', P),
    "attributes behind a lone quote": _counted("a# ", ('<p " ', ">x</p>")),
    "attributes behind <!-->": _counted("a# ", ("<!--><p ", ">x</p>-->")),
    "attributes behind a textarea's script": _counted("a# ", ("<textarea><script></textarea><p ", ">x</p></script>")),
    "attributes of a tag that never ends": Hostile(lambda size: HEAD + STORY + "<p " + _numbered("a#='x' ", size)),
    "attributes of a closing tag": _counted("a# ", ("<p>x</p ", ">")),
    "attributes of many <html> tags": Hostile(lambda size: HEAD + STORY + _limit_times(size) + TAIL),
    "attributes in UTF-16": Hostile(lambda size: (HEAD + "<p " + _numbered("a# ", size // 2) + ">" + STORY).encode("utf-16")),
    "attributes in a comment": _counted("a# ", ("<!--<p ", ">-->")),
    "attributes in a script": _counted("a# ", ("<script>if (a<b ", ")</script>")),
    # Depth and number of elements.
    "nested tables": _nested("table><tr><td"),
    "nested div": _nested("div"),
    "nested div with text": _nested("div", "The river rose again on Friday. "),
    "nested blockquote with text": _nested("blockquote", "x"),
    "nested figcaption with text": _nested("figcaption", "x"),
    "nested h1": Hostile(lambda size: HEAD.split("<h1>", maxsplit=1)[0] + "<h1>" * (size // 4) + STORY + TAIL),
    "nested lists": _nested("ul><li", "x"),
    "nested span in a link": _nested("a href=x><span", "x"),
    "<b> that nobody closes": _times("<b>"),
    "<b> and <i> closed in the wrong order": _times("<b><i>x</b></i>"),
    "<p> without text": _times("<p>"),
    "<i> of one letter": _times("<i>x</i>"),
    "<br> between letters": _times("a<br>"),
    "<br> behind whole sentences": _times("The river rose on Friday.<br>"),
    "cells of a table": _times("<td>x</td>", ("<table><tr>", "</tr></table>")),
    "rows of a table": _times("<tr><td>x</td><td>1</td></tr>", ("<table>", "</table>")),
    "options": _times("<option>x", ("<select>", "</select>")),
    "headings": _times("<h2>River</h2>"),
    "captions": _counted("<figure><figcaption>River #</figcaption></figure>"),
    "links": _times('<a href="https://paper.example/x">Source</a> '),
    "meta tags": _counted('<meta name="n#" content="x">'),
    "times": _times("<time>x</time>"),
    "class names": _counted('<p class="story-# x">The river rose.</p>'),
    "one class of many names": _counted("story-body# ", ('<p class="', '">x</p>')),
    "scripts": _times("<script>x</script>"),
    "frames": _times("<nav><p>x</p></nav>"),
    "cells below the limit of tags": _few("<td>x y z</td>", 14_500, "<table><tr>"),
    "paragraphs below the limit of tags": _few(KILLED.replace("#", "4"), 14_500),
    "links below the limit of tags": _few("<li><a href='/x'>The river rose again</a></li>", 7_000),
    "<br> below the limit of tags": _few("x y<br>", 14_500),
    "attributes below the limit of a tag": _few("<p " + " ".join(f"a{n}" for n in range(900)) + ">x</p>", 150),
    # Text between tags.
    "paragraphs with a claim each": _counted(KILLED),
    "one paragraph of claims": _counted(KILLED[3:-4] + " ", ("<p>", "</p>")),
    "one sentence": _times("and the river rose ", ("<p>", "</p>")),
    "sentences at the limit": _times("<p>" + "He said that the river rose and " * 40 + "fell.</p>"),
    "clauses": _times("<p>" + "The ministry said that the police said that " * 20 + "four died.</p>"),
    "one word": _times("x", ("<p>", "</p>")),
    "words of a megabyte": _times("<p>" + "x" * 999_000 + ".</p> "),
    "numbers": _times("1,", ("<p>", "</p>")),
    "one number": _times("1", ("<p>", " people were killed.</p>")),
    "names": _times("Aa Bb, ", ("<p>", "</p>")),
    "capitals": _times("<p>" + "ABC DEF " * 100 + "(AP) - x.</p>"),
    "stops": _times(".", ("<p>", "</p>")),
    "stops and capitals": _times("A. ", ("<p>", "</p>")),
    "quotation marks": _times('"', ("<p>", "</p>")),
    "quotations that nobody closes": _times("“A. ", ("<p>", "</p>")),
    "brackets": _times("(", ("<p>", "</p>")),
    "separators": _times("a / ", ("<p>", "</p>")),
    "spaces": _times(" ", ("<p>x", "x</p>")),
    "line breaks": _times("x\n", ("<pre>", "</pre>")),
    "combining marks": _times("a" + "\u0301" * 1000, ("<p>", "</p>")),
    "zero-width joiners": _times("\u200d", ("<p>x", "x</p>")),
    "Chinese": _times("洪水冲毁了桥梁", ("<p>", "</p>")),
    "NULs": _times("\x00", ("<p>x", "x</p>")),
    "entities": _times("&amp;", ("<p>", "</p>")),
    "entities of no character": _times("&#x110000;", ("<p>", "</p>")),
    "entities without end": _times("&notit", ("<p>", "</p>")),
    "opening brackets": _times("<"),
    "comments": _times("<!---->"),
    "a comment that never ends": _times("<!-- "),
    "CDATA": _times("<![CDATA[x]]>"),
    "instructions": _times("<?x?>"),
    "a picture in base64": _times("iVBORw0KGgo", ('<img src="data:image/png;base64,', '">')),
    "a title": Hostile(lambda size: "<html><head><title>" + "Flood " * (size // 6) + "</title></head><body>" + STORY),
    "a title of entities": Hostile(lambda size: "<html><head><title>" + "&amp;amp; " * (size // 10) + "</title><body>" + STORY),
    # Data that a page carries.
    "JSON-LD of brackets": _data(lambda size: "[" * size),
    "JSON-LD of objects": _data(lambda size: '{"a":' * (size // 5)),
    "JSON-LD of a list": _data(lambda size: "[" + '{"@type":"NewsArticle"},' * (size // 24) + "1]"),
    "JSON-LD of a graph": _data(lambda size: '{"@graph":[' + "[]," * (size // 3) + "1]}"),
    "JSON-LD of a number": _data(lambda size: '{"@type":"NewsArticle","x":' + "1" * size + "}"),
    "JSON-LD of a headline": _data(lambda size: '{"@type":"NewsArticle","headline":"' + "&amp; " * (size // 6) + '"}'),
    "JSON-LD of types": _data(lambda size: '{"@type":[' + '"x",' * (size // 4) + '"Article"]}'),
    "JSON-LD in many scripts": _times('<script type="application/ld+json">{"@type":"x"}</script>'),
    # Pages that are none.
    "text of one line": _plain("and the river rose "),
    "text of one word": _plain("x"),
    "text of short lines": _plain("x\n"),
    "text of stops": _plain("...\n"),
    "text of claims": _plain("At least 4 people were killed in Valdivia on Friday, the ministry said.\n"),
    "a fragment of paragraphs": Hostile(lambda size: "<p>The river rose in Valdivia.</p>" * (size // 34)),
}  # fmt: skip


def page(name: str, size: int = SIZE) -> bytes:
    """The bytes of a hostile page, at most `size` of them."""
    made = PAGES[name].make(size - 1_000)
    return (made if isinstance(made, bytes) else made.encode("utf-8"))[:size]
