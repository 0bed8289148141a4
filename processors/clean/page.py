"""A page's bytes to typed lines: decoding, main text by trafilatura, title."""

import html as html_entities
import json
import re
from dataclasses import dataclass, field
from typing import Any

from claimwire.bodies import valid_text
from claimwire.records import BlockType
from processors.clean.lines import clean_lines

META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,20})", re.IGNORECASE)
XML_CHARSET = re.compile(rb"^\s*<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w-]{2,20})")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
WHOLE_PAGE = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
TYPE_OF_TAG = {"head": BlockType.HEADING, "item": BlockType.LIST, "quote": BlockType.QUOTE}
LEAST_OF_PARAGRAPHS = 0.3
LARGE = 2_000_000
MAX_PARAGRAPH = 20_000
FRAME = ("script", "style", "noscript", "nav", "header", "footer", "aside", "form", "template", "svg")
PLAIN = {
    "p": BlockType.PARAGRAPH, "blockquote": BlockType.QUOTE, "h2": BlockType.HEADING, "h3": BlockType.HEADING,
    "h4": BlockType.HEADING,
}  # fmt: skip
TITLE_TAIL = re.compile(r"\s+[|–—-]\s+[^|–—]{2,40}$")


@dataclass(frozen=True)
class Page:
    """Title and typed lines of a page's main text, not yet cleaned of line boilerplate.

    `is_free` False: the page says of itself that only subscribers get all of it.
    """

    title: str | None
    lines: list[tuple[BlockType, str]] = field(default_factory=list)
    published: str | None = None
    is_free: bool = True


def decode_page(body: bytes, charset: str | None = None) -> str:
    """Text of a page: BOM, then valid UTF-8 (which wins over the header), then header, meta, windows-1252."""
    for bom, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(bom):
            return body.decode(name, "replace")
    found = META_CHARSET.search(body[:4096]) or XML_CHARSET.match(body[:200])
    declared = [charset, found.group(1).decode("ascii") if found else None]
    for name, errors in (("utf-8", "strict"), *((n, "strict") for n in declared if n), ("windows-1252", "strict")):
        try:
            return body.decode(name, errors)
        except (UnicodeDecodeError, LookupError):
            continue
    named = next((n for n in declared if n and n.lower().startswith("utf")), None)
    return body.decode(named or "windows-1252", "replace")


def parse_page(text: str, url: str | None = None, is_plain: bool = False) -> Page:
    """Main text of an HTML page as typed lines; no lines where it has none.

    `is_plain`, and pages over LARGE characters of mark-up: its paragraphs, by a route that takes the same time for any page.
    """
    from trafilatura import load_html

    text = CONTROL.sub("", valid_text(text))
    # load_html takes a lone fragment for no HTML.
    text = text if WHOLE_PAGE.search(text, 0, 20_000) else f"<html><body>{text}</body></html>"
    tree = load_html(text)
    if tree is None:
        return Page(None)
    title, published, is_free = _metadata(tree)
    # Data and programs in a page cost its reading nothing.
    size = len(text) - sum(len(e.text or "") for e in tree.iter("script", "style"))
    lines = _paragraphs(tree) if is_plain or size > LARGE else _main_text(tree, text, url)
    return Page(title, lines, published, is_free)


def _main_text(tree: Any, text: str, url: str | None) -> list[tuple[BlockType, str]]:
    """trafilatura's careful route; its plain one where paragraphs say that the careful one missed the body."""
    from trafilatura import bare_extraction, load_html

    # What stands in paragraphs of some length is a floor.
    least = LEAST_OF_PARAGRAPHS * sum(n for p in tree.iter("p") if (n := len(" ".join(p.text_content().split()))) > 80)
    for careful in (True, False):
        document = bare_extraction(
            tree if careful else load_html(text), url=url, favor_precision=careful, include_comments=False,
            with_metadata=False, deduplicate=False, include_tables=True,
        )  # fmt: skip
        if document is None or isinstance(document, dict) or not document.text:
            continue
        if not careful or len(document.text) >= least:
            return _typed_lines(document.text, document.body)
    return []


def _paragraphs(tree: Any) -> list[tuple[BlockType, str]]:
    """The paragraphs, quotations and headings outside a page's frame, in order."""
    for element in list(tree.iter(*FRAME)):
        if element.getparent() is not None:
            element.drop_tree()
    found = []
    for element in tree.iter(*PLAIN):
        line = " ".join(element.text_content().split())
        if line and len(line) <= MAX_PARAGRAPH:
            found.append((PLAIN[element.tag], line))
    return found


def _typed_lines(text: str, body: Any) -> list[tuple[BlockType, str]]:
    """trafilatura's own text, which misses nothing, typed by the elements of its tree."""
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


def _metadata(tree: Any) -> tuple[str | None, str | None, bool]:
    """(title, published, whether the page calls itself free to read)."""
    title = published = None
    is_free = True
    for script in tree.iterfind('.//script[@type="application/ld+json"]'):
        for item in _json_ld(script.text or ""):
            title = title or _text(item.get("headline"))
            published = published or _text(item.get("datePublished"))
            is_free &= str(item.get("isAccessibleForFree")).casefold() != "false"
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        if name == "og:title":
            title = title or _text(meta.get("content"))
        elif name in ("article:published_time", "date", "dc.date", "pubdate"):
            published = published or _text(meta.get("content"))
    if title is None:
        for element in tree.iterfind(".//h1"):
            title = title or _text(element.text_content())
    if title is None:
        found = tree.find(".//title")
        if found is not None and _text(found.text_content()):
            title = TITLE_TAIL.sub("", _text(found.text_content()) or "")
    return title, published, is_free


def _json_ld(text: str) -> list[dict[str, Any]]:
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return []
    items = data if isinstance(data, list) else [data]
    items += [i for d in items if isinstance(d, dict) and isinstance(d.get("@graph"), list) for i in d["@graph"]]
    return [i for i in items if isinstance(i, dict) and "Article" in str(i.get("@type"))]


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return " ".join(html_entities.unescape(value).split())[:500] or None


def body_text(html: str | bytes, url: str | None = None) -> str:
    """The body of a page without its title: main text, boilerplate lines removed, a line for each block."""
    page = parse_page(decode_page(html) if isinstance(html, bytes) else html, url)
    cleaned = clean_lines([text for _, text in page.lines], page.title)
    return "\n".join(text for _, text in cleaned.kept)
