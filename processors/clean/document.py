"""A raw article's body of any media type to `text` and typed blocks."""

import re
from dataclasses import dataclass, field, replace

from claimwire.errors import ParseError
from claimwire.records.articles import Block, Removed
from claimwire.records.hosts import HostLine, HostRules
from claimwire.records.vocabulary import BlockType, RejectReason, Route
from claimwire.text.encodings import page_text, valid_text
from processors.clean.blocked_pages import wall_of
from processors.clean.bylines import author_names
from processors.clean.learned import drop_learned, host_lines
from processors.clean.lines import SENTENCE_END, bounded, clean_lines
from processors.clean.metadata import Metadata
from processors.clean.page import ParsedPage, parse_page
from processors.clean.rules import DATELINE, TRUNCATED

HTML_TYPES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml")
MIN_CHARACTERS = 40
MAX_HEADING = 70
MAX_TITLE = 300
LONGEST_STUB = 1500
CAPTION = re.compile(
    r"^(?:.{10,200}\((?:[A-Z][\w .’'/-]{1,30})\)|(?:photo|foto|image|file photo|picture|getty images|ap photo)\b.{0,150})$",
    re.IGNORECASE,
)
CREDIT_TAIL = re.compile(r"\([A-Z][\w .’'/-]{1,30}\)$|/(?:Stringer|Handout|Pool)$")


