"""Language of an article: the declared one unless the text is certainly in another; detected if none is declared.

Many sites built from templates declare English for any language. A declaration that the text confirms is kept, so that
revisions do not change language.
"""

import re
from functools import cache
from typing import Any

MIN_LETTERS = 40
SURE_LETTERS = 200
SURE = 0.99
LONGEST = 1200
WORD = re.compile(r"[a-z]+")
ENGLISH = frozenset(
    "the of and to in a is that for it was on as with by at from are be this has have its not or an".split()
)
ENGLISH_SHARE = 0.2
# Groups of languages that detectors confuse; a declaration takes precedence within a group.
ALIKE = tuple(
    frozenset(row.split())
    for row in (
        "bs hr sr sl mk bg", "no nb nn da sv fo is",
        "id ms jv", "pt gl es ca an oc ast", "cs sk pl", "ru uk be bg kk ky", "hi mr ne",
        "fa ur ps ar ku", "zh ja", "nl af de lb", "et fi", "it es co la eo", "xh zu",
    )
)  # fmt: skip


def language_of(declared: str | None, text: str) -> str:
    """Return the two-letter code; `und` if the text is too short to decide."""
    text = text[:LONGEST]
    letters = sum(c.isalpha() for c in text)
    named = (declared or "").split("-")[0].lower()
    if len(named) != 2 or not named.isascii() or not named.isalpha():
        return _detected(text)[0] if letters >= MIN_LETTERS else "und"
    if letters < SURE_LETTERS or (named == "en" and _is_english(text)):
        return named
    found, confidence = _detected(text)
    if found == named or confidence < SURE or any(found in row and named in row for row in ALIKE):
        return named
    return found


def _is_english(text: str) -> bool:
    words = WORD.findall(text.lower())
    return sum(word in ENGLISH for word in words) >= ENGLISH_SHARE * len(words) > 0


def _detected(text: str) -> tuple[str, float]:
    code, confidence = _detector().classify(text)
    return str(code), float(confidence)


@cache
def _detector() -> Any:
    # Imported late: its model takes 0.3 s and numpy, and is needed only for detection.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
