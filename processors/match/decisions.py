"""Decisions as they lie in the matcher's table."""

import zstandard

from claimwire.records import Article, decode, encode


def packed(article: Article) -> bytes:
    """A decision, compressed."""
    return zstandard.ZstdCompressor(level=1).compress(encode(article))


def unpacked(data: bytes) -> Article:
    """The decision in a row."""
    return decode(zstandard.ZstdDecompressor().decompress(data), Article)
