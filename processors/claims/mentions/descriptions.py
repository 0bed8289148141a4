"""The descriptions by which a document introduces its names, and the name that a later description stands for.

"Altan, an airline, ... the airline" is Altan; "the company" is the latest one that can be a company, not the latest organisation.
"""

from processors.claims.lexicon import is_human, is_organ, noun_class
from processors.claims.mentions import gazetteer
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.spelling import fold
from processors.claims.model import COUNTRY, ORGAN, PERSON, Entity, NounPhrase, Token

LEAST_LETTERS = 4


def describe(tokens: list[Token], phrases: list[NounPhrase], context: Context) -> None:
    """Note what a sentence says its names are: "Altan, an airline,", "the airline, Altan,", "the airline Altan"."""
    for phrase in phrases:
        entity = context.resolved.get((phrase.first, phrase.last))
        if entity is None or entity.kind not in (PERSON, ORGAN) or not entity.name[:1].isupper():
            continue
        words = [t for t in tokens[phrase.first : phrase.last + 1] if t.text[0].islower() and t.tag in ("NN", "JJ")]
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
    """The common noun phrase behind the comma of a name, or before it."""
    for other in phrases:
        if tokens[other.head].text[0].isupper() or other.prep:
            continue
        is_behind = other.first == name.last + 2 and tokens[name.last + 1].tag == ","
        is_before = other.last == name.first - 2 and tokens[other.last + 1].tag == ","
        if is_behind and (tokens[other.first].tag == "DT" or is_human(tokens[other.head].low)):
            return other
        if is_before and tokens[other.first].low == "the":
            return other
    return None


def meant_by(words: list[str], context: Context) -> Entity | None:
    """Resolve "the airline", "the health commission" or "the minister" to one named before; None where nobody fits."""
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
    if len(words) > 1:
        return None
    known = context.organ(head)
    return _company(head, context) or (Entity(known, ORGAN) if known else None)


def _person(words: list[str], context: Context) -> Entity | None:
    """The latest person with that title; "the health minister" is one who is introduced as that."""
    if len(words) > 1:
        return _described(words, PERSON, context.people, context)
    held = (p for p in reversed(context.people) if context.titles.get(p, "").split()[-1:] == words)
    person = next(held, None)
    return Entity(person, PERSON) if person is not None else None


def _described(words: list[str], kind: str, names: list[str], context: Context) -> Entity | None:
    """The latest name with all the words in it or in its descriptions."""
    for name in reversed(names):
        own = {*fold(name).split(), *context.descriptions.get(name, ())}
        if name[:1].isupper() and all(w in own for w in words):
            return Entity(name, kind)
    return None


def _company(head: str, context: Context) -> Entity | None:
    """The latest that can be one: nothing in its name or description says that it is something else."""
    generic = noun_class("generic_organ")
    families = (noun_class("company"), noun_class("media"), frozenset({head}))
    if head not in generic:
        return None
    of_kind = noun_class("organ") - generic
    # "The operator" needs somebody who is said to operate, "the company" does not.
    is_special = head in noun_class("company") and head not in ("company", "firm", "group")
    for name in reversed(context.organs):
        described = {d for d in context.descriptions.get(name, ()) if is_organ(d)}
        is_akin = not described or any(head in family and described & family for family in families)
        is_name = name.split()[-1][:1].isupper() and (
            bool(described) or (not is_special and _may_be_firm(name, context))
        )
        if is_name and is_akin and not of_kind & set(name.casefold().split()):
            return Entity(name, ORGAN)
    return None


def _may_be_firm(name: str, context: Context) -> bool:
    """A name of one word that nothing describes is a person or a place as often as an organisation."""
    is_known = name in context.people or name in context.titles or bool(gazetteer.places(name))
    return " " in name or (len(name) >= LEAST_LETTERS and not is_known)
