"""Fingerprint of an article, to find duplicates, copies and its story."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from claimwire.ids import digest
from claimwire.records.articles import CleanArticle
from processors.match.near_duplicates import sketch_of
from processors.match.stories import Vectors, article_vectors
from processors.match.vectors import words_of


@dataclass(frozen=True)
class Fingerprint:
    """Day (ordinal), text hash, sketch and vectors of an article, computed once."""

    day: int
    text_hash: str
    sketch: bytes
    vectors: Vectors

    @classmethod
    def of(cls, clean: CleanArticle) -> "Fingerprint":
        words = words_of(clean.text)
        return cls(_day(clean), text_hash(clean.text, words), sketch_of(words), article_vectors(clean, words))


def text_hash_of(clean: CleanArticle) -> str:
    """Return the text hash of an article without its other parts."""
    return text_hash(clean.text, words_of(clean.text))


def text_hash(text: str, words: Sequence[str]) -> str:
    """Return a hash of the words of a text, which does not depend on spacing, case or punctuation."""
    return digest("text", " ".join(words) or text)


def _day(clean: CleanArticle) -> int:
    seen: datetime = clean.first_seen_at
    return min(clean.published_at or seen, seen).date().toordinal()
