"""Near duplicates: wire copies and reprints, by a bottom-k sketch of word shingles (Broder 1997), and who wrote first.

A copy is looked for among the articles of its own story only, so that no index of sketches is needed: what shares most
of its words with an article shares its story.
"""

import re
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from claimwire.records.articles import CleanArticle
from processors.claims.lexicon import word_list
from processors.match.state import State

SHINGLE = 4
SKETCH = 256
# Share of the shorter text's shingles that a copy has in common with the other.
COPIED = 0.4
SHORTEST = 12
BITS = 4096
# Of a story with more articles the latest are looked at: what is copied later than that is copied from a copy.
COMPARED = 300
# Sketches of the stories in hand, 20 KiB each: each article is compared with all of its story.
READ = 600
CREDIT = re.compile(r"\(([A-Z][\w .&-]{1,30})\)")


def sketch_of(words: Sequence[str]) -> bytes:
    """The SKETCH smallest hashes of the shingles of lower-case words, ascending, behind their number; 32 bits each."""
    hashes = {crc32(" ".join(words[i : i + SHINGLE]).encode()) for i in range(len(words) - SHINGLE + 1)}
    return array("I", [len(hashes), *sorted(hashes)[:SKETCH]]).tobytes()


class Hashes(NamedTuple):
    """A sketch that was read: number of the text's shingles, the smallest hashes of them, and a bit for each.

    `clashes` is how many hashes have no bit of their own.
    """

    size: int
    ascending: tuple[int, ...]
    all: frozenset[int]
    bits: int
    clashes: int


@lru_cache(maxsize=READ)
def hashes_of(sketch: bytes) -> Hashes:
    """The hashes of a sketch."""
    size, *low = array("I", sketch)
    marked = bytearray(BITS // 8)
    for value in low:
        marked[value % BITS >> 3] |= 1 << (value & 7)
    bits = int.from_bytes(marked, "little")
    return Hashes(size, tuple(low), frozenset(low), bits, len(low) - bits.bit_count())


def containment(a: bytes, b: bytes, least: float = COPIED) -> float:
    """Estimated share of the shorter text's shingles that the other has too, 0..1; 0 where one is very short.

    Below `least` it is an upper bound of the estimate.
    """
    one, two = hashes_of(a), hashes_of(b)
    longest = max(len(one.ascending), len(two.ascending))
    if min(one.size, two.size) < SHORTEST:
        return 0.0
    # Hashes in common have bits in common: most pairs need no more than that.
    shared = (one.bits & two.bits).bit_count() + min(one.clashes, two.clashes)
    most = _contained(min(1.0, shared / longest), one.size, two.size)
    if most < least:
        return most
    both = one.all & two.all
    most = _contained(len(both) / longest, one.size, two.size)
    if most < least:
        return most
    # Two ascending runs, which sorting merges.
    union = list(dict.fromkeys(sorted(one.ascending + two.ascending)))[:SKETCH]
    return _contained(len(both.intersection(union)) / len(union), one.size, two.size)


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


def origin_of(state: State, scope: str, story_id: str, clean: CleanArticle, sketch: bytes) -> tuple[str, str | None]:
    """(origin, the article that this one copies or None): a copy has the origin of what it copies, another article
    the agency that it credits, or its own source."""
    best: tuple[float, str, str] = (0.0, "", "")
    for article_id, origin, other in state.sketches(scope, story_id, clean.article_id, COMPARED):
        shared = containment(sketch, other, max(COPIED, best[0]))
        if (shared, article_id) > best[:2]:
            best = (shared, article_id, origin)
    if best[0] >= COPIED:
        return best[2], best[1]
    return credited(clean.dateline, clean.text) or clean.source, None
