"""Cheap check for XML that would overload a parser (nesting, attributes, entities), before feedparser runs."""

import re
from xml.parsers import expat

from claimwire.errors import ParseError

MAX_DEPTH = 64
# An entry's own text may be nested deeper, up to DEEPEST; ENTRY_DEPTH is the depth of entries in any format.
ENTRY_DEPTH, DEEPEST = 3, 5_000
MAX_ATTRIBUTES = 256
MAX_ENTITY = 200
# Broken feeds contain a few unclosed HTML tags; more than this is an attack.
MAX_UNCLOSED = 2_000
MAX_ITEMS = 2_000
ITEM = re.compile(rb"<(?:item|entry)[\s/>]", re.IGNORECASE)
ANY_TAG = re.compile(rb"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
TAG = re.compile(rb"<(/?)[A-Za-z][^<>]{0,1000}?(/?)>")


def cut(document: bytes) -> tuple[bytes, int]:
    """Cut a document after MAX_ITEMS entries; return it and the number left out."""
    starts = [found.start() for found in ITEM.finditer(document)]
    return (document[: starts[MAX_ITEMS]], len(starts) - MAX_ITEMS) if len(starts) > MAX_ITEMS else (document, 0)


def checked(document: bytes) -> bytes:
    """Return the document without the tags of its entries that are nested too deep; their text stays.

    Raises ParseError if nesting, attributes or entities exceed those of any real feed.
    """
    scan = _Scan()
    try:
        scan.parser.Parse(document, True)
    except expat.ExpatError:
        _check_broken(document[max(0, scan.parser.ErrorByteIndex) :])
    parts, place = [], 0
    for start in scan.deep:
        parts.append(document[place:start])
        found = ANY_TAG.match(document, start)
        place = found.end() if found else start
    return b"".join([*parts, document[place:]])


class _Scan:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity
        # Without a handler, expat would expand entities.
        self.parser.DefaultHandler = lambda _: None
        self._depth = 0
        self._in_entry = False
        self.deep: list[int] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth <= ENTRY_DEPTH and name.rpartition(":")[2].lower() in ("item", "entry"):
            self._in_entry = True
        if self._depth > MAX_DEPTH:
            self._note_deep()
        if len(attributes) > MAX_ATTRIBUTES:
            raise ParseError(f"<{name[:40]}> has over {MAX_ATTRIBUTES} attributes", reason="parse_failed")

    def _end(self, _: str) -> None:
        if self._depth > MAX_DEPTH:
            self._note_deep()
        self._depth -= 1
        self._in_entry = self._in_entry and self._depth >= ENTRY_DEPTH - 1

    def _note_deep(self) -> None:
        place = self.parser.CurrentByteIndex
        if not self._in_entry or self._depth > DEEPEST:
            raise ParseError(f"elements are nested over {MAX_DEPTH} deep", reason="parse_failed")
        if not self.deep or self.deep[-1] != place:
            self.deep.append(place)

    def _entity(self, name: str, _is_parameter: bool, value: str | None, *_: object) -> None:
        if value is not None and ("&" in value or len(value) > MAX_ENTITY):
            raise ParseError(f"entity {name[:40]} is made of entities, or long", reason="parse_failed")


def _check_broken(rest: bytes) -> None:
    """Check the bytes after the position at which a document stops being XML. Raises ParseError."""
    depth = 0
    for found in TAG.finditer(rest):
        depth += -1 if found[1] else 0 if found[2] else 1
        if depth > MAX_UNCLOSED:
            raise ParseError(f"over {MAX_UNCLOSED} elements are not closed", reason="parse_failed")
