"""JSON-LD of a page: its items, and those that describe the page's own article."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

MOST_SCRIPTS, LONGEST_SCRIPT, MOST_ITEMS, LONGEST_TYPE, MOST_TYPES = 50, 1_000_000, 200, 200, 5
# Properties in which a page holds its own article; lists of other articles have other names.
HOLDERS = ("@graph", "mainEntity", "mainEntityOfPage")
DEEPEST = 4
ARTICLE = re.compile(r"Article|Posting$|^Report$")
AROUND = re.compile(
    r"^\s*(?:<!--|(?:/[/*]\s*)?<!\[CDATA\[(?:\s*\*/)?)|(?:-->|(?:/[/*]\s*)?\]\]>(?:\s*\*/)?)\s*;?\s*$|;\s*$"
)
# A string, or what is mended outside strings: a comment, or a comma before a closing bracket.
STRING_OR_FLAW = re.compile(r'"(?:[^"\\]|\\.)*+"|/\*.*?\*/|(?<![:\w])//[^\n]*|,(?=\s*[}\]])', re.DOTALL)
WORD = re.compile(r"\w+")
LEAST_COMMON = 0.5


def items_of(tree: Any) -> list[dict[str, Any]]:
    """Return the items of the page's JSON-LD scripts, those in their graphs and main entities included."""
    scripts = (s for s in tree.iter("script") if (s.get("type") or "").lower().startswith("application/ld+json"))
    found = (item for script in islice(scripts, MOST_SCRIPTS) for item in _items(_value(script.text or ""), 0))
    return list(islice(found, MOST_ITEMS))


def articles_of(items: list[dict[str, Any]], addresses: list[str], titles: list[str]) -> list[dict[str, Any]]:
    """Return the items that describe the page's own article, the surest first.

    An item has the page's address or a headline that the page shows; one with neither describes another article.
    """
    ours = {_key(address) for address in addresses}
    ranked: dict[int, list[dict[str, Any]]] = {2: [], 1: [], 0: []}
    for item in items:
        if any(ARTICLE.search(name) for name in types_of(item)):
            theirs = {_key(address) for address in _addresses(item)}
            headline = item.get("headline") or item.get("name")
            is_shown = isinstance(headline, str) and any(are_alike(headline, title) for title in titles)
            is_other = isinstance(headline, str) and bool(titles) and not is_shown
            if theirs & ours:
                ranked[2].append(item)
            elif not is_other:
                ranked[int(is_shown)].append(item)
    # An item without address and headline may belong to any article of the page.
    return ranked[2] + ranked[1] or ranked[0]


def are_alike(first: str, second: str) -> bool:
    """Return whether one headline contains the other, or most of its words."""
    one, other = set(WORD.findall(first.casefold())), set(WORD.findall(second.casefold()))
    if len(one) < 3 and len(first) < 12:
        return bool(one) and one == other
    return (bool(one) and len(one & other) >= LEAST_COMMON * len(one)) or first.casefold() in second.casefold()


def types_of(item: dict[str, Any]) -> list[str]:
    """Return the schema.org types of an item without their address."""
    named = item.get("@type")
    names = named[:MOST_TYPES] if isinstance(named, list) else [named]
    return [str(name)[:LONGEST_TYPE].rsplit("/", 1)[-1] for name in names]


def _value(text: str) -> Any:
    """Parse a script; if it is not valid, without marks around it, comments and commas that close nothing."""
    if len(text) > LONGEST_SCRIPT:
        return None
    for mend in (False, True):
        if mend:
            text = STRING_OR_FLAW.sub(lambda m: m[0] if m[0][0] == '"' else " ", AROUND.sub("", AROUND.sub("", text)))
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _items(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _items(one, depth)
    elif isinstance(value, dict):
        yield value
        for name in HOLDERS if depth < DEEPEST else ():
            yield from _items(value.get(name), depth + 1)


def _addresses(item: dict[str, Any]) -> Iterator[str]:
    for name in ("url", "mainEntityOfPage", "@id"):
        value = item.get(name)
        value = value.get("@id") or value.get("url") if isinstance(value, dict) else value
        if isinstance(value, str) and "://" in value:
            yield value


def _key(address: str) -> str:
    """Return an address without what often differs between two of one page: scheme, www., query, last slash."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return (parts.hostname or "").removeprefix("www.") + parts.path.rstrip("/")
