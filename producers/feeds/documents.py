"""Feeds as UTF-8 documents for the parsers."""

import re

DECLARED = re.compile(rb"(<\?xml[^>]{0,100}encoding\s*=\s*[\"'])[^\"']*", re.IGNORECASE)
HEAD = 300
# Character references to UTF-16 surrogates, which some systems write although XML forbids them.
HALF = r"&#(?:x([dD][89a-fA-F][0-9a-fA-F]{2})|(5[5-7]\d{3}));"
SURROGATES = re.compile(f"{HALF}(?:{HALF})?")


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
