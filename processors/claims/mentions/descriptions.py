"""Descriptions that introduce a document's names, and the name that a later description refers to.

In "Altan, an airline, ... the airline" both are Altan; "the company" is the latest organisation that can be a company.
"""

from functools import cache, lru_cache

from processors.claims.lexicon import is_human, is_organ, lines_of, noun_class, organs
from processors.claims.mentions import gazetteer
from processors.claims.mentions.discourse import UNIONS_OF_STATES, Context
from processors.claims.mentions.spelling import fold
from processors.claims.model import COUNTRY, ORGAN, PERSON, Entity, NounPhrase, Token

LEAST_LETTERS = 4
VERBS = frozenset({"VBD", "VBZ", "MD"})


def describe(tokens: list[Token], phrases: list[NounPhrase], context: Context) -> None:
    """Record the descriptions of names in a sentence: "Altan, an airline,", "the airline, Altan,", "the airline Altan"."""
    for phrase in phrases:
        entity = context.resolved.get((phrase.first, phrase.last))
        if entity is None or entity.kind not in (PERSON, ORGAN) or not entity.name[:1].isupper():
            continue
        owner = next((i for i in range(phrase.last, phrase.first, -1) if tokens[i].tag == "POS"), phrase.first)
        words = [t for t in tokens[owner : phrase.last + 1] if t.text[0].islower() and t.tag in ("NN", "JJ")]
        beside = _apposition(tokens, phrase, phrases)
        if beside is not None:
            words += [t for t in tokens[beside.first : beside.last + 1] if t.tag in ("NN", "JJ", "NNP")]
        if kinds := [t.low for t in words if is_organ(t.low) or is_human(t.low)]:
            context.descriptions.setdefault(entity.name, set()).update(t.low for t in words)
            is_whole = (
                beside is not None
                and tokens[beside.last + 1 : beside.last + 2] != []
                and tokens[beside.last + 1].tag in ",."
            )
            if entity.kind == PERSON and is_whole and kinds[-1] in noun_class("title"):
                context.titles.setdefault(entity.name, kinds[-1])


def _apposition(tokens: list[Token], name: NounPhrase, phrases: list[NounPhrase]) -> NounPhrase | None:
    """Return the common noun phrase in apposition to a name, after its comma or before it."""
    for other in phrases:
        is_behind = other.first == name.last + 2 and tokens[name.last + 1].tag == ","
        is_before = other.last == name.first - 2 and tokens[other.last + 1].tag == ","
        if not (is_behind or is_before) or tokens[other.head].text[0].isupper() or other.prep:
            continue
        is_subject = tokens[other.last + 1 : other.last + 2] != [] and tokens[other.last + 1].tag in VERBS
        if is_behind and not is_subject and (tokens[other.first].tag == "DT" or is_human(tokens[other.head].low)):
            return other
        if is_before and tokens[other.first].low == "the":
            return other
    return None


def meant_by(words: list[str], context: Context, *, is_alone: bool = True) -> Entity | None:
    """Return the earlier name of "the airline", "the health commission" or "the minister"; None without a match.

    `is_alone` means no name among the words or after "of".
    """
    head = words[-1]
    if head in noun_class("title"):
        return _person(words, context)
    if len(words) == 1:
        if head in ("country", "government") and (home := context.home()):
            return Entity(home, COUNTRY)
        if head in ("army", "military") and (home := context.home()) and not context.organ(head):
            return Entity(f"{home} Armed Forces", ORGAN)
    if is_human(head) and (person := _described(words, PERSON, context.people, context)):
        return person
    if is_organ(head) and (organ := _described(words, ORGAN, context.organs, context)):
        return organ
    known = context.organ(head) if len(words) == 1 else None
    akin = _akin(head, context, is_sure=len(words) > 1) if is_alone else None
    return akin or (Entity(known, ORGAN) if known else None)


def named_later(description: str, context: Context) -> str:
    """Return the one name that a description turned out to refer to: "a report" whose author is named further down."""
    words = description.split()
    if description[:1].isupper() or not words:
        return description
    author = context.authors.get(words[-1], "")
    if author[:1].isupper():
        return author
    kinds = ((is_human(words[-1]) and len(words) > 1, context.people), (is_organ(words[-1]), context.organs))
    found = {n for is_kind, names in kinds if is_kind for n in names if _has(n, words, context)}
    return found.pop() if len(found) == 1 else description


def _has(name: str, words: list[str], context: Context) -> bool:
    """Return whether all the words are in a name or in its descriptions."""
    return name[:1].isupper() and _words_of(name, context) >= set(words)


def _person(words: list[str], context: Context) -> Entity | None:
    """Return the latest person with that title; "the health minister" is one introduced as that."""
    held = (p for p in reversed(context.people) if context.titles.get(p, "").split()[-len(words) :] == words)
    person = next(held, None)
    if person is None and len(words) > 1:
        return _described(words, PERSON, context.people, context)
    return Entity(person, PERSON) if person is not None else None


def _described(words: list[str], kind: str, names: list[str], context: Context) -> Entity | None:
    """Return the latest name with all the words in it or in its descriptions."""
    return next((Entity(name, kind) for name in reversed(names) if _has(name, words, context)), None)


def _akin(head: str, context: Context, *, is_sure: bool) -> Entity | None:
    """Return the latest organisation that "the bank" or "the agency" can refer to, by its name and descriptions.

    `is_sure` accepts only the current claimant or topic.
    """
    names = _named_as(head)
    if not names and head not in _kind_nouns():
        return None
    active = {*context.claimant, context.topic.name if context.topic else ""}
    for name in reversed(context.organs):
        if (is_sure and name not in active) or (head == "union" and name in UNIONS_OF_STATES):
            continue
        kinds, is_named = _kinds_of(name, context), name.split()[-1][:1].isupper()
        may_be = bool(kinds & names) if kinds else "*" in names and _may_be_firm(name, context)
        if (head in kinds and not is_sure) or (is_named and (head in kinds or may_be)):
            return Entity(name, ORGAN)
    return None


def _kinds_of(name: str, context: Context) -> frozenset[str]:
    """Return the words of a name and of its descriptions that give its kind of organisation."""
    return _kind_nouns() & _words_of(name, context)


def _words_of(name: str, context: Context) -> set[str]:
    """Return the words of a name and of its descriptions; a union of states is no "union"."""
    words = {*fold(name).split(), *context.descriptions.get(name, ())}
    return words - {"union"} if name in UNIONS_OF_STATES else words


@cache
def _kind_nouns() -> frozenset[str]:
    return organs().union(*(names for _, names in _kinds()))


@lru_cache(maxsize=1000)
def _named_as(head: str) -> frozenset[str]:
    """Return the words in names of the kinds of organisation that a noun can refer to."""
    return frozenset().union(*(names for again, names in _kinds() if head in again))


@cache
def kind_words() -> frozenset[str]:
    """Return the words that refer to organisations of any kind."""
    return frozenset().union(*(again for again, _ in _kinds()))


@cache
def _kinds() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Return for each kind of organisation the words that refer to it, and those in its names."""
    lines = (line.split("|") for line in lines_of("kinds.txt"))
    return tuple((frozenset(again.split()), frozenset(names.split())) for again, names in lines)


def _may_be_firm(name: str, context: Context) -> bool:
    """Return whether a name can be a firm's; one word without description is as often a person or a place."""
    is_known = name in context.people or name in context.titles or bool(gazetteer.places(name))
    return " " in name or (len(name) >= LEAST_LETTERS and not is_known)
