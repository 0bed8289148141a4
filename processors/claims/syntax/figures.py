"""Numbers in digits and words: "2.4 million", "three thousand", "12,9 Mrd", "$5m to $7m", "between 180 and 220"."""

import re
from collections.abc import Sequence
from functools import lru_cache

from claimwire.records.vocabulary import Operator
from processors.claims.lexicon import in_order
from processors.claims.model import Token

ONES = {word: number for number, word in enumerate(in_order("numerals"))}
TENS = {w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12,
          "lakh": 10**5, "crore": 10**7, "bn": 10**9, "bln": 10**9, "mrd": 10**9, "mn": 10**6, "mln": 10**6, "mio": 10**6,
          "m": 10**6, "tn": 10**12, "k": 1000, "b": 10**9}  # fmt: skip
SCALE_WORDS = frozenset(s for s in SCALES if len(s) > 2) | {s + "s" for s in SCALES if len(s) > 3} | {"bn", "mn"}
TIGHT_SCALES = frozenset("m bn k tn mn b".split())
# Words for vague numbers: "hundreds of people", "several dozen".
VAGUE = frozenset(s + "s" for s in ("ten", "dozen", "hundred", "thousand", "million", "billion", "trillion")) | {
    "scores"
}
ORDINALS = {word: number for number, word in enumerate(in_order("ordinals"), 1)}
DIVIDED = re.compile(r"(?<=\d)[,\u00a0\u202f ](?=\d{3}(?!\d))")
# A point before exactly three digits divides thousands (European style), unless a share or a scale follows.
POINTED = re.compile(
    r"\b([1-9]\d{0,2})\.(\d{3})\b(?!\d|\s?(?:%|per ?cent|pct|hundred|thousand|million|billion|trillion|bn|mrd|m\b))"
)
# "1,20,000" is 120 thousand in India.
BY_TWO = re.compile(r"\b\d{1,2}(?:,\d{2})+,\d{3}\b")
DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
OPERATORS = (
    (Operator.MIN, re.compile(r"(?:more than|at least|over|(?:not|no) less than|no fewer than|exceeding|minimum of|upwards of|above|easily)$")),
    (Operator.MAX, re.compile(r"(?:less than|at most|up to|fewer than|under|no more than|not more than|below|as many as|as much as)$")),
    (Operator.APPROX, re.compile(r"(?:about|around|some|nearly|almost|approximately|roughly|an estimated|close to|nearer)$")),
)  # fmt: skip
CURRENCY_AT_END = re.compile(r" (?:the|an?|\$)$")
# Largest value: a float holds every whole number below it.
LARGEST = 2.0**53


@lru_cache(maxsize=10_000)
def number_value(words: str) -> float | None:
    """Return the value of digits or number words ("2.4 million", "three thousand", "a dozen"), or None."""
    text = BY_TWO.sub(lambda found: found.group().replace(",", ""), words.casefold())
    text = POINTED.sub(r"\1\2", DIVIDED.sub("", text))
    text = DECIMAL_COMMA.sub(".", text)
    total, current, seen = 0.0, 0.0, False
    for part in re.findall(r"\d+(?:\.\d+)?|[a-z]+", text):
        if part[0].isdigit():
            current, seen = float(part), True
        elif part == "half":
            # "half a million"
            current = 0.5
        elif part in ONES or part in TENS:
            current, seen = current + ONES.get(part, TENS.get(part, 0)), True
        elif part.rstrip("s") in SCALES or part in SCALES:
            scale = SCALES.get(part) or SCALES[part.rstrip("s")]
            # 16.6 * 10**6 is 16600000.000000002.
            current, seen = round((current or 1) * scale, 4), True
            if scale >= 1000:
                total, current = total + current, 0
    return total + current if seen and total + current < LARGEST else None


BEGINNINGS = frozenset({*ONES, *TENS, *SCALE_WORDS, *ORDINALS, "a", "an", "half"})


def may_begin(token: Token) -> bool:
    """Return whether a word can begin a number, as a quick test."""
    low = token.low
    return token.tag == "CD" or low in BEGINNINGS or "-" in low or low[0].isdigit()


