"""Near duplicates: wire copies and reprints, by a bottom-k sketch of word shingles (Broder 1997), and who wrote first.

A copy is looked for among the articles of its own story only, so that no index of sketches is needed: what shares most
of its words with an article shares its story.
"""

import re
from array import array
from zlib import crc32

from processors.claims.lexicon import word_list
from processors.match.features import WORD

SHINGLE = 4
SKETCH = 256
# Share of the shorter text's shingles that a copy has in common with the other.
COPIED = 0.4
SHORTEST = 12
CREDIT = re.compile(r"\(([A-Z][\w .&-]{1,30})\)")


def sketch_of(text: str) -> bytes:
    """The SKETCH smallest hashes of a text's shingles, ascending, behind their number; 32 bits each."""
    words = [w.casefold() for w in WORD.findall(text)]
    hashes = {crc32(" ".join(words[i : i + SHINGLE]).encode()) for i in range(len(words) - SHINGLE + 1)}
    return array("I", [len(hashes), *sorted(hashes)[:SKETCH]]).tobytes()


def containment(a: bytes, b: bytes) -> float:
    """Estimated share of the shorter text's shingles that the other has too, 0..1; 0 where one is very short."""
    (size_a, *low_a), (size_b, *low_b) = array("I", a), array("I", b)
    if min(size_a, size_b) < SHORTEST:
        return 0.0
    union = sorted(set(low_a) | set(low_b))[:SKETCH]
    both = set(low_a) & set(low_b)
    resemblance = sum(h in both for h in union) / len(union)
    shared = resemblance * (size_a + size_b) / (1 + resemblance)
    return min(1.0, shared / min(size_a, size_b))


def credited(dateline: str | None, text: str) -> str | None:
    """The news agency that an article's dateline or opening credits, "SEOUL (Reuters) -", or None."""
    for part in (dateline or "", text[:300]):
        for found in CREDIT.finditer(part):
            if found.group(1).casefold() in word_list("agencies.txt"):
                return found.group(1)
    return None