@dataclass(frozen=True)
class Document:
    """A clean document: `text` = title, blank line, body, with blocks, removed lines and metadata."""

    title: str | None
    text: str
    blocks: tuple[Block, ...]
    removed: tuple[Removed, ...]
    dateline: str | None
    byline: str | None
    truncated: bool
    lines: tuple[HostLine, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
    route: Route = Route.TEXT
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Declared:
    """Metadata of an article from its feed: headline, URL, name of the publisher."""

    title: str | None = None
    url: str | None = None
    source: str | None = None


UNDECLARED = Declared()


def clean_document(
    body: bytes,
    media_type: str,
    charset: str | None = None,
    declared: Declared = UNDECLARED,
    *,
    is_plain: bool = False,
    rules: HostRules | None = None,
) -> Document | RejectReason:
    """Return the clean document of a fetched body, or the reason for rejection.

    `declared`: metadata of its feed. `is_plain`: use only the linear-time method. `rules`: lines that its host repeats.
    """
    kind = media_type.split(";", maxsplit=1)[0].strip().lower()
    if _is_binary(body):
        return RejectReason.NOT_HTML
    if kind == "text/plain":
        lines, is_cut = bounded(page_text(body, charset).splitlines(), len)
        document = _assemble(lines, {}, _title(declared.title), declared.source, rules)
        return replace(document, truncated=True) if is_cut and isinstance(document, Document) else document
    if kind not in HTML_TYPES:
        return RejectReason.NOT_HTML
    html = page_text(body, charset)
    try:
        page = parse_page(html, declared.url, is_plain)
    except ParseError:
        return RejectReason.HOSTILE_MARKUP
    if wall := wall_of(html, page.metadata.title, "\n".join(text for _, text in page.lines)):
        return wall
    if not page.lines:
        return RejectReason.NO_TEXT
    return _of_page(page, _title(declared.title) or page.metadata.title, declared.source, rules)


def _of_page(
    page: ParsedPage, title: str | None, source: str | None, rules: HostRules | None
) -> Document | RejectReason:
    found, is_cut = bounded(page.lines, lambda line: len(line[1]))
    typed = {n: kind for n, (kind, _) in enumerate(found)}
    document = _assemble([text for _, text in found], typed, title, source, rules)
    if isinstance(document, RejectReason):
        return document
    return replace(
        document,
        truncated=is_cut or document.truncated or _is_stub(document, page.metadata.is_free),
        byline=author_names([document.byline or ""], page.metadata.sites) or page.metadata.author,
        metadata=page.metadata, route=page.route, confidence=round(page.confidence, 3),
    )  # fmt: skip


def _is_binary(body: bytes) -> bool:
    is_utf16 = body[:2] in (b"\xff\xfe", b"\xfe\xff")
    return body[:5] == b"%PDF-" or (b"\x00" in body[:200].replace(b"\x00", b"", 1) and not is_utf16)


def _is_stub(document: Document, is_free: bool) -> bool:
    """Return whether the text is only the beginning of an article before a subscription box."""
    is_asked = any(r.rule == "paywall" for r in document.removed)
    return len(document.text) < LONGEST_STUB and (is_asked or not is_free)


def _title(title: str | None) -> str | None:
    return " ".join(valid_text(title).split())[:MAX_TITLE] or None if title else None


def _assemble(
    lines: list[str],
    typed: dict[int, BlockType],
    title: str | None,
    source: str | None,
    rules: HostRules | None,
) -> Document | RejectReason:
    cleaned = clean_lines(lines, title, source)
    left, learned = drop_learned(cleaned.kept, rules)
    kept = list(left)
    if title is None and not typed and len(kept) > 1 and _is_headline(kept[0][1], kept[1][1]):
        title = kept.pop(0)[1]
        if len(kept) > 1 and kept[0][1] == title:
            kept.pop(0)
    if sum(len(t) for _, t in kept) + len(title or "") < MIN_CHARACTERS:
        return RejectReason.TOO_SHORT if kept else RejectReason.NO_TEXT
    parts = [(BlockType.TITLE, title)] if title else []
    for index, (number, text) in enumerate(kept):
        last = index == len(kept) - 1
        kind = typed.get(number, BlockType.PARAGRAPH)
        parts.append((_block_type(text, last) if kind is BlockType.PARAGRAPH else kind, text))
    parts = [(BlockType.CAPTION if k is BlockType.PARAGRAPH and is_caption(t) else k, t) for k, t in parts]
    text, blocks = _join(parts)
    bodies = [t for k, t in parts if k is BlockType.PARAGRAPH]
    dateline = DATELINE.match(bodies[0]) if bodies else None
    return Document(
        title=title,
        text=text,
        blocks=blocks,
        removed=tuple(sorted((*cleaned.removed, *learned), key=lambda r: r.line)),
        dateline=dateline.group(0).strip(" -–—.") if dateline else None,
        byline=author_names([cleaned.byline or ""], [source or ""]),
        lines=host_lines(cleaned.kept),
        truncated=bool(bodies and TRUNCATED.search(bodies[-1][-200:])),
    )


def _join(parts: list[tuple[BlockType, str]]) -> tuple[str, tuple[Block, ...]]:
    text = ""
    blocks: list[Block] = []
    for kind, piece in parts:
        if text:
            text += "\n\n" if blocks[-1].type is BlockType.TITLE else "\n"
        blocks.append(Block(type=kind, start=len(text), end=len(text) + len(piece)))
        text += piece
    return text, tuple(blocks)


def _is_headline(line: str, following: str) -> bool:
    is_short = len(line) <= 160 and not re.search(r"[.!?;:,]$", line) and not is_caption(line)
    return is_short and len(following) > 30 and len(line.split()) >= 3


def is_caption(line: str) -> bool:
    """Return whether a line is a picture credit: short, with an agency in brackets or a credit word."""
    return (
        len(line) <= 200
        and not SENTENCE_END.search(line.rstrip(")"))
        and (
            CREDIT_TAIL.search(line) is not None or line.lower().startswith(("photo:", "foto:", "image:", "file photo"))
        )
    )


def _block_type(text: str, last: bool) -> BlockType:
    is_short = len(text) <= MAX_HEADING and not re.search(r"[.!?…:;,。！？\"”’)]$", text)
    return BlockType.HEADING if is_short and not last and text[:1].isupper() else BlockType.PARAGRAPH
