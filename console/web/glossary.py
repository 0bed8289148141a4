"""The page of the glossary: the terms of docs/glossary.md."""

import re
from functools import cache

from starlette.requests import Request

from console.resources import glossary_path
from console.web.pages import View

TERM = re.compile(r"^## (.+)\n\n((?:.+\n)+)", re.MULTILINE)
# A link to another term, or a name of the code.
PART = re.compile(r"\[([^\]]+)\]\(#([\w-]+)\)|`([^`]+)`")


def glossary_page(_: Request) -> View:
    """Show all terms with their meanings, in the order of the file."""
    found = terms()
    data = {"terms": [{"term": term, "id": ident_of(term), "text": _plain(text)} for term, text in found]}
    return View("glossary.html", data, {"parts": {ident_of(term): parts_of(text) for term, text in found}})


@cache
def terms() -> tuple[tuple[str, str], ...]:
    """Return (term, meaning in Markdown) of each section of the file. Raises ConfigError if the file is missing."""
    text = glossary_path().read_text("utf-8")
    return tuple((term, " ".join(meaning.split())) for term, meaning in TERM.findall(text))


def ident_of(term: str) -> str:
    """Return the anchor of a term, which is the one that Markdown gives to its heading."""
    return term.lower().replace(" ", "-")


def parts_of(text: str) -> list[tuple[str, str, str]]:
    """Split a meaning into (kind, words, anchor) with the kinds text, link and code."""
    found, at = [], 0
    for part in PART.finditer(text):
        found.append(("text", text[at : part.start()], ""))
        found.append(("link", part[1], part[2]) if part[1] else ("code", part[3], ""))
        at = part.end()
    return [p for p in (*found, ("text", text[at:], "")) if p[1]]


def _plain(text: str) -> str:
    return "".join(words for _, words, _ in parts_of(text))
