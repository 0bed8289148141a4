"""Decisions as they lie in the matcher's table."""

import zstandard

from claimwire.records import Article, decode, encode

LEVEL = 1


def packed(article: Article) -> bytes:
    """A decision, compressed."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(encode(article))


def unpacked(data: bytes) -> Article:
    """The decision in a row."""
    return decode(zstandard.ZstdDecompressor().decompress(data), Article)
