"""Spellings of a name: folded letters, and the consonant skeleton shared by its transliterations."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from processors.claims.model import Token

OWNED = re.compile(r"\s+(’s|'s|’|')")
DIGRAPHS = str.maketrans("vwpqgcjz", "bbbkkkks")


@lru_cache(maxsize=50_000)
def fold(name: str) -> str:
    """Return lower-case letters and digits without accents."""
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i").replace("ə", "a")).casefold()
    return "".join(c for c in plain if c.isalnum() or c == " ")


@lru_cache(maxsize=50_000)
def skeleton(name: str) -> str:
    """Return the consonants of a folded name, doubles and close letters joined; only a blocking key."""
    text = fold(name).replace("sh", "s").replace("ch", "c").replace("kh", "h").replace("ph", "f").replace("ou", "u")
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouyh ]", "", text.translate(DIGRAPHS)))


def joined(words: Iterable[Token]) -> str:
    """Return the words of a name, with its apostrophes in place."""
    return apostrophes(" ".join([w.text for w in words]))


def apostrophes(text: str) -> str:
    """Join "Lima 's" to "Lima's"."""
    return OWNED.sub(r"\1", text) if "’" in text or "'" in text else text
