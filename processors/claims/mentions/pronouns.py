"""Referents of "he", "she", "it" and "they"; none where two are possible."""

from functools import cache

from processors.claims.lexicon import is_organ, listed, word_classes
from processors.claims.mentions.discourse import Context, is_one
from processors.claims.mentions.spelling import fold
from processors.claims.model import COUNTRY, GROUP, ORGAN, PERSON, Entity

WOMEN = listed("women")
MEN = listed("men")
FEMININE = frozenset("she her".split())
MASCULINE = frozenset("he him his".split())


@cache
def _given(name: str) -> str:
    """Return "f" or "m" where a given name has one gender, else ""."""
    classes = word_classes("given_names.txt")
    return "f" if name in classes["female"] else "m" if name in classes["male"] else ""


def title_gender(title: str) -> str:
    """Return "f" for "ms" or "actress", "m" for "mr" or "king", else ""."""
    words = set(title.split())
    return "f" if words & WOMEN else "m" if words & MEN else ""


def gender_of(name: str, context: Context) -> str:
    """Return "f", "m" or "" for a person, by the titles in the text and the given name."""
    words = fold(name).split()
    return title_gender(context.titles.get(name, "")) or (_given(words[0]) if len(words) > 1 else "")


def can_be(pronoun: str, name: str, context: Context) -> bool:
    """Return whether a pronoun of one person can stand for a name."""
    wanted = "f" if pronoun in FEMININE else "m"
    return gender_of(name, context) in (wanted, "")


def may_be_person(entity: Entity) -> bool:
    """Return whether an entity is a person or a bare name of one word, more often a surname than an organisation."""
    name = entity.name
    is_bare = entity.kind == ORGAN and name.isalpha() and name[1:].islower() and not is_organ(name.lower())
    return entity.kind == PERSON or (is_bare and name[0].isupper())


def can_speak_as(pronoun: str, name: str, context: Context) -> bool:
    """Return whether a name is one person whom "he" or "she" can stand for."""
    is_person = name in context.people or may_be_person(Entity(name, ORGAN))
    return pronoun != "they" and is_person and can_be(pronoun, name, context)


def speaker_of(pronoun: str, context: Context) -> tuple[str, ...]:
    """Return the speaker of "he said" or "they said": the previous subject or speaker; () where it is ambiguous."""
    topic = context.topic
    if pronoun == "they":
        is_group = len(context.claimant) == 1 and context.claimant[0] not in context.people
        is_named = topic is not None and topic.kind in (ORGAN, GROUP) and topic.name not in context.people
        if topic is not None and is_named and not is_one(topic.name):
            return (topic.name,)
        meant = context.plural
        return context.claimant if is_group or len(context.claimant) > 1 else (meant.name,) if meant else ()
    if topic is not None and may_be_person(topic) and can_be(pronoun, topic.name, context):
        return (topic.name,)
    last = context.claimant[0] if len(context.claimant) == 1 else None
    if last is not None and last not in context.people and not may_be_person(Entity(last, ORGAN)):
        last = None
    named = {n for n in context.named_last if can_be(pronoun, n, context)}
    if last is not None and can_be(pronoun, last, context) and named <= {last}:
        return (last,)
    if named:
        return tuple(named) if len(named) == 1 else ()
    able = [n for n in context.people if can_be(pronoun, n, context)]
    sure = [n for n in able if gender_of(n, context)]
    return tuple(able if len(able) == 1 else sure if len(sure) == 1 else ())


def of_pronoun(low: str, at: int, context: Context) -> Entity | None:
    """Return the entity of a pronoun at token `at` of its sentence, or None."""
    if low in FEMININE or low in MASCULINE:
        found = next((p for p in reversed(context.people) if can_be(low, p, context)), None)
        return Entity(found, PERSON) if found else None
    if low in ("they", "them") and context.plural is not None:
        return context.plural
    if low == "it":
        opening = min(context.resolved, default=(at, at))
        subject = context.resolved.get(opening) if opening[0] < at and opening[0] <= 1 else None
        # The subject of the sentence, as in "The French ministry said it regrets", else the topic.
        for meant in (subject, context.topic):
            if meant is not None and meant.kind in (ORGAN, COUNTRY):
                return meant
    is_person = bool(context.claimant) and context.claimant[-1] in context.people
    if context.claimant and (low in ("we", "us", "i", "me") or (low in ("they", "it") and not is_person)):
        return Entity(context.claimant[-1], PERSON if is_person else ORGAN)
    return None
