"""Words and weights: stems, background document frequencies, sparse vectors, cosine."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from processors.claims.spelling import fold, skeleton

WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?")
NUMBER = re.compile(r"\d")
SUFFIX = re.compile(r"(?:ingly|edly|ing|ed|es|s|’s|'s|ly)$")
UNSEEN_IDF = 14.0
COMMON_IDF = 5.5
Vector = dict[str, float]


@cache
def background(language: str) -> Mapping[str, float]:
    """Frequency of the words of a language in general text (`wordfreq`); empty for one that it does not have."""
    import wordfreq

    # Asked for another language it would take the nearest one.
    if language not in wordfreq.available_languages("small"):
        return {}
    table: dict[str, float] = wordfreq.get_frequency_dict(language, "small")
    return table


@cache
def _stem_frequencies(language: str) -> Mapping[str, float]:
    summed: dict[str, float] = {}
    for word, frequency in background(language).items():
        stem = stem_of(word)
        summed[stem] = summed.get(stem, 0.0) + frequency
    return summed


@cache
def stem_of(word: str) -> str:
    """A word without its commonest English endings; short words as they are."""
    folded = fold(word)
    if len(folded) < 5:
        return folded
    stem = SUFFIX.sub("", folded)
    return (stem if len(stem) >= 3 else folded).rstrip("e")


def idf(stem: str, language: str) -> float:
    """How much a stem tells: minus the logarithm of its frequency in general text."""
    frequency = _stem_frequencies(language).get(stem)
    return -math.log(frequency) if frequency else UNSEEN_IDF


def stems(text: str) -> list[str]:
    """Stems of the words of a text, numbers left out."""
    return [stem_of(w.casefold()) for w in WORD.findall(text) if len(w) > 2 and not NUMBER.search(w)]


def weighted(terms: Iterable[str], language: str, keep: int, weight: Callable[[str], float] | None = None) -> Vector:
    """Unit vector of the `keep` heaviest terms, (1 + log tf) * weight; a weight is idf - COMMON_IDF where none is given."""
    weigh = weight or (lambda term: idf(term, language) - COMMON_IDF)
    counts: dict[str, int] = {}
    for term in terms:
        counts[term] = counts.get(term, 0) + 1
    weights = {t: (1 + math.log(n)) * weigh(t) for t, n in counts.items()}
    top = sorted((t for t in weights if weights[t] > 0), key=lambda t: (-weights[t], t))[:keep]
    return unit({t: weights[t] for t in top})


def unit(vector: Vector) -> Vector:
    """`vector` at length 1, rounded so that it is the same after a round trip through JSON."""
    length = math.sqrt(sum(w * w for w in vector.values()))
    return {t: round(w / length, 6) for t, w in vector.items()} if length else {}


def cosine(a: Vector, b: Vector) -> float:
    """Cosine of two unit vectors."""
    if len(b) < len(a):
        a, b = b, a
    return sum(w * b[t] for t, w in a.items() if t in b)


def name_keys(names: Iterable[str]) -> frozenset[str]:
    """Consonant keys of the words of names: transliterations of one name share them."""
    generic = {"the", "of", "for", "and", "united", "ministry", "armed", "forces", "people"}
    keys = {skeleton(w) or fold(w) for n in names for w in fold(n).split() if w not in generic}
    return frozenset(k for k in keys if k)
