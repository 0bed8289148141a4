"""Bytes to text: the bytes take precedence over any declared charset. Text that is valid in JSON and XML."""

import re
from collections.abc import Iterable

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"), (b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"),
)  # fmt: skip
FALLBACK = "windows-1252"
META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,20})", re.IGNORECASE)
PROLOG = re.compile(rb"^[^<]{0,200}<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{2,30})[\"']", re.IGNORECASE)
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,30})", re.IGNORECASE)
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = bytes(n for n in (*range(32), 127) if chr(n) not in "\t\n\r")


def text_of(body: bytes, declared: Iterable[str | None]) -> tuple[str, str]:
    """Return the valid text of a body, and its charset.

    A byte order mark decides, then valid UTF-8, then the first of the declared charsets that fits all bytes. Otherwise
    stray bytes become U+FFFD: in UTF-8 if most non-ASCII characters are valid there, else in the first declared charset
    that exists, else in windows-1252.
    """
    for mark, name in BOMS:
        if body.startswith(mark):
            return valid_text(body.decode(name, "replace").lstrip("\ufeff")), name
    try:
        return valid_utf8(body), "utf-8"
    except UnicodeDecodeError:
        pass
    names = [name.lower() for name in declared if name and not name.lower().startswith(("utf-8", "utf8"))]
    for name in names:
        try:
            return valid_text(body.decode(name)), name
        except (LookupError, UnicodeError):
            continue
    text = body.decode("utf-8", "replace")
    stray = text.count("\ufffd")
    if sum(not c.isascii() for c in text) - stray >= stray:
        return valid_text(text), "utf-8"
    for name in (*names, FALLBACK):
        try:
            return valid_text(body.decode(name, "replace")), name
        except (LookupError, UnicodeError):
            # Unknown charset, or a codec (idna, undefined) that does not support errors="replace".
            continue
    return valid_text(text), "utf-8"


def page_text(body: bytes, charset: str | None = None) -> str:
    """Return the text of a page; `charset` is that of its header."""
    found = META.search(body[:4096]) or PROLOG.match(body[:400])
    return text_of(body, (charset, found.group(1).decode("ascii") if found else None))[0]


def feed_text(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return the text of a feed, and whether the header declared a wrong charset."""
    found, named = PROLOG.match(body[:400]), CHARSET.search(content_type)
    header = named.group(1).lower() if named else None
    text, charset = text_of(body, (found.group(1).decode("ascii") if found else None, header))
    return text, not _is_same(header, charset)


def _is_same(one: str | None, other: str) -> bool:
    """Return whether two names mean one charset; an empty name matches any."""
    return one is None or one.replace("_", "-").startswith(other[:5] if other.startswith("utf-") else other)


def valid_text(text: str) -> str:
    """Remove lone surrogates, control characters and non-characters, which JSON and XML consumers reject."""
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        text = _LONE_SURROGATES.sub("\ufffd", text)
        data = text.encode("utf-8")
    left = data.translate(None, _CONTROLS)
    text = text if len(left) == len(data) else left.decode("utf-8")
    return text.replace("\ufffe", "").replace("\uffff", "")


def valid_utf8(body: bytes) -> str:
    """Decode UTF-8 and clean it as `valid_text` does, with one copy less. Raises UnicodeDecodeError."""
    left = body.translate(None, _CONTROLS)
    body = body if len(left) == len(body) else left
    del left
    return body.decode("utf-8").replace("\ufffe", "").replace("\uffff", "")
