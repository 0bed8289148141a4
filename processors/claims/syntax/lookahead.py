"""Search for the next verbs of a sentence, which decide whether a word opens a clause."""

import itertools

from processors.claims.lexicon import cue_class
from processors.claims.model import Item, NounPhrase, Token, VerbGroup
from processors.claims.syntax.figures import is_year

BREAKS = frozenset(";:—–…")
SECURING = frozenset("ensure guarantee prove mean help make".split())
SAYS = frozenset("said says say told announced confirmed added claimed stated argued".split())


def verb_ahead(tokens: list[Token], items: list[Item], position: int) -> bool:
    """Return whether a finite verb with a possible subject comes before the next comma or break."""
    has_noun, commas = False, 0
    before: Item | None = None
    for item in items[position + 1 : position + 14]:
        if isinstance(item, NounPhrase):
            has_noun |= not _is_time(tokens, item)
        elif isinstance(item, VerbGroup):
            if item.is_finite:
                # The verb after the only comma has another subject in "as a moderate, said Lima,".
                is_inverted = commas == 1 and isinstance(before, int) and tokens[before].tag == ","
                return has_noun and not is_inverted
        elif tokens[item].text in BREAKS:
            return False
        elif tokens[item].tag == ",":
            commas += 1
            if not has_noun or commas > 2 or (commas == 1 and not _is_apposition(tokens, item)):
                return False
        before = item
    return False


def finite_ahead(tokens: list[Token], items: list[Item], position: int) -> bool:
    """Return whether a finite verb comes before any comma, conjunction or other verb group."""
    for item in items[position + 1 : position + 10]:
        if isinstance(item, VerbGroup):
            return item.is_finite
        if isinstance(item, int) and (tokens[item].tag in (",", "CC", "WDT", "WP") or tokens[item].text in BREAKS):
            return False
    return False


def cue_of(tokens: list[Token], verb: VerbGroup) -> tuple[str, str] | None:
    """Return the attribution cue of a verb group and its class."""
    after = verb.main + 1
    return cue_class(tokens[verb.main].low, tokens[after].low if after < len(tokens) else "")


def is_plain_infinitive(tokens: list[Token], verb: VerbGroup) -> bool:
    """Return whether a verb is an infinitive that takes no clause, as in "to ensure the bridge is safe"."""
    return verb.is_infinitive and tokens[verb.main].low not in SECURING and not cue_of(tokens, verb)


def is_aside(tokens: list[Token], items: list[Item], position: int) -> bool:
    """Return whether a verb of saying stands between a subject and its verb: "The bridge, says Lima, is safe"."""
    verb, after = items[position], items[position + 1 : position + 10]
    names = list(itertools.takewhile(lambda i: isinstance(i, NounPhrase), after))
    rest = after[len(names) :]
    if not names or len(rest) < 2 or not isinstance(verb, VerbGroup) or tokens[verb.main].low not in SAYS:
        return False
    is_closed = isinstance(rest[0], int) and tokens[rest[0]].tag == ","
    return verb.is_finite and is_closed and isinstance(rest[1], VerbGroup) and rest[1].is_finite


def _is_time(tokens: list[Token], phrase: NounPhrase) -> bool:
    """Return whether a phrase is a time and no subject: "since Monday", "since 2016"."""
    return phrase.is_date or (phrase.first == phrase.last and is_year(tokens[phrase.head].text))


def _is_apposition(tokens: list[Token], index: int) -> bool:
    return any(t.tag == "," for t in tokens[index + 1 : index + 8])
