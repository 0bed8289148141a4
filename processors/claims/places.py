"""Where it happens: the places that the clauses of a claim name, or that "the city" and "there" stand for."""

from collections.abc import Iterable, Iterator

from processors.claims import gazetteer
from processors.claims.clauses import Clause
from processors.claims.context import COUNTRY, PLACE, Context
from processors.claims.entities import entity_of
from processors.claims.lexicon import countries, noun_class
from processors.claims.naming import DIRECTIONS, PLACE_NOUNS, PLACE_PREPOSITIONS
from processors.claims.phrases import NounPhrase
from processors.claims.spelling import fold
from processors.claims.words import NOMINAL, Token

# Where these stand for a place of the document: "the city", "this island".
SETTLED = frozenset("city town village region province district camp area valley county state".split())
JOINED = frozenset({"and", "or", ","})


def places_of(tokens: list[Token], clauses: Iterable[Clause], last: int, context: Context) -> tuple[str, ...]:
    """The canonical places of clauses whose words end at token `last`, in order; () where there are none."""
    found: dict[str, None] = {}
    first = last
    for clause in clauses:
        first = min(first, clause.first)
        before: NounPhrase | None = None
        for phrase in (*clause.left, *clause.right):
            joined = before is not None and _is_joined(tokens, before, phrase)
            names = list(_named(tokens, phrase, context, is_joined=joined))
            found |= {_canonical(name, context): None for name in names}
            before = phrase if names else None
    if not found and context.places and _is_there(tokens, first, last):
        return (_canonical(context.places[-1], context),)
    return tuple(found)


def _is_joined(tokens: list[Token], before: NounPhrase, phrase: NounPhrase) -> bool:
    """ "from Aleppo and Idlib": what "and" joins to a place is one."""
    between = tokens[before.last + 1 : phrase.first]
    is_bare = tokens[phrase.first].tag in ("NNP", "NNPS") and not phrase.prep
    return bool(before.prep) and is_bare and len(between) == 1 and between[0].low in JOINED


def _named(tokens: list[Token], phrase: NounPhrase, context: Context, *, is_joined: bool) -> Iterator[str]:
    head = tokens[phrase.head]
    is_name = head.tag in ("NNP", "NNPS")
    entity = entity_of(tokens, phrase, context)
    is_stake = phrase.prep == "in" and phrase.first > 1 and tokens[phrase.first - 2].low in noun_class("stake")
    if entity is None or phrase.is_date or is_stake or (is_name and _is_abbreviation(head.text)):
        return
    if (
        entity.kind == PLACE
        or (entity.kind == COUNTRY and is_name and (phrase.prep in PLACE_PREPOSITIONS or _is_of_land(tokens, phrase)))
        or (is_name and (is_joined or _is_of_place(tokens, phrase, context)))
    ):
        words = " ".join(t.text for t in tokens[phrase.first : phrase.last + 1] if t.tag != "DT")
        yield words if fold(words) in countries().capitals else entity.name
    elif not is_name:
        yield from _by_description(tokens, phrase, context)


def _is_abbreviation(word: str) -> bool:
    """ "UTC", "USGS": capitals that the gazetteer does not know."""
    is_known = fold(word) in countries().names or word.casefold() in countries().names or bool(gazetteer.places(word))
    return len(word) > 1 and word.isupper() and not is_known


def _is_of_land(tokens: list[Token], phrase: NounPhrase) -> bool:
    """ "off the coast of Chile", "in the east of Congo"."""
    return phrase.prep == "of" and phrase.first > 1 and tokens[phrase.first - 2].low in PLACE_NOUNS | DIRECTIONS


def _is_of_place(tokens: list[Token], phrase: NounPhrase, context: Context) -> bool:
    """ "two districts of Minho", not "the mayor of Porto" or "the bank of Japan"."""
    if phrase.prep != "of" or phrase.first < 2:
        return False
    owner = tokens[phrase.first - 2].low
    if owner in noun_class("title") or owner in noun_class("organ") or owner in noun_class("human"):
        return False
    name = " ".join(t.text for t in tokens[phrase.first : phrase.last + 1])
    return name in context.places or any(p.country in context.countries for p in gazetteer.places(name))


def _by_description(tokens: list[Token], phrase: NounPhrase, context: Context) -> Iterator[str]:
    """ "the city" that was named before; the "Athens" of "an Athens hospital"."""
    head = tokens[phrase.head].low
    words = tokens[phrase.first : phrase.last + 1]
    if head in SETTLED and len(words) == 2 and words[0].low in ("the", "this", "that"):
        after = tokens[phrase.last + 1].low if phrase.last + 1 < len(tokens) else ""
        main = context.main_place()
        if after != "of" and main is not None:
            yield main
    if head in noun_class("facility"):
        name = " ".join(t.text for t in words[:-1] if t.tag in ("NNP", "NNPS"))
        if name and (name.casefold() in countries().capitals or name in context.places or _is_known(name, context)):
            yield name


def _is_known(name: str, context: Context) -> bool:
    return any(p.country in context.countries for p in gazetteer.places(name))


def _is_there(tokens: list[Token], first: int, last: int) -> bool:
    """ "the hospital there": not the "there" of "there are"."""
    return any(t.low == "there" and tokens[i - 1].tag in NOMINAL for i, t in enumerate(tokens[: last + 1]) if i > first)


def _canonical(name: str, context: Context) -> str:
    """The gazetteer's name for a transliteration of a place in the document's countries; else the name as written."""
    if name.casefold() in countries().names and fold(name) not in countries().capitals:
        return name
    place = gazetteer.resolve(name, frozenset(context.countries))
    return place.name if place is not None and not place.name.startswith(f"{name} ") else name
