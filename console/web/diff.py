"""Word-by-word differences between two revisions of a text. Pure."""

import re
from difflib import SequenceMatcher

CONTEXT = 12
# In longer texts the most frequent words are ignored as anchors; otherwise the time is quadratic.
LONG = 2000
WORDS = re.compile(r"\S+|\n+")


def word_diff(old: str, new: str) -> list[tuple[str, str]]:
    """Return ("same" | "gone" | "new" | "left out", words) in order; long unchanged parts are cut to CONTEXT words."""
    before, after = WORDS.findall(old), WORDS.findall(new)
    parts: list[tuple[str, str]] = []
    for step, a, b, c, d in SequenceMatcher(None, before, after, autojunk=len(after) > LONG).get_opcodes():
        if step == "equal":
            parts += _shortened(before[a:b], is_first=a == 0, is_last=b == len(before))
            continue
        if b > a:
            parts.append(("gone", " ".join(before[a:b])))
        if d > c:
            parts.append(("new", " ".join(after[c:d])))
    return parts


def _shortened(words: list[str], *, is_first: bool, is_last: bool) -> list[tuple[str, str]]:
    if len(words) <= 2 * CONTEXT + 2:
        return [("same", " ".join(words))]
    head = [] if is_first else [("same", " ".join(words[:CONTEXT]))]
    tail = [] if is_last else [("same", " ".join(words[-CONTEXT:]))]
    count = len(words) - CONTEXT * (len(head) + len(tail))
    return [*head, ("left out", f"{count} words"), *tail]
