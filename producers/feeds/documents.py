"""Feeds as UTF-8 documents for the parsers."""

import html
import re
from xml.sax.saxutils import escape

DECLARED = re.compile(rb"(<\?xml[^>]{0,100}encoding\s*=\s*[\"'])[^\"']*", re.IGNORECASE)
HEAD = 300
# Character references to UTF-16 surrogates, which some systems write although XML forbids them.
HALF = r"&#(?:x([dD][89a-fA-F][0-9a-fA-F]{2})|(5[5-7]\d{3}));"
SURROGATES = re.compile(f"{HALF}(?:{HALF})?")
# Behind a document type, XML parsers drop references to entities that they do not know without an error.
DOCTYPE = re.compile(r"<!DOCTYPE\s[^\[<>]{0,500}(?:\[(.{0,5000}?)\]\s*)?>", re.DOTALL)
ENTITY = re.compile(
    r"<!ENTITY\s+([\w.-]{1,40})\s+(?:\"([^\"%<&]{0,200})\"|'([^'%<&]{0,200})'|([\"'])&#(x?\w{1,7});\4)\s*>"
)
REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z_][\w.-]{0,39});")
MOST_REFERENCES = 20_000


def utf8_document(text: str) -> bytes:
    """Encode the text as UTF-8 from its first mark-up, with a matching XML declaration."""
    text = SURROGATES.sub(_joined, text) if "&#" in text else text
    text = _with_entities(text) if "<!DOCTYPE" in text[: 4 * HEAD] else text
    document = text.encode("utf-8")
    start = max(0, document.find(b"<"))
    head = DECLARED.sub(rb"\g<1>utf-8", document[start : start + HEAD], count=1)
    if document.startswith(head):
        return document
    return head + document[start + HEAD :]


def _with_entities(text: str) -> str:
    """Replace references to the entities of HTML, and to those that the document type declares, by their characters."""
    doctype = DOCTYPE.search(text, 0, 10_000)
    if doctype is None:
        return text
    declared = {
        name: f"&#{number};" if number else one or other
        for name, one, other, _, number in ENTITY.findall(doctype[1] or "")
    }

    def replaced(found: re.Match[str]) -> str:
        name = found[1]
        characters = html.unescape(found[0])
        return declared[name] if name in declared else found[0] if characters == found[0] else escape(characters)

    return text[: doctype.end()] + REFERENCE.sub(replaced, text[doctype.end() :], count=MOST_REFERENCES)


def _joined(found: re.Match[str]) -> str:
    """Return the character of a surrogate pair, U+FFFD for a lone surrogate, and other references unchanged."""
    numbers = [
        int(x, 16) if x else int(d) for x, d in zip(found.groups()[::2], found.groups()[1::2], strict=True) if x or d
    ]
    if any(not 0xD800 <= n <= 0xDFFF for n in numbers):
        return found.group(0)
    return "".join(map(chr, numbers)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
