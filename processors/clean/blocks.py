"""Blocks of text in a page's tree, and the location of the article among them."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from processors.clean.lines import SENTENCE_END

SKIPPED = frozenset(
    "script style noscript template svg iframe button select option input textarea object embed head map canvas video "
    "audio math datalist dialog nav footer".split()
)
BLOCK = frozenset(
    "p div section article main ul ol li h1 h2 h3 h4 h5 h6 blockquote figure figcaption table tbody thead tr td th pre dl "
    "dt dd address header aside form fieldset center details summary hr picture".split()
)
BOLD = frozenset(("strong", "b", "em", "i"))
TEXT_TAGS = frozenset("p div span blockquote td section article h1 h2 h3 h4 h5 h6".split())
DEEPEST = 200
BREAK_PIECES, BREAK_CHARACTERS = 50, 200
LONGEST_NAME, MOST_NAMES = 100, 50
LEAST_WORDS = 12
SHARES = (1.0, 0.7, 0.5, 0.35)
# Hints about an element's content in class names and ids of news sites and content management systems.
HINTS = tuple(
    (name, re.compile(pattern))
    for name, pattern in {
        "comment": "comment|disqus|respond|discussion",
        "related": "related|recommend|read-?more|more-|-more|also|promo|teaser|trending|popular|most-|latest|outbrain|taboola"
        "|card|recirc|headlines|suggest",
        "ad": "(^|[ _-])ads?([ _-]|$)|advert|sponsor|banner|dfp|gpt",
        "social": "share|social|follow|subscri|newsletter|sign-?up|donat|piano|paywall|cta|registr|login",
        "meta": "byline|author|contributor|writer|date|time|publish|meta|credit|info|source",
        "tags": "(^|[ _-])tags?([ _-]|$)|topic|categor|keyword|breadcrumb|kicker|rubri|label|eyebrow",
        "nav": "nav|menu|side-?bar|footer|header|widget|modal|popup|overlay|cookie|consent|gdpr|toolbar|masthead|hidden|skip"
        "|print|search|aside|rail|col-?right",
        "media": "caption|figure|gallery|image|img|photo|media|video|player|slide|carousel|picture|thumb",
        "body": "article[-_]*(body|content|text|main|copy)|story[-_]*(body|content|text)|(entry|post)[-_]*(content|body)"
        "|content[-_]*(body|text|main|article)|main-?(content|text)|body-?(text|content|copy)|rich-?text|wysiwyg|prose"
        "|text-?content|name-?body",
        "lead": "lead|lede|standfirst|summary|sub-?title|de(k|ck)|intro|excerpt|chapo|subhead|abstract|teaser|description",
        "title": "headline|title|heading",
        "embed": "embed|twitter|tweet|instagram|facebook|youtube|quote|pull",
        "box": "box|module|block|list|bio|about|copyright|disclaimer|notice|legal|correction|footnote|terms",
        "article": "article|story|post|entry|content",
    }.items()
)  # fmt: skip
HINT_NAMES = tuple(name for name, _ in HINTS)
WORD = re.compile(r"\w+")
# A script without spaces takes about five bytes for the content of a word in other scripts.
WIDE = 5


class Node(NamedTuple):
    """An element that can contain runs; `hints` are bits over HINT_NAMES."""

    parent: int
    tag: str
    hints: int
    style: str


class Run(NamedTuple):
    """A run: a line of text in one element, with its characters in links and in bold, and its number of links."""

    text: str
    node: int
    linked: int
    bold: int
    links: int


class Walk:
    """Collects `nodes` and `runs` of a body in one pass, in document order."""

    def __init__(self, body: Any) -> None:
        self.nodes = [Node(-1, "root", 0, "")]
        self.runs: list[Run] = []
        self._buffer: list[str] = []
        self._linked = self._bold = self._links = 0
        self._enter(body, 0, False, False, 0)
        self._flush(0)

    def _flush(self, node: int) -> None:
        if not self._buffer:
            return
        text = " ".join("".join(self._buffer).split())
        if text:
            self.runs.append(Run(text, node, self._linked, self._bold, self._links))
        self._buffer.clear()
        self._linked = self._bold = self._links = 0

    def _add(self, text: str, in_link: bool, in_bold: bool) -> None:
        self._buffer.append(text)
        if in_link:
            self._linked += len(text.strip())
        if in_bold:
            self._bold += len(text.strip())

    def _enter(self, element: Any, owner: int, in_link: bool, in_bold: bool, depth: int) -> None:
        tag = element.tag
        if tag in SKIPPED or depth > DEEPEST:
            return
        is_block = tag in BLOCK
        if is_block:
            self._flush(owner)
            style = element.get("class") or ""
            hints = 0
            for name in f"{style} {element.get('id') or ''} {element.get('itemprop') or ''}".split()[:MOST_NAMES]:
                hints |= hints_of(name[:LONGEST_NAME])
            self.nodes.append(Node(owner, tag, hints, style))
            owner = len(self.nodes) - 1
        elif tag == "a":
            self._links += 1
            in_link = True
        elif tag in BOLD:
            in_bold = True
        elif tag == "br":
            self._break(owner)
        if element.text:
            self._add(element.text, in_link, in_bold)
        for child in element:
            self._enter(child, owner, in_link, in_bold, depth + 1)
            if child.tail:
                self._add(child.tail, in_link, in_bold)
        if is_block:
            self._flush(owner)

    def _break(self, node: int) -> None:
        """Handle a line break: two of them, or one after a complete sentence, end the line; a single one is a space."""
        # Only the last pieces of text: otherwise a line of a thousand breaks would be read a thousand times.
        text = "".join(self._buffer[-BREAK_PIECES:]).rstrip(" \t")
        if text.endswith("\n") or SENTENCE_END.search(text.strip()[-BREAK_CHARACTERS:]):
            self._flush(node)
        else:
            self._buffer.append("\n")


@lru_cache(maxsize=1 << 16)
def hints_of(name: str) -> int:
    """Return the hints of a class name or id, as bits over HINT_NAMES."""
    folded = name.lower()
    return sum(1 << n for n, (_, pattern) in enumerate(HINTS) if pattern.search(folded))


def words_in(text: str) -> int:
    """Return the number of words of a line; in a script without spaces it is estimated from the length."""
    count = text.count(" ") + 1
    return count if text.isascii() or count * 12 > len(text) else max(count, len(text) // WIDE)


class Layout:
    """Layout of a page: link shares, the best container, and the range of its text."""

    def __init__(self, walk: Walk) -> None:
        self.nodes, self.runs = walk.nodes, walk.runs
        self.words = [words_in(r.text) for r in self.runs]
        self.density = [min(1.0, r.linked / len(r.text)) for r in self.runs]
        self.is_text = [self._is_text(n) for n in range(len(self.runs))]
        self.best = self._best()
        self.above_best = frozenset(self._chain(self.best))
        self._below: dict[int, tuple[int, frozenset[str]]] = {}
        self.depth = [self._depth(r.node) for r in self.runs]
        inside = [n for n, d in enumerate(self.depth) if d is not None and self.is_text[n]]
        self.first, self.last = (inside[0], inside[-1]) if inside else (len(self.runs), -1)

    def _is_text(self, number: int) -> bool:
        run = self.runs[number]
        return (
            self.words[number] >= LEAST_WORDS and self.density[number] < 1 / 3 and self.nodes[run.node].tag in TEXT_TAGS
        )

    def _chain(self, node: int) -> Iterator[int]:
        while node >= 0:
            yield node
            node = self.nodes[node].parent

    def _best(self) -> int:
        """Return the element with most running text close below it; -1 if there is none."""
        mass: dict[int, float] = {}
        for number, run in enumerate(self.runs):
            if not self.is_text[number]:
                continue
            is_leaf = self.nodes[run.node].tag in ("p", "blockquote")
            start = self.nodes[run.node].parent if is_leaf else run.node
            for node, share in zip(self._chain(start), SHARES, strict=False):
                mass[node] = mass.get(node, 0.0) + self.words[number] * share * (1.5 if is_leaf else 1.0)
        return max(mass, key=lambda node: (mass[node], node)) if mass else -1

    def _depth(self, node: int) -> int | None:
        """Return the number of levels below the best container; None outside it."""
        for level, above in enumerate(self._chain(node)):
            if above == self.best:
                return level
        return None

    def below(self, node: int) -> tuple[int, frozenset[str]]:
        """Return hints and tags of the elements around a run, up to the best container."""
        if node < 0 or node in self.above_best:
            return 0, frozenset()
        found = self._below.get(node)
        if found is None:
            own = self.nodes[node]
            hints, tags = self.below(own.parent)
            found = self._below[node] = hints | own.hints, tags | {own.tag}
        return found
