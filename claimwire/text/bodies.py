"""Packing and unpacking of fetched bodies."""

import base64

import zstandard

from claimwire.errors import ContractError

MAX_BODY_BYTES = 5_000_000
# WARC header with the article's metadata as the producer had it.
ARCHIVE_METADATA = "WARC-JSON-Metadata"


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
