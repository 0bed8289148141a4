"""Parts of an article that are compared with others, computed once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from claimwire.ids import digest
from claimwire.records.articles import CleanArticle
from processors.match.features import words_of
from processors.match.near_duplicates import sketch_of
from processors.match.stories import Vectors, article_vectors


@dataclass(frozen=True)
class Fingerprint:
    """Parts of an article that are compared with others, computed once."""

    day: int
    text_hash: str
    sketch: bytes
    vectors: Vectors

    @classmethod
    def of(cls, clean: CleanArticle) -> "Fingerprint":
        words = words_of(clean.text)
        return cls(_day(clean), text_hash(clean.text, words), sketch_of(words), article_vectors(clean, words))


def text_hash_of(clean: CleanArticle) -> str:
    """Hash of the text alone, for revisions that need no more."""
    return text_hash(clean.text, words_of(clean.text))


def text_hash(text: str, words: Sequence[str]) -> str:
    """Hash of the lower-case words of a text, so that spacing, case and marks make no difference."""
    return digest("text", " ".join(words) or text)


def _day(clean: CleanArticle) -> int:
    seen: datetime = clean.first_seen_at
    return min(clean.published_at or seen, seen).date().toordinal()
