"""A linear scan of an HTML document for mark-up that makes lxml slow or large, before lxml sees it.

libxml2 appends each attribute of a tag to a list from its start, so a tag of 400,000 attributes takes minutes; and an
element takes some 250 bytes of memory. The scan follows the tokenizer of libxml2 2.14 (that of HTML5), so that no
comment, script or quoted value hides a tag from it.
"""

import re
from typing import NamedTuple

from claimwire.errors import ParseError

# The most found on 201 pages of news: 64 attributes of a tag, 4,110 tags.
MAX_ATTRIBUTES = 1_000
MAX_ATTRIBUTES_IN_ALL = 150_000
MAX_TAGS = 100_000

_VALUE = rb"""\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?+"""
_ATTRIBUTE = rb"[\s/]*+[^\s/>][^\s/>=]*+(?:" + _VALUE + rb")?+"
ATTRIBUTE = re.compile(_ATTRIBUTE)
TOKEN = re.compile(
    rb"<(?:(!--)|(/?)([a-z][^\s/>]*+)((?:" + _ATTRIBUTE + rb")*+)([\s/]*+)>?+|[!?/][^>]*+>?+)",
)
COMMENT_END = re.compile(rb"--!?>")
# Elements whose content is text up to their end tag.
RAW = frozenset(b"title textarea style xmp iframe noembed noframes script plaintext".split())
# Each further one adds its attributes to the first.
MERGED = frozenset((b"html", b"body"))
SCRIPT_STEP = re.compile(rb"<!--|-->|</?script(?=[\s/>])")
_RAW_END = {name: re.compile(rb"</" + name + rb"(?=[\s/>])") for name in RAW}


class Markup(NamedTuple):
    """Start tags of a document, the attributes of the tag that has most, the attributes in all, and its bytes without programs
    and data (`script`, `style` and the like).

    Where a number is far below its limit it is a bound from above: an attribute takes at least two bytes.
    """

    tags: int
    most: int
    attributes: int
    size: int


def measured(document: bytes) -> Markup:
    """Count tags and attributes of a document in UTF-8 without control characters, as libxml2 will see them."""
    document = document.lower()
    attributes: list[bytes] = []
    merged: dict[bytes, list[bytes]] = {name: [] for name in MERGED}
    at, size = 0, len(document)
    while found := TOKEN.search(document, at):
        at = found.end()
        if found[1]:
            at = _after_comment(document, at)
        elif found[3] and not found[2]:
            name = found[3]
            attributes.append(found[4])
            if name in MERGED:
                merged[name].append(found[4])
            if name in RAW and not found[5].endswith(b"/"):
                end = _after_raw(document, at, name)
                at, size = end, size - (end - at)
    of_tags = [*attributes, *map(b" ".join, merged.values())]
    most, total = max(map(len, of_tags)) // 2, sum(map(len, attributes)) // 2
    if most > MAX_ATTRIBUTES:
        most = max(map(_count, of_tags))
    if total > MAX_ATTRIBUTES_IN_ALL:
        total = sum(map(_count, attributes))
    return Markup(len(attributes), most, total, size)


def _count(attributes: bytes) -> int:
    return len(ATTRIBUTE.findall(attributes))


def check(document: bytes) -> Markup:
    """Return the measures of a document. Raises ParseError (hostile_markup) where lxml must not see it."""
    found = measured(document)
    if found.most > MAX_ATTRIBUTES:
        raise ParseError(f"a tag has {found.most} attributes, over {MAX_ATTRIBUTES}", reason="hostile_markup")
    if found.attributes > MAX_ATTRIBUTES_IN_ALL:
        raise ParseError(f"{found.attributes} attributes, over {MAX_ATTRIBUTES_IN_ALL}", reason="hostile_markup")
    if found.tags > MAX_TAGS:
        raise ParseError(f"{found.tags} tags, over {MAX_TAGS}", reason="hostile_markup")
    return found


def _after_comment(document: bytes, at: int) -> int:
    """The end of a comment that was opened before `at`; `<!-->` and `<!--->` are whole comments."""
    for short in (b">", b"->"):
        if document.startswith(short, at):
            return at + len(short)
    found = COMMENT_END.search(document, at)
    return found.end() if found else len(document)


def _after_raw(document: bytes, at: int, name: bytes) -> int:
    """The place of the end tag of an element whose content is text."""
    if name == b"plaintext":
        return len(document)
    found = _RAW_END[name].search(document, at)
    end = found.start() if found else len(document)
    return _after_script(document, at) if name == b"script" and document.find(b"<!--", at, end) >= 0 else end


def _after_script(document: bytes, at: int) -> int:
    """The place of a script's end tag; one in a comment behind `<script` ends nothing (HTML5, 13.2.5.27 f.)."""
    is_escaped = is_nested = False
    for found in SCRIPT_STEP.finditer(document, at):
        mark = found[0]
        if mark == b"<!--":
            is_escaped = True
        elif mark == b"-->":
            is_escaped = is_nested = False
        elif mark == b"</script":
            if not is_nested:
                return found.start()
            is_nested = False
        elif is_escaped:
            is_nested = True
    return len(document)
