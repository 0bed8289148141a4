"""Search for many patterns in one pass over a text."""

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

import re2

K = TypeVar("K")
# RE2 knows no letters but those of ASCII in `\w` and `\b`; marks are the same to both.
BEYOND_RE2 = re.compile(r"[^\x00-\x7f“”‘’–—…]")
LOOKAROUND = re.compile(r"\(\?<?[=!]")


class PatternSet(Generic[K]):
    """Patterns with a key each. RE2 searches for all at once; `re` for those with look-around, and in other scripts."""

    def __init__(self, rows: Iterable[tuple[K, str]]) -> None:
        self._rows = [(key, re.compile(pattern)) for key, pattern in rows]
        self._slow: list[tuple[K, re.Pattern[str]]] = []
        self._keys: list[K] = []
        self._set = re2.Set.SearchSet()
        for key, pattern in self._rows:
            if LOOKAROUND.search(pattern.pattern):
                self._slow.append((key, pattern))
            else:
                self._set.Add(pattern.pattern)
                self._keys.append(key)
        self._set.Compile()

    def found(self, text: str) -> set[K]:
        """Return the keys of the patterns that a text matches."""
        if BEYOND_RE2.search(text):
            return {key for key, pattern in self._rows if pattern.search(text)}
        found = {self._keys[place] for place in self._set.Match(text) or ()}
        found.update(key for key, pattern in self._slow if pattern.search(text))
        return found
