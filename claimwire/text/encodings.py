"""Bytes to text: the bytes take precedence over any declared charset. Text that is valid in JSON and XML."""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)  # fmt: skip
FALLBACK = "cp1252"
# Labels that mean a larger charset on the web (https://encoding.spec.whatwg.org/#names-and-labels), as Python's codecs.
SUPERSETS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949",
    "euc_jis_2004": "euc_jp",
}  # fmt: skip
# The charsets of the same standard besides Unicode: other codecs of Python (idna, unicode_escape) are no charsets.
WEB = re.compile(r"cp(866|874|932|949|125\d)|iso8859-\d+|koi8-[ru]|mac-(roman|cyrillic)|gb18030|big5hkscs|euc_jp")
# Charsets that pages use without declaring them.
LIKELY = (
    "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1251", "koi8-r", "iso8859-5", "cp1250", "iso8859-2", "cp1253", "cp1254",
    "cp1255", "cp1256", "cp874", "cp866",
)  # fmt: skip
LABEL = re.compile(r"(?:x-)?(?:(?:windows|dos|cp)-?(?=\d)|(?=[a-z]))(.+?)(?:-[ie])?$")
META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{2,30})", re.IGNORECASE)
PROLOG = re.compile(rb"^[^<]{0,200}<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{2,30})[\"']", re.IGNORECASE)
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,30})", re.IGNORECASE)
ISO_2022_JP = (b"\x1b$B", b"\x1b$@")
PIECE = re.compile(rb"[^\r\n<>]+")
SAMPLE = 10_000
# Fewer bytes than this that are not ASCII tell too little for a charset that nobody declared.
SHORT = 10
# Share of strange characters below which a text counts as readable.
MOST_MESS = 0.08
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_ASCII = bytes(range(128))
_CONTROLS = bytes(n for n in (*range(32), 127) if chr(n) not in "\t\n\r")


def codec_of(label: str) -> str | None:
    """Return Python's codec for a charset label as browsers read it; None for Unicode and for unknown labels."""
    label = label.strip().lower()
    digits = LABEL.sub(lambda m: f"cp{m[1]}" if m[1][0].isdigit() else m[1], label)
    for name in (label, digits):
        try:
            codec = codecs.lookup(name).name
        except LookupError:
            continue
        codec = SUPERSETS.get(codec, codec)
        if WEB.fullmatch(codec):
            return codec
    return None


def text_of(body: bytes, declared: Iterable[str | None]) -> tuple[str, str]:
    """Return the valid text of a body, and its codec; a few stray bytes become U+FFFD.

    A byte order mark or the zeros of UTF-16 decide, then UTF-8 if most of the non-ASCII characters are valid there. Of
    other bytes the first declared charset is taken in which they can be read; if there is none, the most likely one.
    """
    if name := _unicode_of(body):
        return valid_text(body.decode(name, "replace").lstrip("\ufeff")), name
    if any(mark in body for mark in ISO_2022_JP):
        return valid_text(body.decode("iso2022_jp", "replace")), "iso2022_jp"
    try:
        return valid_utf8(body), "utf-8"
    except UnicodeDecodeError:
        pass
    text = body.decode("utf-8", "replace")
    stray = text.count("\ufffd")
    if sum(not c.isascii() for c in text) >= 4 * stray:
        return valid_text(text), "utf-8"
    codec = _legacy_of(body, [c for c in (codec_of(name) for name in declared if name) if c])
    return valid_text(body.decode(codec, "replace")), codec


def _unicode_of(body: bytes) -> str | None:
    """Return the Unicode encoding that a byte order mark names, or UTF-16 without one: every second byte is zero."""
    for mark, name in BOMS:
        if body.startswith(mark):
            return name
    head = body[:200]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[first::2].count(0), head[1 - first :: 2].count(0)
        if not others and zeros >= 2 and zeros * 5 > len(head) * 2:
            return name
    return None


def _legacy_of(body: bytes, declared: Sequence[str]) -> str:
    """Return the codec of bytes that are not Unicode: a declared one, windows-1252, or the most likely one."""
    sample = _sample(body)
    named = {codec: _mess(sample, codec) for codec in (*declared, FALLBACK)}
    readable = next((codec for codec, mess in named.items() if mess < MOST_MESS), None)
    best = readable or min(named, key=lambda codec: named[codec])
    if readable or len(sample.translate(None, _ASCII)) < SHORT:
        return best
    likely = min(_likely(sample), key=lambda codec: _mess(sample, codec))
    return likely if 2 * _mess(sample, likely) < named[best] else best


def _likely(sample: bytes) -> Iterator[str]:
    """Yield the charsets that a detector finds, which knows languages, then all others in frequent use."""
    import charset_normalizer

    for found in charset_normalizer.from_bytes(sample):
        yield from (codec for codec in map(codec_of, found.could_be_from_charset) if codec in LIKELY)
    yield from LIKELY


def _sample(body: bytes) -> bytes:
    """Return the first pieces between lines and tags that are not ASCII."""
    pieces: list[bytes] = []
    length = 0
    for found in PIECE.finditer(body):
        if not found[0].isascii():
            pieces.append(found[0][:SAMPLE])
            length += len(pieces[-1])
            if length > SAMPLE:
                break
    return b"\n".join(pieces)


def _mess(sample: bytes, codec: str) -> float:
    """Return how unlikely a text is in a charset: strange sequences of characters, and the share of stray bytes."""
    from charset_normalizer.md import mess_ratio

    text = sample.decode(codec, "replace")
    stray = text.count("\ufffd")
    return mess_ratio(text.replace("\ufffd", ""), 1.0) + stray / max(1, sum(not c.isascii() for c in text))


def page_text(body: bytes, charset: str | None = None) -> str:
    """Return the text of a page; `charset` is that of its header, which servers often set for all pages alike."""
    found = META.search(body[:4096]) or PROLOG.match(body[:400])
    return text_of(body, (found.group(1).decode("ascii", "replace") if found else None, charset))[0]


def feed_text(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return the text of a feed, and whether the header declared a wrong charset."""
    found, named = PROLOG.match(body[:400]), CHARSET.search(content_type)
    header = named.group(1) if named else None
    text, codec = text_of(body, (found.group(1).decode("ascii", "replace") if found else None, header))
    return text, header is not None and _is_other(header, codec)


def _is_other(label: str, codec: str) -> bool:
    """Return whether a label names another charset than the codec."""
    if codec.startswith("utf-"):
        return not re.sub("[-_]", "", label.lower()).startswith(codec[:5].replace("-", ""))
    return codec_of(label) != codec


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
