"""Words and weights: stems, background document frequencies, sparse vectors, cosine."""

import math
import re
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b

from processors.claims.mentions.spelling import fold, skeleton

WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?")
NUMBER = re.compile(r"\d")
SUFFIX = re.compile(r"(?:ingly|edly|ing|ed|es|s|’s|'s|ly)$")
UNSEEN_IDF = 14.0
COMMON_IDF = 5.5
# One object for each weight: millions are kept.
STEPS = tuple(n / 10_000 for n in range(10_001))
Vector = dict[str, float]


@dataclass(frozen=True)
class Frequencies:
    """How often the stems of a language are in general text (`wordfreq`); none for one that it does not have.

    By the stems' hashes in sorted arrays: a table of strings takes thirty times the memory, for each language met.
    """

    keys: "array[int]"
    values: "array[float]"

    @classmethod
    def of(cls, language: str) -> "Frequencies":
        import wordfreq

        summed: dict[int, float] = {}
        # Asked for another language it would take the nearest one.
        if language in wordfreq.available_languages("small"):
            for word, frequency in wordfreq.get_frequency_dict(language, "small").items():
                key = _key(stem_of.__wrapped__(word))
                summed[key] = summed.get(key, 0.0) + frequency
            wordfreq.get_frequency_dict.cache_clear()
            wordfreq.get_frequency_list.cache_clear()
        ordered = sorted(summed)
        return cls(array("Q", ordered), array("d", (summed[key] for key in ordered)))

    def get(self, stem: str) -> float | None:
        """The frequency of a stem."""
        key = _key(stem)
        at = bisect_left(self.keys, key)
        return self.values[at] if at < len(self.keys) and self.keys[at] == key else None


def _key(stem: str) -> int:
    return int.from_bytes(blake2b(stem.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


_frequencies = cache(Frequencies.of)


@lru_cache(maxsize=200_000)
def stem_of(word: str) -> str:
    """A word without its commonest English endings; short words as they are."""
    folded = fold(word)
    if len(folded) < 5:
        return folded
    stem = SUFFIX.sub("", folded)
    return (stem if len(stem) >= 3 else folded).rstrip("e")


@lru_cache(maxsize=200_000)
def idf(stem: str, language: str) -> float:
    """How informative a stem is: minus the logarithm of its frequency in general text."""
    frequency = _frequencies(language).get(stem)
    return -math.log(frequency) if frequency else UNSEEN_IDF


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, numbers too."""
    return [w.casefold() for w in WORD.findall(text)]


@lru_cache(maxsize=200_000)
def _term(word: str) -> str | None:
    return stem_of(word) if len(word) > 2 and not NUMBER.search(word) else None


def stems(words: Iterable[str]) -> list[str]:
    """Stems of lower-case words, numbers and the shortest left out."""
    return [stem for word in words if (stem := _term(word)) is not None]


def weighted(terms: Iterable[str], language: str, keep: int, weight: Callable[[str], float] | None = None) -> Vector:
    """Unit vector of the `keep` heaviest terms, (1 + log tf) * weight; a weight is idf - COMMON_IDF where none is given."""
    counts = Counter(terms)
    if weight is None:
        weights = {t: (1 + math.log(n)) * (idf(t, language) - COMMON_IDF) for t, n in counts.items()}
    else:
        weights = {t: (1 + math.log(n)) * weight(t) for t, n in counts.items()}
    ordered = sorted((-w, t) for t, w in weights.items() if w > 0)
    return unit({t: -w for w, t in ordered[:keep]})


def unit(vector: Vector) -> Vector:
    """`vector` at length 1, in steps of 0.0001, so that it is the same after a round trip through JSON."""
    length = math.sqrt(sum(w * w for w in vector.values()))
    return {t: STEPS[round(10_000 * w / length)] for t, w in vector.items()} if length else {}


def shared(vector: Vector) -> Vector:
    """A vector that was read, its terms and weights one object each in all vectors: millions are kept."""
    return {sys.intern(t): STEPS[round(w * 10_000)] for t, w in vector.items()}


def cosine(a: Vector, b: Vector) -> float:
    """Cosine of two unit vectors."""
    common = a.keys() & b.keys()
    # A set's order differs from process to process: only an exact sum is the same in each.
    return math.fsum([a[t] * b[t] for t in common]) if common else 0.0


def name_keys(names: Iterable[str]) -> frozenset[str]:
    """Consonant keys of the words of names: transliterations of one name share them."""
    generic = {"the", "of", "for", "and", "united", "ministry", "armed", "forces", "people"}
    keys = {skeleton(w) or fold(w) for n in names for w in fold(n).split() if w not in generic}
    return frozenset(k for k in keys if k)


def overlap(a: Vector, b: Vector) -> float:
    """The share (0 to 1) of the terms of the shorter vector that both have, whatever their weights; 0 for fewer than two."""
    common = len(a.keys() & b.keys())
    return common / min(len(a), len(b)) if common > 1 else 0.0
