"""Filter of units without a claim: chat, conditions, cut sentences, requests for comment, no event."""

import re
from collections.abc import Sequence

from processors.claims.events.quantity_roles import HARM
from processors.claims.lexicon import cue_class, listed
from processors.claims.model import MAIN, NARRATOR, Number, Proposition, Token
from processors.claims.propositions.grouping import JOINING, SIDE_SCORE
from processors.claims.syntax.tokenizer import BE, NOMINAL

LEAST_SCORE = 1.0
# Openings of a frame ("Asked whether he would resign, Lund said") and of a condition ("should she win").
OPENING = frozenset("if unless asked questioned".split())
INVERTED = frozenset("should were had".split())
# Remarks of outlets on missing comments make no claim.
NO_COMMENT = re.compile(
    r"\b(?:respond(?:ed)? to (?:[\w’'-]+ ){0,4}requests? for|(?:declined|refused) to comment|no comment"
    r"|(?:reached|available) for comment|comment was not|(?:has|have|had) (?:not|yet to)(?: yet)? comment(?:ed)?)\b",
    re.IGNORECASE,
)
WHOLE = listed("whole")
# Shorter sentences without an event word are comments and colour.
PLAIN_WORDS = 9
CUT_WORDS = 7
# Least words of a claim without a subject: "for hiding the leak".
FRAGMENT_WORDS = 9


def is_worth(
    tokens: list[Token], unit: Proposition, words: str, score: float, numbers: Sequence[Number], is_title: bool
) -> bool:
    """Return whether a unit makes a claim: an event, a number or a claimant's words, in a sentence that is not cut."""
    least = 3 if unit.head.subject() or unit.head.left or numbers else FRAGMENT_WORDS
    is_short = len(words.split()) < least and not any(n.quantity.role in HARM for n in numbers)
    if unit.said.claimant == NARRATOR and _has_no_comment(words):
        return False
    if is_short or _is_cut(tokens, unit) or _is_condition(tokens, unit):
        return False
    if unit.said.claimant and unit.said.claimant != NARRATOR:
        return score > 0 or bool(numbers) or not _is_chat(tokens, unit, words)
    head = unit.head
    verb, subject = head.verb, head.subject()
    if subject and tokens[subject[0].head].low in ("i", "you"):
        return False
    if verb is not None and not subject and tokens[verb.first].tag == "VB":
        return False
    if verb is None:
        return (score >= SIDE_SCORE or bool(numbers)) and is_title
    return score >= LEAST_SCORE or bool(numbers) or _is_plain_news(tokens, unit, words)


def _is_plain_news(tokens: list[Token], unit: Proposition, words: str) -> bool:
    """Return whether a unit is a whole sentence of news without an event word: a name's act, or a long sentence.

    An example is "Lund withdrew to her farm"; a short sentence needs a name and a past verb other than "be".
    """
    verb, subject = unit.head.verb, unit.head.subject()
    if verb is None or not subject or unit.first > 0 or unit.last < len(tokens) - 2:
        return False
    is_long = len(words.split()) >= PLAIN_WORDS
    if is_long and _has_name(tokens, 1, unit.last):
        return True
    if tokens[verb.main].low in BE:
        return False
    is_deed = tokens[verb.first].tag == "VBD" and _has_name(tokens, subject[0].first, subject[0].last)
    return is_deed or (is_long and tokens[subject[0].head].tag in NOMINAL)


def _has_name(tokens: list[Token], first: int, last: int) -> bool:
    return any(t.tag in ("NNP", "NNPS") for t in tokens[first : last + 1])


def _has_no_comment(words: str) -> bool:
    low = words.casefold()
    return ("comment" in low or "respond" in low) and NO_COMMENT.search(low) is not None


def _is_chat(tokens: list[Token], unit: Proposition, words: str) -> bool:
    """Return whether a claimant's words are chat, about themselves or very short: "I have to be done by five"."""
    subject = unit.head.subject()
    is_own = bool(subject) and tokens[subject[0].head].low == "i"
    return is_own or len(words.split()) < 4


def _is_condition(tokens: list[Token], unit: Proposition) -> bool:
    """Return whether a unit is a condition: "If you're doing some investigation"."""
    first, after = tokens[unit.first], tokens[min(unit.first + 1, len(tokens) - 1)]
    is_inverted = first.low in INVERTED and after.tag in ("PRP", "DT", "NNP", "PRP$") and unit.head.kind == MAIN
    return first.low in OPENING or is_inverted


def _is_cut(tokens: list[Token], unit: Proposition) -> bool:
    """Return whether a unit is cut off: "he's the most", "will pursue every legal", "one study found".

    The end of a long sentence is no cut: "a war of all against each other".
    """
    at = min(unit.last, len(tokens) - 1)
    if at >= len(tokens) - 2 and at - unit.first >= CUT_WORDS:
        return False
    while unit.first < at < len(tokens) - 2 and tokens[at].tag in JOINING:
        at -= 1
    last = tokens[at]
    if last.low in WHOLE:
        return False
    if last.low in ("most", "least") or (last.tag in ("VBD", "VBZ", "VBP") and cue_class(last.low, "")):
        return True
    return last.tag in ("DT", "TO", "CC", "PRP$", "WDT", "WP", "MD") or (
        last.tag == "JJ" and unit.head.verb is not None and not unit.head.verb.is_passive and tokens[at - 1].tag == "DT"
    )
