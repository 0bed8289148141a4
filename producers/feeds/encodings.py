"""Decoding of feeds; the bytes take precedence over the declared charset."""

import re

from claimwire.text.bodies import valid_text, valid_utf8

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)  # fmt: skip
PROLOG = re.compile(rb"^[^<]{0,200}<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{2,30})[\"']", re.IGNORECASE)
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,30})", re.IGNORECASE)
DECLARED = re.compile(rb"(<\?xml[^>]{0,100}encoding\s*=\s*[\"'])[^\"']*", re.IGNORECASE)
HEAD = 300
# Character references to UTF-16 surrogates, which some systems write although XML forbids them.
HALF = r"&#(?:x([dD][89a-fA-F][0-9a-fA-F]{2})|(5[5-7]\d{3}));"
SURROGATES = re.compile(f"{HALF}(?:{HALF})?")
WIDE = ((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"))


def feed_text(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return the text, and whether the header declared a wrong charset.

    Valid UTF-8 wins over any declaration. In invalid UTF-8 that is declared as such, stray bytes become U+FFFD if most
    non-ASCII bytes are valid, else the text is decoded as windows-1252.
    """
    named = CHARSET.search(content_type)
    header = named.group(1).lower() if named else None
    for bom, name in (*BOMS, *WIDE):
        if body.startswith(bom):
            return valid_text(body.decode(name, "replace").lstrip("\ufeff")), not _is_same(header, name)
    try:
        return valid_utf8(body), not _is_same(header, "utf-8")
    except UnicodeDecodeError:
        pass
    found = PROLOG.match(body[:400])
    for declared in (found.group(1).decode("ascii").lower() if found else None, header):
        if declared and not _is_same(declared, "utf-8"):
            try:
                return valid_text(body.decode(declared, "replace")), not _is_same(header, declared)
            except (LookupError, UnicodeError):
                # Unknown charset, or a codec (idna, undefined) that does not support errors="replace".
                continue
    text = body.decode("utf-8", "replace")
    stray = text.count("\ufffd")
    if sum(not c.isascii() for c in text) - stray < stray:
        return valid_text(body.decode("windows-1252", "replace")), not _is_same(header, "windows-1252")
    return valid_text(text), not _is_same(header, "utf-8")


def _is_same(one: str | None, other: str) -> bool:
    """Return whether two names mean one charset; an empty name matches any."""
    return one is None or one.replace("_", "-").startswith(other[:5] if other.startswith("utf-") else other)


def utf8_document(text: str) -> bytes:
    """Encode the text as UTF-8 from its first mark-up, with a matching XML declaration."""
    text = SURROGATES.sub(_joined, text) if "&#" in text else text
    document = text.encode("utf-8")
    start = max(0, document.find(b"<"))
    head = DECLARED.sub(rb"\g<1>utf-8", document[start : start + HEAD], count=1)
    if document.startswith(head):
        return document
    return head + document[start + HEAD :]


def _joined(found: re.Match[str]) -> str:
    """Return the character of a surrogate pair, U+FFFD for a lone surrogate, and other references unchanged."""
    numbers = [
        int(x, 16) if x else int(d) for x, d in zip(found.groups()[::2], found.groups()[1::2], strict=True) if x or d
    ]
    if any(not 0xD800 <= n <= 0xDFFF for n in numbers):
        return found.group(0)
    return "".join(map(chr, numbers)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
