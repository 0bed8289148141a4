"""Near-duplicates (wire copies and reprints), by a bottom-k sketch of word shingles (Broder, 1997), and origins of articles.

Copies are searched only among the articles of a story, since articles with mostly the same words are in one story; no index
of sketches is needed.
"""

import re
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from zlib import crc32

from claimwire.records.articles import CleanArticle
from processors.claims.lexicon import word_list
from processors.match.state import State

SHINGLE = 4
SKETCH = 256
# Least share of the shorter text's shingles in the other one for a copy.
COPIED = 0.4
SHORTEST = 12
BITS = 4096
# Number of a story's latest articles that are compared; a later copy is found as the copy of a copy.
COMPARED = 300
# Number of decoded sketches in the cache, 20 KiB each.
READ = 600
CREDIT = re.compile(r"\(([A-Z][\w .&-]{1,30})\)")


def sketch_of(words: Sequence[str]) -> bytes:
    """Return the number of distinct shingles of lower-case words and the SKETCH smallest hashes, ascending; 32 bits each."""
    ends = list(accumulate(len(word.encode()) + 1 for word in words))
    text = memoryview(" ".join(words).encode())
    hashes = {crc32(text[start : end - 1]) for start, end in zip([0, *ends], ends[SHINGLE - 1 :], strict=False)}
    return array("I", [len(hashes), *sorted(hashes)[:SKETCH]]).tobytes()


class Hashes(NamedTuple):
    """A decoded sketch: number of the text's shingles, their smallest hashes, and a Bloom filter of one bit for each.

    `clashes` is the number of hashes without a bit of their own.
    """

    size: int
    ascending: tuple[int, ...]
    all: frozenset[int]
    bits: int
    clashes: int


@lru_cache(maxsize=READ)
def hashes_of(sketch: bytes) -> Hashes:
    """Decode a sketch."""
    size, *low = array("I", sketch)
    marked = bytearray(BITS // 8)
    for value in low:
        marked[value % BITS >> 3] |= 1 << (value & 7)
    bits = int.from_bytes(marked, "little")
    return Hashes(size, tuple(low), frozenset(low), bits, len(low) - bits.bit_count())


def containment(a: bytes, b: bytes, least: float = COPIED) -> float:
    """Return the estimated share (0 to 1) of the shorter text's shingles that are in the other; 0 if one is very short.

    A result below `least` is an upper bound of the estimate.
    """
    one, two = hashes_of(a), hashes_of(b)
    longest = max(len(one.ascending), len(two.ascending))
    if min(one.size, two.size) < SHORTEST:
        return 0.0
    # Equal hashes have equal bits, which exclude most pairs.
    shared = (one.bits & two.bits).bit_count() + min(one.clashes, two.clashes)
    most = _contained(min(1.0, shared / longest), one.size, two.size)
    if most < least:
        return most
    both = one.all & two.all
    most = _contained(len(both) / longest, one.size, two.size)
    if most < least:
        return most
    # Sorting merges the two ascending runs in linear time.
    union = list(dict.fromkeys(sorted(one.ascending + two.ascending)))[:SKETCH]
    return _contained(len(both.intersection(union)) / len(union), one.size, two.size)


def _contained(resemblance: float, size_a: int, size_b: int) -> float:
    shared = resemblance * (size_a + size_b) / (1 + resemblance)
    return min(1.0, shared / min(size_a, size_b))


def credited(dateline: str | None, text: str) -> str | None:
    """Return the news agency credited in the dateline or opening of an article ("SEOUL (Reuters) -"), or None."""
    for part in (dateline or "", text[:300]):
        for found in CREDIT.finditer(part):
            if found.group(1).casefold() in word_list("agencies.txt"):
                return found.group(1)
    return None


def origin_of(state: State, scope: str, story_id: str, clean: CleanArticle, sketch: bytes) -> tuple[str, str | None]:
    """Return (origin, the article that this one copies or None).

    A copy has the origin of the copied article; otherwise the origin is the agency credited, or the source.
    """
    best: tuple[float, str, str] = (0.0, "", "")
    for article_id, origin, other in state.sketches(scope, story_id, clean.article_id, COMPARED):
        shared = containment(sketch, other, max(COPIED, best[0]))
        if (shared, article_id) > best[:2]:
            best = (shared, article_id, origin)
    if best[0] >= COPIED:
        return best[2], best[1]
    return credited(clean.dateline, clean.text) or clean.source, None
