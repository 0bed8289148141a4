"""Sentences of a text as offsets; they suit machine translation and never split a quotation."""

import re

from processors.claims.lexicon import listed

STARTERS = listed("starters")
# Abbreviations that end a sentence only before a word that begins one.
CLOSING = listed("closing_abbreviations")
LETTERS = re.compile(r"(?:[a-z]\.)+[a-z]")
INITIAL = re.compile(r"[A-ZÀ-Þ][\w’'-]+ [A-ZÀ-Þ]$")
ABBREVIATIONS = listed("abbreviations")
END = re.compile(r"[.!?…]+[\"”’»)\]]*(?=\s|$)|[。！？]")
MAX_SENTENCE = 1500


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return half-open offsets of the sentences in `text[start:end]`, without white space at the edges."""
    stop = len(text) if end is None else end
    spans, begin = [], start
    for found in END.finditer(text, start, stop):
        if found.end() - begin < MAX_SENTENCE and not _is_boundary(text, begin, found, stop):
            continue
        spans.append((begin, found.end()))
        begin = found.end()
    spans.append((begin, stop))
    trimmed = (_trim(text, a, b) for a, b in spans)
    return [(a, b) for a, b in trimmed if b > a]


def _is_boundary(text: str, begin: int, found: re.Match[str], stop: int) -> bool:
    mark = found.group()
    following = text[found.end() : min(stop, found.end() + 3)].lstrip()
    if not following:
        return True
    if following[0].islower():
        return False
    inside = text[begin : found.end()]
    if (
        inside.count("“") > inside.count("”")
        and text.find("”", found.end(), min(stop, found.end() + MAX_SENTENCE)) >= 0
    ):
        return False
    if mark.startswith("…") and not re.match(r"[“\"A-ZÀ-Ý]", following):
        return False
    if mark[0] != ".":
        return True
    before = text[max(begin, found.start() - 20) : found.start()]
    word = re.search(r"([\w.]+)$", before)
    last = word.group(1).casefold() if word else ""
    if last in CLOSING or LETTERS.fullmatch(last) or INITIAL.search(before):
        return _starts_sentence(text, found.end(), stop)
    return not (last in ABBREVIATIONS or (re.fullmatch(r"[a-z]|\d{1,2}", last) and len(inside) < 5))


def _starts_sentence(text: str, at: int, stop: int) -> bool:
    """Return whether a word that begins sentences follows, or a mark: "in the U.S. The mayor", not "U.S. Department"."""
    following = re.match(r"\W*(\w+)", text[at : min(stop, at + 30)])
    return following is None or following.group(1).casefold() in STARTERS


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
