"""Fetched bodies on the wire, and text that every JSON consumer takes."""

import base64
import re

import zstandard

from claimwire.errors import ContractError

MAX_BODY_BYTES = 5_000_000
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def pack_body(body: bytes) -> str:
    """A fetched body as zstd in base64."""
    return base64.b64encode(zstandard.ZstdCompressor(level=3).compress(body)).decode("ascii")


def unpack_body(body: str) -> bytes:
    """The bytes of a packed body. Raises ContractError where it is damaged or over MAX_BODY_BYTES."""
    if not body:
        return b""
    try:
        packed = base64.b64decode(body, validate=True)
        if zstandard.frame_content_size(packed) > MAX_BODY_BYTES:
            raise ContractError(f"body: over {MAX_BODY_BYTES} bytes unpacked")
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=MAX_BODY_BYTES)
    except (ValueError, zstandard.ZstdError) as error:
        raise ContractError(f"body: {error}") from None


def valid_text(text: str) -> str:
    """`text` without lone surrogates, which no JSON consumer takes."""
    return _LONE_SURROGATES.sub("\ufffd", text)
