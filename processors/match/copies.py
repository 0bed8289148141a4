"""Near duplicates: wire copies and reprints, by a bottom-k sketch of word shingles (Broder 1997), and who wrote first.

A copy is looked for among the articles of its own story only, so that no index of sketches is needed: what shares most
of its words with an article shares its story.
"""

import re
from array import array
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

from processors.claims.lexicon import word_list

SHINGLE = 4
SKETCH = 256
# Share of the shorter text's shingles that a copy has in common with the other.
COPIED = 0.4
SHORTEST = 12
# Sketches of the stories in hand, 20 KiB each: each article is compared with all of its story.
READ = 600
CREDIT = re.compile(r"\(([A-Z][\w .&-]{1,30})\)")


def sketch_of(words: Sequence[str]) -> bytes:
    """The SKETCH smallest hashes of the shingles of lower-case words, ascending, behind their number; 32 bits each."""
    hashes = {crc32(" ".join(words[i : i + SHINGLE]).encode()) for i in range(len(words) - SHINGLE + 1)}
    return array("I", [len(hashes), *sorted(hashes)[:SKETCH]]).tobytes()


@lru_cache(maxsize=READ)
def hashes_of(sketch: bytes) -> tuple[int, tuple[int, ...], frozenset[int]]:
    """(number of a text's shingles, the smallest hashes of them, ascending, and as a set) of a sketch."""
    size, *low = array("I", sketch)
    return size, tuple(low), frozenset(low)


def containment(a: bytes, b: bytes, least: float = COPIED) -> float:
    """Estimated share of the shorter text's shingles that the other has too, 0..1; 0 where one is very short.

    Below `least` it is an upper bound of the estimate.
    """
    (size_a, low_a, set_a), (size_b, low_b, set_b) = hashes_of(a), hashes_of(b)
    both = set_a & set_b
    if not both or min(size_a, size_b) < SHORTEST:
        return 0.0
    most = _contained(len(both) / max(len(low_a), len(low_b)), size_a, size_b)
    if most < least:
        return most
    # Two ascending runs, which sorting merges.
    union = list(dict.fromkeys(sorted(low_a + low_b)))[:SKETCH]
    return _contained(len(both.intersection(union)) / len(union), size_a, size_b)


def _contained(resemblance: float, size_a: int, size_b: int) -> float:
    shared = resemblance * (size_a + size_b) / (1 + resemblance)
    return min(1.0, shared / min(size_a, size_b))


def credited(dateline: str | None, text: str) -> str | None:
    """The news agency that an article's dateline or opening credits, "SEOUL (Reuters) -", or None."""
    for part in (dateline or "", text[:300]):
        for found in CREDIT.finditer(part):
            if found.group(1).casefold() in word_list("agencies.txt"):
                return found.group(1)
    return None
