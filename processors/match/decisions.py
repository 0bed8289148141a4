"""Decisions as they lie in the matcher's table."""

import zstandard

from claimwire.records.base import decode, encode
from claimwire.records.sightings import Article

LEVEL = 1


def packed(article: Article) -> bytes:
    """A decision, compressed."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(encode(article))


def unpacked(data: bytes) -> Article:
    """The decision in a row."""
    return decode(zstandard.ZstdDecompressor().decompress(data), Article)
