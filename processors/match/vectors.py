"""Sparse word vectors: stems, frequencies in general text, weights, cosine."""

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
# All possible weights, shared by all vectors: millions of floats would take too much memory.
STEPS = tuple(n / 10_000 for n in range(10_001))
Vector = dict[str, float]


@dataclass(frozen=True)
class Frequencies:
    """Frequencies of a language's stems in general text, from `wordfreq`; empty for languages that it lacks.

    Stored as sorted arrays of hashes, because a dictionary of strings takes thirty times the memory for each language.
    """

    keys: "array[int]"
    values: "array[float]"

    @classmethod
    def of(cls, language: str) -> "Frequencies":
        import wordfreq

        summed: dict[int, float] = {}
        # For an unknown language `wordfreq` would return a related one.
        if language in wordfreq.available_languages("small"):
            for word, frequency in wordfreq.get_frequency_dict(language, "small").items():
                key = _key(stem_of.__wrapped__(word))
                summed[key] = summed.get(key, 0.0) + frequency
            wordfreq.get_frequency_dict.cache_clear()
            wordfreq.get_frequency_list.cache_clear()
        ordered = sorted(summed)
        return cls(array("Q", ordered), array("d", (summed[key] for key in ordered)))

    def get(self, stem: str) -> float | None:
        """Return the frequency (0 to 1) of a stem, or None."""
        key = _key(stem)
        at = bisect_left(self.keys, key)
        return self.values[at] if at < len(self.keys) and self.keys[at] == key else None


def _key(stem: str) -> int:
    return int.from_bytes(blake2b(stem.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


_frequencies = cache(Frequencies.of)


@lru_cache(maxsize=200_000)
def stem_of(word: str) -> str:
    """Return a word without common English endings; words of fewer than five letters are only folded."""
    folded = fold(word)
    if len(folded) < 5:
        return folded
    stem = SUFFIX.sub("", folded)
    return (stem if len(stem) >= 3 else folded).rstrip("e")


@lru_cache(maxsize=200_000)
def idf(stem: str, language: str) -> float:
    """Return the rarity of a stem: minus the natural logarithm of its frequency in general text."""
    frequency = _frequencies(language).get(stem)
    return -math.log(frequency) if frequency else UNSEEN_IDF


def words_of(text: str) -> list[str]:
    """Return the words and numbers of a text in lower case."""
    return [w.casefold() for w in WORD.findall(text)]


@lru_cache(maxsize=200_000)
def _term(word: str) -> str | None:
    return stem_of(word) if len(word) > 2 and not NUMBER.search(word) else None


def stems(words: Iterable[str]) -> list[str]:
    """Return the stems of lower-case words, without numbers and words of one or two letters."""
    return [stem for word in words if (stem := _term(word)) is not None]


def weighted(terms: Iterable[str], language: str, keep: int, weight: Callable[[str], float] | None = None) -> Vector:
    """Return the unit vector of the `keep` heaviest terms: (1 + log tf) * weight, by default idf - COMMON_IDF."""
    counts = Counter(terms)
    if weight is None:
        weights = {t: idf(t, language) - COMMON_IDF for t in counts}
    else:
        weights = {t: weight(t) for t in counts}
    ordered = sorted([(-w * (1 + math.log(counts[t])), t) for t, w in weights.items() if w > 0])
    return unit({t: -w for w, t in ordered[:keep]})


def unit(vector: Vector) -> Vector:
    """Return the vector scaled to length 1, in steps of 0.0001, so that it survives a round trip through JSON."""
    length = math.sqrt(sum(w * w for w in vector.values()))
    return {t: STEPS[round(10_000 * w / length)] for t, w in vector.items()} if length else {}


def shared(vector: Vector) -> Vector:
    """Return a decoded vector with shared objects for terms and weights, to save memory."""
    return {sys.intern(t): STEPS[round(w * 10_000)] for t, w in vector.items()}


def cosine(a: Vector, b: Vector) -> float:
    """Return the cosine of two unit vectors."""
    common = a.keys() & b.keys()
    # The order of a set differs between processes; `fsum` returns the same sum in any order.
    return math.fsum([a[t] * b[t] for t in common]) if common else 0.0


def contained(a: Vector, b: Vector) -> float:
    """Return the share (0 to 1) of squared weights on terms that both unit vectors have: of the vector with the larger share."""
    common = a.keys() & b.keys()
    return min(1.0, max(math.fsum([side[t] ** 2 for t in common]) for side in (a, b)))


def name_keys(names: Iterable[str]) -> frozenset[str]:
    """Return the consonant keys of the words of names; transliterations of a name have the same keys."""
    generic = {"the", "of", "for", "and", "united", "ministry", "armed", "forces", "people"}
    keys = {skeleton(w) or fold(w) for n in names for w in fold(n).split() if w not in generic}
    return frozenset(k for k in keys if k)


def overlap(a: Vector, b: Vector) -> float:
    """Return the share (0 to 1) of the shorter vector's terms that both have, without weights; 0 for fewer than two terms."""
    common = len(a.keys() & b.keys())
    return common / min(len(a), len(b)) if common > 1 else 0.0
