"""Entities of the noun phrases of a sentence: coordination, apposition, coreference within the document."""

from processors.claims.lexicon import countries, cue_class, is_human, listed, noun_class
from processors.claims.mentions.descriptions import describe
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.names import capital_tail, naming_words, of_common, of_name
from processors.claims.mentions.offices import in_office
from processors.claims.mentions.pronouns import of_pronoun
from processors.claims.model import COUNTRY, GROUP, ORGAN, PERSON, THING, Entity, NounPhrase, Token
from processors.claims.syntax.chunker import DAYS, noun_phrase

PAIRED = frozenset("president minister leader premier chancellor king counterpart".split())
FIRMS = frozenset("firms companies groups banks carmakers airlines clubs unions carriers lenders".split())
NEAR_SIDES = 6
CROWDS = frozenset("hundreds thousands dozens scores majority half number group crowd crowds".split())
NO_NAMES = listed("no_names")
BOUND = frozenset("it we i us its their our".split())
BOUND_OR_SPOKEN = BOUND | {"i", "me", "you"}


def entities_of(tokens: list[Token], phrases: list[NounPhrase], context: Context) -> list[Entity]:
    """Return the entities of a coordination; of an apposition ("the mayor, Ana Lima,") the one with a name."""
    if len(phrases) == 1 and (both := _both(tokens, phrases[0], context)):
        return both
    named = [(p, e) for p in phrases if (e := entity_of(tokens, p, context)) is not None]
    if len(named) < 2:
        return [e for _, e in named]
    if (person := _in_office(tokens, named)) is not None:
        return [person]
    kept: list[tuple[NounPhrase, Entity]] = [named[0]]
    for phrase, entity in named[1:]:
        last, before = kept[-1]
        between = tokens[last.last + 1 : phrase.first]
        if not between and tokens[phrase.first].low == "the" and tokens[last.first].tag == "DT":
            # "an allegation | the agency refutes"
            kept[-1] = (phrase, entity)
            continue
        if before.kind == PERSON and entity.kind != PERSON and _is_said_of(tokens, between, phrase):
            continue
        if not between or between[-1].tag != "," or any(t.tag == "CC" for t in between):
            kept.append((phrase, entity))
        elif entity.kind in (PERSON, ORGAN) and before.kind != PERSON and tokens[phrase.head].tag in ("NNP", "NNPS"):
            kept[-1] = (phrase, entity)
    return list(dict.fromkeys(e for _, e in kept))[:4]


def _is_said_of(tokens: list[Token], between: list[Token], phrase: NounPhrase) -> bool:
    """Return whether a phrase describes the person before it: "Ana Lima, head of the bureau", "Lima and her team"."""
    is_apposition = bool(between) and between[0].tag == "," and not (len(between) > 1 and between[-2].tag == ",")
    return is_apposition or tokens[phrase.first].tag == "PRP$"


def _in_office(tokens: list[Token], named: list[tuple[NounPhrase, Entity]]) -> Entity | None:
    """Return the person after an office: "the minister for Trade, Ana Lima", "bank director and economist Ana Lima"."""
    first = named[0][0]
    head = tokens[first.head]
    if head.text[0].isupper() or head.low.endswith("s") or not is_human(head.low):
        return None
    for phrase, entity in named[1:]:
        before = tokens[phrase.first - 1]
        if entity.kind == PERSON and " " in entity.name and before.tag in (",", "CC"):
            return entity
        if before.tag == ",":
            return None
    return None


def _both(tokens: list[Token], phrase: NounPhrase, context: Context) -> list[Entity]:
    """Return the last two people for "the two presidents", the last two countries or organisations for "both sides"."""
    head = tokens[phrase.head].low
    if not head.endswith("s"):
        return []
    words = {t.low for t in tokens[phrase.first : phrase.last + 1]}
    if head in ("sides", "parties") and words & {"two", "both", "the"} and len(context.sides) >= 2:
        countries = [e for e in context.sides[-NEAR_SIDES:] if e.kind == COUNTRY]
        return countries[-2:] if len(countries) >= 2 else context.sides[-2:]
    if words & {"two", "both"} and head in FIRMS and len(context.organs) >= 2:
        return [Entity(name, ORGAN) for name in context.organs[-2:]]
    if words & {"two", "both"} and head.removesuffix("s") in PAIRED and head.endswith("s") and len(context.people) >= 2:
        return [Entity(name, PERSON) for name in context.people[-2:]]
    return []


