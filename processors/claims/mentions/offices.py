"""People and staff by their office: the name after "the mayor of Porto", the envoy named elsewhere, "agency officials"."""

import itertools

from processors.claims.lexicon import countries, is_human, is_organ, noun_class, tag_lexicon
from processors.claims.mentions.descriptions import meant_by
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.spelling import joined
from processors.claims.model import GROUP, ORGAN, PERSON, Entity, NounPhrase, Token
from processors.claims.syntax.tokenizer import NOMINAL


def in_office(
    words: list[Token], phrase: NounPhrase, tokens: list[Token], country: str | None, context: Context
) -> Entity | None:
    """Return the person or the staff for a common noun phrase; `country` is the one in the phrase."""
    return (
        _behind_office(words[-1].low, phrase, tokens, context)
        or (_known_by_office(words, country, context) if country else None)
        or (_staff(words, context) if len(words) == 2 else None)
    )


def _known_by_office(words: list[Token], country: str, context: Context) -> Entity | None:
    """Return the person for "Peru's envoy" whose name another sentence gives."""
    held = (p for p in context.people if context.nationality.get(p) == country)
    found = [p for p in held if context.titles.get(p) == words[-1].low]
    return Entity(found[0], PERSON) if len(found) == 1 else None


def _staff(words: list[Token], context: Context) -> Entity | None:
    """Return the agency or its staff for "Agency officials" or "a bureau spokesperson"."""
    # "A military source" is one of any army.
    if not is_human(words[1].low) or not is_organ(words[0].low) or words[0].tag == "JJ":
        return None
    organ = meant_by([words[0].low], context)
    if organ is None or organ.kind != ORGAN or not organ.name[0].isupper():
        return None
    return organ if words[1].low.startswith("spokes") else Entity(f"{organ.name} {words[1].low}", GROUP)


def _behind_office(head: str, phrase: NounPhrase, tokens: list[Token], context: Context) -> Entity | None:
    """Return the person of "the mayor of Porto Ana Lima", where a translated text has no comma."""
    if head not in noun_class("title") or tokens[phrase.last + 1 : phrase.last + 2] == []:
        return None
    if tokens[phrase.last + 1].low not in ("of", "for", "on", "to"):
        return None
    office = list(
        itertools.takewhile(lambda t: t.tag in NOMINAL | {"JJ", "DT"}, tokens[phrase.last + 2 : phrase.last + 10])
    )
    name = list(itertools.takewhile(lambda t: t.text[0].isupper() and t.tag == "NNP", reversed(office)))[::-1]
    is_all = len(name) == len([t for t in office if t.tag != "DT"])
    if len(name) < 2 + is_all or countries().any(joined(name)) or tag_lexicon().get(name[-1].low) in ("NN", "NNS"):
        return None
    found = joined(name[-2:] if is_all else name[-3:])
    context.titles.setdefault(found, head)
    if owner := next((c for w in tokens[phrase.first : phrase.head] if (c := countries().any(w.text))), None):
        context.nationality.setdefault(found, owner)
    return Entity(found, PERSON)
