"""Linear scan of an HTML document for mark-up that would cost lxml too much time or memory, before it is parsed.

libxml2 appends attributes to a list by walking it, so a tag of 400,000 attributes takes minutes; an element takes about
250 bytes of memory. The scan follows the tokenizer of libxml2 2.14 (that of HTML5), so that no
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
# An end tag without attributes is text here: it has nothing to count.
TOKEN = re.compile(
    rb"<(?!/[a-z0-9]++>)(?:(!--)|(/?)([a-z][^\s/>]*+)((?:" + _ATTRIBUTE + rb")*+)([\s/]*+)>?+|[!?/][^>]*+>?+)",
)
COMMENT_END = re.compile(rb"--!?>")
# Elements whose content is text up to their end tag.
RAW = frozenset(b"title textarea style xmp iframe noembed noframes script plaintext".split())
# HTML5 merges the attributes of repeated tags of these into the first one.
MERGED = frozenset((b"html", b"body"))
SCRIPT_STEP = re.compile(rb"<!--|-->|</?script(?=[\s/>])")
_RAW_END = {name: re.compile(rb"</" + name + rb"(?=[\s/>])") for name in RAW}


class Markup(NamedTuple):
    """Measures of a document: start tags, most attributes of one tag, all attributes, bytes without scripts and styles.

    A number far below its limit may be an upper bound only, as an attribute takes at least two bytes; `most` is that of
    the tags long enough for its limit, if there are any.
    """

    tags: int
    most: int
    attributes: int
    size: int


def measured(document: bytes) -> Markup:
    """Count tags and attributes as libxml2 parses them; `html` is UTF-8 without control characters."""
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
        most = max(_count(tag) for tag in of_tags if len(tag) // 2 > MAX_ATTRIBUTES)
    if total > MAX_ATTRIBUTES_IN_ALL:
        total = sum(map(_count, attributes))
    return Markup(len(attributes), most, total, size)


def _count(attributes: bytes) -> int:
    return len(ATTRIBUTE.findall(attributes))


def check(document: bytes) -> Markup:
    """Return the measures of a document. Raises ParseError (hostile_markup) if it must not be parsed."""
    found = measured(document)
    if found.most > MAX_ATTRIBUTES:
        raise ParseError(f"a tag has {found.most} attributes, over {MAX_ATTRIBUTES}", reason="hostile_markup")
    if found.attributes > MAX_ATTRIBUTES_IN_ALL:
        raise ParseError(f"{found.attributes} attributes, over {MAX_ATTRIBUTES_IN_ALL}", reason="hostile_markup")
    if found.tags > MAX_TAGS:
        raise ParseError(f"{found.tags} tags, over {MAX_TAGS}", reason="hostile_markup")
    return found


def _after_comment(document: bytes, at: int) -> int:
    """Return the end of a comment that was opened before `at`; `<!-->` and `<!--->` are whole comments."""
    for short in (b">", b"->"):
        if document.startswith(short, at):
            return at + len(short)
    found = COMMENT_END.search(document, at)
    return found.end() if found else len(document)


def _after_raw(document: bytes, at: int, name: bytes) -> int:
    """Return the position of the end tag of an element whose content is text."""
    if name == b"plaintext":
        return len(document)
    found = _RAW_END[name].search(document, at)
    end = found.start() if found else len(document)
    return _after_script(document, at) if name == b"script" and document.find(b"<!--", at, end) >= 0 else end


def _after_script(document: bytes, at: int) -> int:
    """Return the position of a script's end tag, without those in a comment behind `<script` (HTML5, 13.2.5.27)."""
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