def resolve(tokens: list[Token], phrases: list[NounPhrase], subjects: set[int], context: Context) -> None:
    """Resolve a sentence's noun phrases in order, so that later ones can refer to earlier ones.

    `subjects` are the first tokens of acting or speaking phrases: an untitled name must be one of them to be a
    referent of "he".
    """
    context.resolved.clear()
    in_order = sorted(phrases, key=lambda p: p.first)
    for phrase in in_order:
        entity = context.resolved[phrase.first, phrase.last] = _resolved(tokens, phrase, context)
        _see_owner(tokens, phrase, context)
        if entity is not None and (entity.kind != PERSON or phrase.first in subjects or entity.name in context.titles):
            context.see(entity)
    describe(tokens, in_order, context)


def _see_owner(tokens: list[Token], phrase: NounPhrase, context: Context) -> None:
    """Record the owner in "X's visit" as a possible referent of later phrases."""
    if phrase.last - phrase.first < 2:
        return
    at = next((i for i in range(phrase.first + 1, phrase.last) if tokens[i].tag == "POS"), None)
    if at is not None and tokens[at - 1].tag in ("NNP", "NNPS"):
        owner = _resolved(tokens, NounPhrase(phrase.first, at - 1, at - 1), context)
        if owner is not None and (owner.kind != PERSON or owner.name in context.titles):
            context.see(owner)


def entity_of(tokens: list[Token], phrase: NounPhrase, context: Context) -> Entity | None:
    """Return the entity of a noun phrase; None for dates, bare numbers, and pronouns without a referent."""
    at = (phrase.first, phrase.last)
    if at in context.resolved and tokens[phrase.first].low not in BOUND:
        return context.resolved[at]
    return _resolved(tokens, phrase, context)


def _resolved(tokens: list[Token], phrase: NounPhrase, context: Context) -> Entity | None:
    head = tokens[phrase.head]
    if phrase.is_date or head.tag in ("EX", "CD", "$") or (head.low.removesuffix("s") in DAYS and head.tag != "POS"):
        return None
    if head.low == "board" and phrase.prep == "on" and phrase.first == phrase.last:
        return None
    # "US" and "IT" are no pronouns.
    if head.tag == "PRP" or (head.low in BOUND_OR_SPOKEN and not (head.text.isupper() and len(head.text) > 1)):
        return of_pronoun(head.low, phrase.first, context)
    if head.low.endswith("year-old") and tokens[phrase.first].low == "the":
        return context.topic if context.topic is not None and context.topic.kind == PERSON else None
    if head.low in CROWDS and phrase.last + 2 < len(tokens) and tokens[phrase.last + 1].low == "of":
        counted = noun_phrase(tokens, phrase.last + 2)
        entity = _resolved(tokens, counted, context) if counted is not None else None
        return entity if entity is not None and entity.kind == GROUP else None
    words = naming_words(tokens, phrase)
    if not words or (len(words) == 1 and words[0].low in NO_NAMES and words[0].tag != "NNP"):
        return None
    if len(words) == 1 and words[0].text[0].isupper() and (full := context.person(words[0].text)):
        return Entity(full, PERSON)
    caps = capital_tail(words)
    if (
        len(tokens) > 1
        and phrase.first == phrase.last == 0
        and (known := in_office(words, phrase, tokens, None, context))
    ):
        # "Chairperson of the Harbour Union Ana Lima", without an article
        return known
    if caps and head.tag in ("NNP", "NNPS"):
        return of_name(words, caps, phrase, tokens, context)
    if len(words) == 1 and (country := countries().any(words[0].text)) and words[0].text[0].isupper():
        return Entity(country, COUNTRY)
    entity = of_common(words, phrase, tokens, context)
    if entity is not None and entity.kind == THING and _is_bare_name(tokens, phrase):
        return Entity(head.text, ORGAN)
    return entity


def _is_bare_name(tokens: list[Token], phrase: NounPhrase) -> bool:
    """Return whether a sentence opens with a name tagged as a noun: "Trump said" has no article."""
    first = tokens[phrase.first]
    if phrase.first or phrase.last or first.tag != "NN" or not first.text[0].isupper() or len(tokens) < 3:
        return False
    if first.low in noun_class("document") | noun_class("imagery"):
        return False
    verb = 2 if tokens[1].low in ("has", "had") else 1
    cue = cue_class(tokens[verb].low, tokens[verb + 1].low if verb + 1 < len(tokens) else "")
    return cue is not None and (verb == 2 or tokens[1].tag in ("VBD", "VBZ"))
