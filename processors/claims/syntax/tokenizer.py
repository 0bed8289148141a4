"""Words and marks of a sentence for the grammar: contractions split, asides in parentheses left out."""

import re

from processors.claims.lexicon import currencies, listed
from processors.claims.model import Token

# Sums that make a single letter before them a currency: "R9bn", "N250m", "R12,500", but not "N95" and "R2-D2".
_SUM = r"\d[\d.,]*\s?(?:bn|m|mn|k|tn|million|billion|trillion|lakh|crore)\b|\d{1,3}(?:[, ]\d{3})+(?!\d)|\d{3,}(?![\w-])"


def _signs() -> str:
    """Return the pattern of the signs and codes of currencies, the longest first."""
    signs = sorted({s for signs, _ in currencies().values() for s in signs}, key=len, reverse=True)
    return "|".join(_sign(s) for s in signs)


def _sign(sign: str) -> str:
    if not sign[0].isalpha() or sign[-1] in "$¥₵¢":
        return re.escape(sign)
    return rf"(?<![^\W_]){re.escape(sign)}(?={_SUM if len(sign) == 1 else chr(92) + 's?' + chr(92) + 'd'})"


# Codes of shares and rates, which agencies write after the name: "the index .XYZ fell", "the euro EUR=".
TICKER = r"(?<=\s)\.[A-Z][A-Z0-9]{2,}\b|\b[A-Z][A-Z0-9]{2,}=(?:[A-Z]{2,4}\b)?|\b[A-Z]{2,4}c[1-9]\b"
TOKEN = re.compile(
    r"(?P<plain>[a-z]+)(?= [a-z])|(?P<ticker>"
    + TICKER
    + r")|(?P<age>\d+-(?:year|month|week|day)s?-old\b)|(?P<cur>[$€£]|(?=[^\d\s]{1,5}\s?\d)(?:"
    + _signs()
    + r"))"
    r"|(?P<num>(?:(?<=[$€£R])\d{1,3}(?: \d{3})+(?!\d)|\d+(?:[.,:/]\d+|[\u00a0\u202f]\d{3}(?!\d))*)(?:st|nd|rd|th)?(?=\b|[A-Za-z%]))"
    r"|(?P<abbr>(?:[A-Za-z]\.){2,})|(?P<word>[^\W\d_][\w]*(?:[-’'.&](?=[^\W_])[\w]+)*\.?(?=\s[a-z0-9]|[,;:])?)|(?P<mark>--|\S)"
)
CONTRACTED = re.compile(r"(?i)^(.+)([’']s|s[’'])$")
SHORTENED = re.compile(r"(?i)^(.+)[’'](ll|re|ve|d|m)$")
NEGATED = re.compile(r"(?i)^(is|are|was|were|do|does|did|has|have|had|ca|could|wo|would|should|must|ai)n[’']t$")
BE = listed("be")
HAVE = listed("have")
DO = frozenset("do does did don't doesn't didn't don’t doesn’t didn’t".split())
MODAL = listed("modals")  # fmt: skip
AUXILIARY = BE | HAVE | DO | MODAL
VERBAL = frozenset({"VB", "VBP", "VBZ", "VBD", "VBN", "VBG"})
NOMINAL = frozenset({"NN", "NNS", "NNP", "NNPS"})
# Unions built once because many rules test every word.
BE_OR_HAVE = BE | HAVE
VERBAL_OR_MODAL = VERBAL | {"MD"}
# Quotation marks and brackets stand inside phrases and are no tokens.
# Longest aside in parentheses that is left out, in characters: "(NCRB)", "(about $13,300)".
ASIDE = 80
QUOTES = frozenset('“”"«»„[]‘')


def words_of(text: str, start: int, end: int) -> list[Token]:
    """Return the words and marks of `text[start:end]`; words other than contractions and numbers have no tag yet."""
    found: list[Token] = []
    aside = start
    for match in TOKEN.finditer(text, start, end):
        word, kind = match.group(), match.lastgroup
        a, b = match.span()
        if word == "(" and (closed := text.find(")", b, min(end, b + ASIDE))) >= 0:
            aside = closed + 1
        if a < aside or word in QUOTES or kind == "ticker":
            continue
        if kind == "plain":
            found.append(Token(a, b, word, word, ""))
        elif kind == "word":
            is_initial = len(word) == 2 and word[0].isupper() and text[b : b + 1] == " " and b < end
            if word.endswith(".") and not is_initial and word[:-1].casefold() not in ABBREVIATED:
                word, b = word[:-1], b - 1
                found += _words(a, b, word)
                found.append(Token(b, b + 1, ".", ".", "."))
                continue
            found += _words(a, b, word)
        else:
            before = found[-1] if found else None
            found.append(_owning_or_tight(text, before, Token(a, b, word, word.casefold(), _mark(kind, word))))
    return found


AFFLICTED = frozenset("wounded injured missing dead displaced".split())
ABBREVIATED = listed("abbreviated_words")


def is_negated(word: str) -> bool:
    """Return whether a word is an auxiliary with "not": "isn't"."""
    return word[-1] in "tT" and NEGATED.match(word) is not None


def _words(a: int, b: int, word: str) -> list[Token]:
    if "'" not in word and "’" not in word:
        return [Token(a, b, word, word.casefold(), "")]
    contracted = CONTRACTED.match(word)
    if contracted:
        cut = b - 2 if word[-1] in "sS" else b - 1
        head = word[: cut - a]
        return [Token(a, cut, head, head.casefold(), ""), Token(cut, b, word[cut - a :], "'s", "POS")]
    shortened = SHORTENED.match(word)
    if shortened:
        head, rest = shortened.groups()
        cut = a + len(head)
        tag = "MD" if rest.casefold() in ("ll", "d") else "VBP"
        return [Token(a, cut, head, head.casefold(), ""), Token(cut, b, word[len(head) :], f"'{rest.casefold()}", tag)]
    return [Token(a, b, word, word.casefold().replace("’", "'"), "")]


def _owning_or_tight(text: str, before: Token | None, token: Token) -> Token:
    """Return a mark as possessive ("the firefighters' union"), as hyphen, or as a dash between clauses."""
    a, b = token.start, token.end
    if token.text in "'’" and before is not None and before.end == a and before.low.endswith("s"):
        return Token(a, b, token.text, "'s", "POS")
    if token.text == "--" or (token.text == "-" and _is_spaced(text, a, b)):
        return Token(a, b, "–", token.low, "–")
    if token.text in "–—" and a > 0 and b < len(text) and not text[a - 1].isspace() and not text[b].isspace():
        return Token(a, b, "-", token.low, "-")
    return token


def _is_spaced(text: str, a: int, b: int) -> bool:
    """Return whether a hyphen stands for a dash: blanks on both sides, and no sum or score."""
    return (
        a > 1
        and b + 1 < len(text)
        and text[a - 1] == text[b] == " "
        and not (text[a - 2].isdigit() and text[b + 1].isdigit())
    )


def _mark(kind: str | None, word: str) -> str:
    if kind == "num":
        return "JJ" if word[-1].isalpha() else "CD"
    if kind == "age":
        return "JJ"
    if kind == "cur":
        return "$"
    if kind == "abbr":
        return "NNP"
    return "." if word in ".!?" else word
