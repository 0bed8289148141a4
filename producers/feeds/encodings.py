"""Bytes of a feed to text, by what they are rather than by what is said of them."""

import re

from claimwire.bodies import valid_text, valid_utf8

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)  # fmt: skip
PROLOG = re.compile(rb"^[^<]{0,200}<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{2,30})[\"']", re.IGNORECASE)
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,30})", re.IGNORECASE)
DECLARED = re.compile(rb"(<\?xml[^>]{0,100}encoding\s*=\s*[\"'])[^\"']*", re.IGNORECASE)
HEAD = 300
# References to halves of UTF-16 pairs, which XML does not allow and some systems write.
HALF = r"&#(?:x([dD][89a-fA-F][0-9a-fA-F]{2})|(5[5-7]\d{3}));"
SURROGATES = re.compile(f"{HALF}(?:{HALF})?")
WIDE = ((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"))


def feed_text(body: bytes, content_type: str) -> tuple[str, bool]:
    """The text, and whether the header named another charset than the one that it is in.

    Valid UTF-8 wins over any declaration. Where a declared UTF-8 is not valid, stray bytes become U+FFFD if most of what
    is not ASCII is valid, and windows-1252 if not.
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
                # No such charset, or a codec (idna, undefined) that replaces nothing.
                continue
    text = body.decode("utf-8", "replace")
    stray = text.count("\ufffd")
    if sum(not c.isascii() for c in text) - stray < stray:
        return valid_text(body.decode("windows-1252", "replace")), not _is_same(header, "windows-1252")
    return valid_text(text), not _is_same(header, "utf-8")


def _is_same(one: str | None, other: str) -> bool:
    """Return whether two names are of one charset; nothing declared contradicts nothing."""
    return one is None or one.replace("_", "-").startswith(other[:5] if other.startswith("utf-") else other)


def utf8_document(text: str) -> bytes:
    """The text as UTF-8 whose prolog says so, from its first mark-up on."""
    text = SURROGATES.sub(_joined, text) if "&#" in text else text
    document = text.encode("utf-8")
    start = max(0, document.find(b"<"))
    head = DECLARED.sub(rb"\g<1>utf-8", document[start : start + HEAD], count=1)
    if document.startswith(head):
        return document
    return head + document[start + HEAD :]


def _joined(found: re.Match[str]) -> str:
    """The character of a pair; the mark of a lost one for a half without the other, and anything else as it stands."""
    numbers = [
        int(x, 16) if x else int(d) for x, d in zip(found.groups()[::2], found.groups()[1::2], strict=True) if x or d
    ]
    if any(not 0xD800 <= n <= 0xDFFF for n in numbers):
        return found.group(0)
    return "".join(map(chr, numbers)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
