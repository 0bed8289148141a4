"""A page's bytes to typed lines: decoding, extraction of the main text, title."""

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from claimwire.errors import ParseError
from claimwire.records.vocabulary import BlockType, Route
from claimwire.text.encodings import page_text, valid_text
from claimwire.text.markup import check
from processors.clean.lines import MOST_LINES, clean_lines
from processors.clean.metadata import Metadata, metadata_of, text_within
from processors.clean.scorer import Scored, all_lines, main_lines

HEAD = 20_000
PAGE_MARKS = re.compile(r"<(?:html|body|head|title|!doctype)\b", re.IGNORECASE)
WHOLE_PAGE = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
TYPE_OF_TAG = {"head": BlockType.HEADING, "item": BlockType.LIST, "quote": BlockType.QUOTE}
LEAST_OF_PARAGRAPHS = 0.3
MOST_DOUBT = 0.25
LEAST_CHARACTERS = 250
# News pages have at most 4,110 tags and 0.2 MB of text (201 pages measured); a live blog of a week has three times
# that.
LARGE = 2_000_000
MOST_TAGS = 15_000
MAX_PARAGRAPH = 20_000
FRAME = ("script", "style", "noscript", "nav", "header", "footer", "aside", "form", "template", "svg")
PLAIN = {
    "p": BlockType.PARAGRAPH, "blockquote": BlockType.QUOTE, "h2": BlockType.HEADING, "h3": BlockType.HEADING,
    "h4": BlockType.HEADING,
}  # fmt: skip


@dataclass(frozen=True)
class ParsedPage:
    """Metadata and typed lines of a page's main text, before boilerplate lines are removed.

    `confidence` (0 to 1): certainty of our own model, or its agreement with trafilatura.
    """

    metadata: Metadata = field(default_factory=Metadata)
    lines: list[tuple[BlockType, str]] = field(default_factory=list)
    route: Route = Route.PARAGRAPHS
    confidence: float = 0.0


def parse_page(text: str, url: str | None = None, is_plain: bool = False) -> ParsedPage:
    """Extract the main text of an HTML page as typed lines, if any. A fragment, as in feeds, is main text as a whole.

    `text` is valid (see `valid_text`). With `is_plain`, or over LARGE bytes without scripts or MOST_TAGS, it returns the
    paragraphs, in linear time. Raises ParseError (hostile_markup).
    """
    data = text.encode("utf-8")
    markup = check(data)
    tree = parsed(data)
    if tree is None:
        return ParsedPage()
    metadata = metadata_of(tree, url)
    body = tree.find("body")
    if is_plain or markup.size > LARGE or markup.tags > MOST_TAGS or body is None:
        return ParsedPage(metadata, _paragraphs(tree), Route.PARAGRAPHS)
    if not PAGE_MARKS.search(text, 0, HEAD):
        return ParsedPage(metadata, all_lines(body), Route.FRAGMENT, 1.0)
    scored = main_lines(body, metadata.title)
    least = max(LEAST_CHARACTERS, LEAST_OF_PARAGRAPHS * scored.paragraphs)
    if scored.doubt < MOST_DOUBT and scored.characters >= least:
        return ParsedPage(metadata, scored.lines, Route.BLOCKS, 1 - scored.doubt)
    route, lines = careful_lines(text, url, scored)
    return ParsedPage(metadata, lines, route, _agreement(lines, scored.lines))


def parsed(text: str | bytes) -> Any:
    """Parse a page with lxml, without comments; None if it is empty. Bytes are UTF-8."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    data = text.encode("utf-8") if isinstance(text, str) else text
    return etree.fromstring(data, parser) if data.strip() else None


def careful_lines(text: str, url: str | None, fast: Scored) -> tuple[Route, list[tuple[BlockType, str]]]:
    """Extract with trafilatura: favouring precision, or recall if that misses most of the page's long paragraphs."""
    from trafilatura import bare_extraction, load_html

    least = LEAST_OF_PARAGRAPHS * fast.paragraphs
    # load_html rejects a fragment as not HTML.
    text = text if WHOLE_PAGE.search(text, 0, HEAD) else f"<html><body>{text}</body></html>"
    for route in (Route.CAREFUL, Route.WIDE):
        tree = load_html(text)
        document = None if tree is None else bare_extraction(
            tree, url=url, favor_precision=route is Route.CAREFUL, include_comments=False, with_metadata=False,
            deduplicate=False, include_tables=True,
        )  # fmt: skip
        if document is None or isinstance(document, dict) or not document.text:
            continue
        if route is Route.WIDE or len(document.text) >= least:
            return route, _typed_lines(document.text, document.body)
    return Route.WIDE, []


def _agreement(lines: list[tuple[BlockType, str]], others: list[tuple[BlockType, str]]) -> float:
    """Return the agreement of two results, 0 to 1, by characters in equal lines."""
    mine, theirs = {t for _, t in lines}, {t for _, t in others}
    return 2 * sum(map(len, mine & theirs)) / max(1, sum(map(len, mine)) + sum(map(len, theirs)))


def _paragraphs(tree: Any) -> list[tuple[BlockType, str]]:
    """Return paragraphs, quotations and headings outside navigation and footers, in order."""
    etree.strip_elements(tree, *FRAME, with_tail=False)
    found = []
    for element in tree.iter(*PLAIN):
        line = text_within(element, MAX_PARAGRAPH)
        if line:
            found.append((PLAIN[element.tag], line))
        if len(found) == MOST_LINES:
            break
    return found


def _typed_lines(text: str, body: Any) -> list[tuple[BlockType, str]]:
    """Return the lines of trafilatura's text, which is complete, typed by the elements of its tree."""
    types: dict[str, BlockType] = {}
    for element in body.iter(*TYPE_OF_TAG) if body is not None else ():
        types.setdefault(" ".join("".join(element.itertext()).split()), TYPE_OF_TAG[element.tag])
    lines = []
    for raw in text.split("\n"):
        if raw.startswith("|"):
            kind, line = BlockType.TABLE, " | ".join(c.strip() for c in raw.strip("| ").split("|") if c.strip(" -"))
        else:
            line = " ".join(raw.removeprefix("- ").split())
            kind = types.get(line, BlockType.LIST if raw.startswith("- ") else BlockType.PARAGRAPH)
        if line:
            lines.append((kind, line))
    return lines


def body_text(html: str | bytes, url: str | None = None) -> str:
    """Return the body of a page without its title: main text without boilerplate, a line for each block.

    Empty if it has none, and for mark-up that must not be parsed.
    """
    try:
        page = parse_page(page_text(html) if isinstance(html, bytes) else valid_text(html), url)
    except ParseError:
        return ""
    cleaned = clean_lines([text for _, text in page.lines], page.metadata.title)
    return "\n".join(text for _, text in cleaned.kept)
