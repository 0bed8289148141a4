"""Packing, unpacking and decoding of fetched bodies, and text that is valid in JSON and XML."""

import base64
import re

import zstandard

from claimwire.errors import ContractError

MAX_BODY_BYTES = 5_000_000
# WARC header with the article's metadata as the producer had it.
ARCHIVE_METADATA = "WARC-JSON-Metadata"
META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,20})", re.IGNORECASE)
XML_CHARSET = re.compile(rb"^\s*<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w-]{2,20})")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = bytes(n for n in (*range(32), 127) if chr(n) not in "\t\n\r")


def pack_body(body: bytes) -> str:
    """Pack a fetched body: zstd in base64."""
    return base64.b64encode(zstandard.ZstdCompressor(level=3).compress(body)).decode("ascii")


def unpack_body(body: str) -> bytes:
    """Unpack a body. Raises ContractError if it is damaged or over MAX_BODY_BYTES."""
    if not body:
        return b""
    try:
        packed = base64.b64decode(body, validate=True)
        if zstandard.frame_content_size(packed) > MAX_BODY_BYTES:
            raise ContractError(f"body: over {MAX_BODY_BYTES} bytes unpacked")
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=MAX_BODY_BYTES)
    except (ValueError, zstandard.ZstdError) as error:
        raise ContractError(f"body: {error}") from None


def decode_page(body: bytes, charset: str | None = None) -> str:
    """Decode a page by BOM, as valid UTF-8 (whatever the header says), by header, meta element, or as windows-1252."""
    for bom, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(bom):
            return body.decode(name, "replace")
    found = META_CHARSET.search(body[:4096]) or XML_CHARSET.match(body[:200])
    declared = [charset, found.group(1).decode("ascii") if found else None]
    for name, errors in (("utf-8", "strict"), *((n, "strict") for n in declared if n), ("windows-1252", "strict")):
        try:
            return body.decode(name, errors)
        except (UnicodeDecodeError, LookupError):
            continue
    named = next((n for n in declared if n and n.lower().startswith("utf")), None)
    return body.decode(named or "windows-1252", "replace")


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
