"""Predicates of a phrase: the verbs and adjectives after it, past relative clauses, asides and joined phrases."""

from collections.abc import Iterator, Sequence

from processors.claims.lexicon import listed
from processors.claims.model import Token
from processors.claims.syntax.tokenizer import BE_OR_HAVE, NOMINAL, VERBAL, VERBAL_OR_MODAL

# Words between a verb and its number: "killed at least 12", "took up to another 30".
HEDGES = listed("number_hedges")
LINKS = frozenset({"CC", ","})
# Tags of a phrase, of joined phrases, of a verb group, and of the arguments of a verb.
PHRASE = NOMINAL | {"DT", "JJ", "CD", "PRP$", "POS", "PRP"}
JOINED = NOMINAL | LINKS | {"DT", "JJ", "CD", "PRP$"}
VERB_PARTS = VERBAL | {"RB", "TO"}
ARGUMENTS = PHRASE | {"IN", "TO", "RB"}
ASIDES = listed("asides")
# Largest distance of role words from the number, in words.
REACH, NEAR = 24, 8


def is_hedge(tokens: Sequence[Token], index: int) -> bool:
    """Return whether a word belongs to "at least", "up to", "in excess of" or "as many as"."""
    low, before = tokens[index].low, tokens[index - 1].low if index else ""
    if low in ("at", "in"):
        return index + 1 < len(tokens) and tokens[index + 1].low in ("least", "most", "excess")
    return low in HEDGES and (low not in ("to", "of") or before in ("up", "excess", "total", "close"))


def groups_after(tokens: Sequence[Token], last: int) -> Iterator[tuple[int, bool]]:
    """Yield the start of each predicate of the phrase that ends at `last`, and whether it is in a relative clause."""
    index, is_relative = last + 1, False
    end = min(len(tokens), last + REACH)
    while index < end:
        token = tokens[index]
        if token.tag in VERBAL_OR_MODAL or is_adjective(token):
            # "two drones belonging to the army were shot down"
            is_relative = is_relative or token.tag in ("VBG", "VBN") or token.low == "aged" or is_adjective(token)
            yield index, is_relative
            if not is_relative:
                return
            is_relative = False
            index = _after_clause(tokens, index, end)
        elif token.low in ("who", "whom", "that", "which"):
            is_relative = True
            index += 1
        elif token.text == ",":
            index = _after_comma(tokens, index, end)
        elif token.tag == "CC":
            index = _after_phrase(tokens, index, end)
        elif token.tag in ("IN", "TO") and token.low not in ("as", "while", "because", "after", "before", "if", "when"):
            yield index, True
            index = _end_of_phrase(tokens, index + 1, end)
        elif token.tag == "RB" or token.low in ASIDES:
            yield index, True
            index += 1
        else:
            return


def is_adjective(token: Token) -> bool:
    return token.tag == "JJ" or token.low in ("dead", "missing", "homeless", "injured", "wounded", "free")


def _end_of_phrase(tokens: Sequence[Token], index: int, end: int) -> int:
    while index < end and (tokens[index].tag in PHRASE or is_hedge(tokens, index)):
        index += 1
    return index


def _after_clause(tokens: Sequence[Token], index: int, end: int) -> int:
    """Return the token after a relative clause: the next verb that can have the counted as its subject, or `end`."""
    index += 1
    while index < end and tokens[index].tag in VERB_PARTS:
        index += 1
    while index < end and (
        tokens[index].tag in ARGUMENTS or (tokens[index].low == "and" and tokens[index - 1].tag == "CD")
    ):
        index += 1
    if index < end and tokens[index].text == "," and index + 1 < end and tokens[index + 1].tag in ("VBD", "VBP", "MD"):
        return index + 1
    return index if index < end and tokens[index].tag in ("VBD", "VBP", "MD") else end


def _after_comma(tokens: Sequence[Token], index: int, end: int) -> int:
    """Return the verb after "..., including three children,", or `end` without one."""
    if index + 1 < end and tokens[index + 1].tag in ("VBD", "VBP", "MD"):
        return index + 1
    if index + 1 < end and tokens[index + 1].low in ("who", "which", "all", "most", "some", "many", "several"):
        return index + 1
    closing = next((i for i in range(index + 1, end) if tokens[i].text == ","), end)
    if closing + 1 < end and tokens[closing + 1].tag in ("VBD", "VBP", "MD"):
        return closing + 1
    return _after_phrase(tokens, index, end)


def _after_phrase(tokens: Sequence[Token], index: int, end: int) -> int:
    """Return the verb that "... and three women" or "..., two boys and a girl" share, or `end`."""
    at = index + 1
    while at < end and (tokens[at].tag in JOINED or is_hedge(tokens, at)):
        at += 1
    return at if at < end and tokens[at].low in BE_OR_HAVE else end
