"""Removal of boilerplate lines. Each removal is recorded as {rule, line, text}; lines are removed as a whole."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

from claimwire.records.articles import Removed
from processors.clean.rules import AUTOBLOG_EDGE, BYLINE, HOME_WORDS, Anchor, meanings
from processors.clean.solicitations import is_appeal

T = TypeVar("T")
SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
# Limits of the text; the rest is cut off. The longest news page has 0.2 MB in 3,000 lines, menus included.
MOST_LINES, MOST_CHARACTERS = 5_000, 300_000
SEPARATOR = re.compile(r"\s+[/»›>|•]\s+")
BETWEEN_BUTTONS = re.compile(r"[|·•:]")


@dataclass(frozen=True)
class Lines:
    """Kept lines with their number in the input, removed lines, and the byline."""

    kept: tuple[tuple[int, str], ...]
    removed: tuple[Removed, ...]
    byline: str | None
    refused: bool = False


def is_body_sentence(line: str) -> bool:
    """Return whether a line is running text: over 100 characters, or over 45 with the end of a sentence."""
    return len(line) > 100 or (len(line) > 45 and SENTENCE_END.search(line) is not None)


def bounded(lines: Sequence[T], length: Callable[[T], int]) -> tuple[list[T], bool]:
    """Return the first lines, up to MOST_LINES and MOST_CHARACTERS, and whether any were cut."""
    ends = accumulate(map(length, lines[:MOST_LINES]))
    kept = [line for line, end in zip(lines, ends, strict=False) if end <= MOST_CHARACTERS]
    return kept, len(kept) < len(lines)


def clean_lines(lines: list[str], title: str | None = None, source: str | None = None) -> Lines:
    """Remove boilerplate lines. If that were more than half of the characters, remove none (`refused`)."""
    kept = [(n, text) for n, line in enumerate(lines) if (text := " ".join(line.split()))]
    total = sum(len(text) for _, text in kept)
    removed: list[Removed] = []
    byline: str | None = None
    original = tuple(kept)
    while True:
        kept, gone, found = _one_pass(kept, title, source)
        byline = byline or found
        if not gone:
            break
        removed += gone
    if sum(len(r.text) for r in removed) > max(200, total / 2):
        return Lines(original, (), None, refused=True)
    return Lines(tuple(kept), tuple(sorted(removed, key=lambda r: r.line)), byline)


def _one_pass(
    kept: list[tuple[int, str]], title: str | None, source: str | None
) -> tuple[list[tuple[int, str]], list[Removed], str | None]:
    body = [i for i, (_, text) in enumerate(kept) if is_body_sentence(text) and not _matches_any(text)]
    first, last = (body[0], body[-1]) if body else (len(kept), -1)
    out: list[tuple[int, str]] = []
    gone: list[Removed] = []
    byline = None
    cut: str | None = None
    for index, (number, text) in enumerate(kept):
        rule = cut or _rule_of(kept, index, first, last, title, source)
        is_form = rule is not None and rule.startswith("comment_form")
        if is_form and not any(len(kept[i][1]) > 100 for i in body if i > index):
            cut = rule
        if rule is None:
            stripped = AUTOBLOG_EDGE.sub("", text) if "[ad_" in text else text
            if stripped != text:
                gone.append(Removed(rule="autoblog_tag", line=number, text=text.replace(stripped, "").strip()))
            if stripped:
                out.append((number, stripped))
            continue
        if rule == "byline" and (found := BYLINE.fullmatch(text)):
            byline = byline or found.group(1)
        gone.append(Removed(rule=rule, line=number, text=text))
    return out, gone, byline


def _matches_any(text: str) -> bool:
    return any(True for _ in meanings(text.casefold()))


def _rule_of(
    kept: list[tuple[int, str]], index: int, first: int, last: int, title: str | None, source: str | None
) -> str | None:
    text = kept[index][1]
    allowed = {Anchor.ANY}
    if index < first:
        allowed.add(Anchor.HEAD)
    if index > last:
        allowed.add(Anchor.TAIL)
    if index > first or index > last:
        allowed.add(Anchor.CUT)
    for rule in meanings(text.casefold()):
        if rule.anchor in allowed:
            return rule.id
    if _are_buttons(text):
        return "buttons"
    if index < 3 and title and _words(text) == _words(title):
        return "title_echo"
    if is_appeal(text, is_outside=not first <= index <= last):
        return "appeal"
    if index < max(3, first) and index < first + 1:
        return _head_rule(kept, index, first, title, source)
    return None


def _head_rule(
    kept: list[tuple[int, str]], index: int, first: int, title: str | None, source: str | None
) -> str | None:
    text = kept[index][1]
    following = kept[index + 1][1] if index + 1 < len(kept) else None
    if is_breadcrumb(text, following, title):
        return "breadcrumb"
    if index < first:
        if title and _is_echo(text, title):
            return "title_echo"
        if source and text.casefold() == source.casefold():
            return "source_name"
        if len(text) <= 80 and BYLINE.fullmatch(text):
            return "byline"
    return None


def is_breadcrumb(line: str, following: str | None, title: str | None) -> bool:
    """Return whether a line is a breadcrumb path: it has a word for home, or ends with the title or the next line."""
    parts = [p.strip().casefold() for p in SEPARATOR.split(line)]
    if len(parts) < 2:
        return False
    ends = {t.casefold() for t in (following, title) if t}
    if parts[-1] in ends or parts[0] in HOME_WORDS:
        return True
    return len(line) <= 80 and not SENTENCE_END.search(line) and all(len(p.split()) <= 4 for p in parts)


def _are_buttons(line: str) -> bool:
    """Return whether a line is a row of buttons: "Share: Facebook · Telegram"."""
    parts = [part.strip() for part in BETWEEN_BUTTONS.split(line.casefold())]
    return len(parts) > 1 and all(any(rule.id.startswith("share_button") for rule in meanings(p)) for p in parts)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _is_echo(line: str, title: str) -> bool:
    words, wanted = set(_words(line)), set(_words(title))
    if not words or not wanted:
        return False
    common = len(words & wanted)
    return common >= 0.8 * len(words) and common >= 0.5 * len(wanted)