def is_figure(token: Token) -> bool:
    """Return whether a word is a number by itself."""
    if token.tag == "CD":
        return "/" not in token.text and ":" not in token.text and number_value(token.low) is not None
    low = token.low
    return low in ONES or low in TENS or ("-" in low and all(w in ONES or w in TENS for w in low.split("-")))


def is_year(text: str) -> bool:
    return re.fullmatch(r"(?:1[89]|20)\d\d", text) is not None


def end_of_figure(tokens: Sequence[Token], index: int, last: int) -> int:
    """Return the last token of the figure that begins at `index`, or -1."""
    token = tokens[index]
    if (
        token.low == "half"
        and index + 1 < last
        and tokens[index + 1].low == "a"
        and tokens[index + 2].low in SCALE_WORDS
    ):
        index += 2
    elif token.low in ("a", "an") and index < last and tokens[index + 1].low in SCALE_WORDS - VAGUE:
        index += 1
    elif not is_figure(token) and (token.low not in SCALE_WORDS or token.low in VAGUE):
        return -1
    while index < last and _is_tight_scale(tokens, index + 1, last):
        index += 1
    if index + 1 < last and tokens[index + 1].text == "-" and tokens[index + 2].low in SCALE_WORDS:
        # "$40-million"
        index += 2
    while index < last and (
        tokens[index + 1].low in SCALE_WORDS
        or (tokens[index + 1].tag == "CD" and tokens[index].tag == "CD" and tokens[index].text.isalpha())
    ):
        index += 1
    return index


def _is_tight_scale(tokens: Sequence[Token], index: int, last: int) -> bool:
    """Return whether a suffix is a scale: "m" in "$620m", "bn" in "3bn"; in "a 30m vessel" it is metres."""
    if tokens[index].low not in TIGHT_SCALES or tokens[index].start != tokens[index - 1].end:
        return False
    is_sum = index > 1 and tokens[index - 2].tag == "$"
    after = tokens[index + 1] if index < last else None
    if is_sum or tokens[index].low != "m":
        return is_sum or tokens[index].low != "b"
    return after is not None and (after.tag == "NNS" or after.low == "people" or "." in tokens[index - 1].text)


def value_at(tokens: Sequence[Token], first: int, end: int) -> float | None:
    """Return the value of the figure `tokens[first..end]`."""
    after = f" {tokens[end + 1].low}" if end + 1 < len(tokens) and tokens[end + 1].text == "%" else ""
    return number_value(" ".join(t.low for t in tokens[first : end + 1]) + after)


def range_of(tokens: Sequence[Token], first: int, end: int, last: int) -> tuple[float | None, int]:
    """Return the upper end of "5 to 7", "5-7" or "between 5 and 7", but not of "voted 29 to 17" or "from 5 to 7"."""
    before = [t.low for t in tokens[max(0, first - 5) : first]]
    if end + 2 > last:
        return None, end
    joint = tokens[end + 1].low
    if any(w.startswith("vot") for w in before[-3:]) or (joint == "to" and "from" in before):
        return None, end
    if joint not in ("to", "-", "–") and not (joint in ("and", "or") and ("between" in before or joint == "or")):
        return None, end
    at = end + 2 + (tokens[end + 2].tag == "$")
    if at > last or tokens[at].tag != "CD":
        return None, end
    stop = end_of_figure(tokens, at, last)
    high = value_at(tokens, at, stop) if stop >= 0 else None
    low = value_at(tokens, first, end)
    if high is None or low is None or high <= low:
        return None, end
    return high, stop


def shared_scale(tokens: Sequence[Token], end: int, stop: int, value: float) -> float:
    """Return the lower end of "5 to 7 million", scaled by the word after the upper end."""
    low, scale = tokens[stop].low, 0
    if stop > end and tokens[end].low not in SCALES:
        scale = SCALES.get(low) or SCALES.get(low.removesuffix("s"), 0)
    return round(value * scale, 4) if scale >= 1000 and value < 1000 else value


def operator_of(tokens: Sequence[Token], index: int, high: float | None) -> Operator:
    """Return the precision of the figure at `index`, by the words before it."""
    words = " ".join("$" if t.tag == "$" else t.low for t in tokens[max(0, index - 4) : index])
    words = CURRENCY_AT_END.sub("", words)
    return next((name for name, pattern in OPERATORS if pattern.search(words)), Operator.RANGE if high else Operator.EQ)
