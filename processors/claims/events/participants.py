"""Actor and target of a clause: active, passive with "by", nominal ("an attack on X by Y"), light verbs, coordination."""

import re

from claimwire.records.vocabulary import EventType
from processors.claims.lexicon import countries, event_triggers, is_human, is_organ, listed, noun_class
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.entities import entities_of, entity_of
from processors.claims.model import COUNTRY, GROUP, ORGAN, PERSON, PLACE, THING, Clause, Entity, NounPhrase, Token
from processors.claims.syntax.chunker import noun_phrase
from processors.claims.syntax.tokenizer import BE

# Events whose subject is the target in a headline without "was".
UNDERGONE = frozenset({EventType.COERCE, EventType.LEGAL, EventType.CASUALTY, EventType.RETREAT, EventType.AID})
TANGIBLE = frozenset({EventType.DAMAGE, EventType.ASSAULT, EventType.CONTROL})
TOLL_NOUNS = listed("toll_nouns")
SUFFERS = ("suffer", "sustain", "lost", "lose", "losing", "incur")
DONE_TO = frozenset("killed wounded neutralised neutralized eliminated destroyed injured".split())
ACTS = frozenset("ruled appealed testified pleaded voted decided objected".split())
HAPPENS = frozenset({EventType.CASUALTY, EventType.DISASTER, EventType.DAMAGE, EventType.HEALTH})
STATES = frozenset({EventType.SITUATION, EventType.STATEMENT})
OBLIQUE = listed("oblique")
PARTNERS = frozenset({EventType.CONSULT, EventType.AGREE, EventType.COOPERATE})
SHARED = PARTNERS | {EventType.RETREAT}
DEALT = listed("dealt")
MEANS = re.compile(
    r"(?i)\b(?:missiles?|drones?|fire|bombs?|law|phone|telephone|car|vehicle|hand|name|email|letter|vote|votes|percent|per cent)\b"
)

# The place is left out of "flood victims in Porto".
OF_NAMED = re.compile(r"\s+(?:in|at|from) (?:the )?[A-Z].*$")

Roles = tuple[tuple[str, ...], tuple[str, ...]]


def roles_of(
    tokens: list[Token], clause: Clause, event_type: EventType, context: Context, claimant: tuple[str, ...], cue: str
) -> Roles:
    """Return actor and target of a clause, or () for each; a claimant is no target of an event it reports."""
    verb = clause.verb
    subject = _acting(tokens, clause, event_type, context)
    between = _between(tokens, clause, context) if event_type in SHARED else ()
    if len(between) > 1:
        return between, ()
    if verb is not None and tokens[verb.main].low in BE and [tokens[p.head].low for p in clause.subject()] == ["it"]:
        subject = []
    if event_type in HAPPENS:
        subject = [e for e in subject if e.name not in claimant or e.kind != PERSON]
    bare = _objects(tokens, clause)
    if verb is None:
        return _nominal(tokens, [*clause.left, *clause.right], context)
    if cue == "report" and claimant == _names(subject):
        return _told(tokens, bare, clause, context, claimant, event_type)
    if verb.is_passive:
        agent = _agent(tokens, clause, context)
        return _names(agent), _names(_undergoers(_owners(tokens, clause.subject(), subject, context), event_type))
    if event_type in HAPPENS:
        return _happened(tokens, clause, subject, bare, context)
    if event_type in STATES:
        return _names(_measured(tokens, clause, context) or _in_state(tokens, clause, subject, context)), ()
    group = _first_group(tokens, bare)
    target = _owners(tokens, group, _own(entities_of(tokens, group, context)), context)
    if event_type in PARTNERS:
        partner = _own(_oblique(tokens, clause, context, frozenset({"with", "alongside"})))
        target = partner or target
    elif not target or _is_abstract(tokens, bare):
        target = _own(_oblique(tokens, clause, context, OBLIQUE)) or [
            e for e in target if e.kind in (PERSON, ORGAN, COUNTRY, GROUP)
        ]
    if _reads_passive(tokens, clause, event_type, bare) or _is_dealt(tokens, clause, event_type, bare):
        return (), _names(_undergoers(subject, event_type))
    return _names(_doers(tokens, clause, subject)), _names(_undergoers(target, event_type))


def _acting(tokens: list[Token], clause: Clause, event_type: EventType, context: Context) -> list[Entity]:
    """Return the entities of the subject; of "the minister's visit" the minister, of "the exchange" none."""
    phrases = clause.subject()
    is_deed = event_type not in STATES and clause.verb is not None and len(phrases) == 1
    if not is_deed or not _is_event(tokens[phrases[0].head].low, event_type):
        return entities_of(tokens, phrases, context)
    at = next((i for i in range(phrases[0].first + 1, phrases[0].last) if tokens[i].tag == "POS"), None)
    owner = entity_of(tokens, NounPhrase(phrases[0].first, at - 1, at - 1), context) if at is not None else None
    return [owner] if owner is not None else []


def _in_state(tokens: list[Token], clause: Clause, subject: list[Entity], context: Context) -> list[Entity]:
    """Return the subject of a claim without an event: a person or body, else people, traded goods, the economy's country."""
    named = [e for e in subject if e.kind in (PERSON, ORGAN, COUNTRY) or e.name.istitle()]
    home, phrases = context.main_country(), clause.subject()
    if not named and home is not None and phrases and all(_is_economy(tokens, p) for p in phrases):
        return [Entity(home, COUNTRY)]
    if named or any(tokens[p.head].low in noun_class("traded") for p in clause.subject()):
        return named or subject
    # The country of "Norwegian fish exports shrank" is Norway.
    return [e for e in map(_by_country, subject) if e.kind in (GROUP, COUNTRY)]


def _is_economy(tokens: list[Token], phrase: NounPhrase) -> bool:
    """Return whether a phrase is a measure of a whole economy, as "jobs" without a number is."""
    is_counted = any(t.tag == "CD" for t in tokens[phrase.first : phrase.head])
    return tokens[phrase.head].low in noun_class("economy") and not is_counted


def _measured(tokens: list[Token], clause: Clause, context: Context) -> list[Entity]:
    """Return the owner of a measure: "shares in Nordstal fell", "the company's profit rose"."""
    phrases = clause.subject()
    if len(phrases) != 1 or is_human(tokens[phrases[0].head].low):
        return []
    phrase = phrases[0]
    if tokens[phrase.head].tag in ("NNP", "NNPS") or tokens[phrase.head].low in noun_class("traded"):
        # In "Japan's Kanto futures" the futures are the measured entity.
        return []
    at = next((i for i in range(phrase.first + 1, phrase.last) if tokens[i].tag == "POS"), None)
    if at is not None:
        owner = entity_of(tokens, NounPhrase(phrase.first, at - 1, at - 1), context)
    else:
        of = next((p for p in clause.left if p.first == phrase.last + 2 and p.prep in ("of", "in", "at")), None)
        is_stake = any(tokens[phrase.head].low in noun_class(kind) for kind in ("stake", "tally"))
        owner = entity_of(tokens, of, context) if of is not None and is_stake else None
    return [owner] if owner is not None and owner.kind in (ORGAN, COUNTRY, PERSON, PLACE) else []


def _is_event(noun: str, event_type: EventType) -> bool:
    """Return whether a noun names the event and not an actor, such as rescuers or protesters."""
    if is_human(noun) or noun in noun_class("forces") or is_organ(noun):
        return False
    return any(kind == event_type for form in (noun, f"{noun}/n") for kind, _ in event_triggers().get(form, ()))


def _between(tokens: list[Token], clause: Clause, context: Context) -> tuple[str, ...]:
    """Return both parties of "a truce between the council and the rebels"."""
    phrases = [*clause.left, *clause.right]
    at = next((i for i, p in enumerate(phrases) if p.prep == "between"), None)
    return _names(_own(entities_of(tokens, phrases[at : at + 2], context))) if at is not None else ()


def _is_dealt(tokens: list[Token], clause: Clause, event_type: EventType, bare: list[NounPhrase]) -> bool:
    """Return whether the subject undergoes the event, as in "received suspended sentences" or "faces charges"."""
    assert clause.verb is not None
    is_dealt = tokens[clause.verb.main].low in DEALT and bool(bare)
    return (
        event_type in (EventType.LEGAL, EventType.SANCTION)
        and is_dealt
        and _is_event(tokens[bare[0].head].low, event_type)
    )


def _told(
    tokens: list[Token],
    bare: list[NounPhrase],
    clause: Clause,
    context: Context,
    claimant: tuple[str, ...],
    event_type: EventType,
) -> Roles:
    """Return the roles of a reported object: "announced its acceptance of", "claimed the capture of nine guards"."""
    if not bare:
        return (claimant if event_type not in STATES | HAPPENS else ()), ()
    words = tokens[bare[0].first : bare[0].last + 1]
    owner = next((i for i, t in enumerate(words) if t.tag == "POS"), None)
    actor: tuple[str, ...] = claimant if event_type not in HAPPENS else ()
    if owner is not None:
        possessor = entity_of(
            tokens, NounPhrase(bare[0].first, bare[0].first + owner - 1, bare[0].first + owner - 1), context
        )
        actor = (possessor.name,) if possessor is not None and possessor.kind != THING else actor
    target = _oblique(
        tokens, clause, context, frozenset({"of", "on", "against", "with", "alongside", "for", "over", "between"})
    )
    if event_type in HAPPENS:
        return (), _names(_undergoers([e for e in target if e.kind != PLACE], EventType.DAMAGE)) or actor
    return actor, _names(_undergoers(target, event_type))


def _undergoers(entities: list[Entity], event_type: EventType) -> list[Entity]:
    """Return those affected: people, things only where they are hit or held; Armenia for "Armenian drones"."""
    entities = [_by_country(e) for e in entities]
    kept = [e for e in _own(entities) if e.kind != THING or e.name[:1].isupper() or event_type in TANGIBLE]
    return [e for e in kept if e.name.casefold().split()[-1] not in TOLL_NOUNS]


def _by_country(entity: Entity) -> Entity:
    first, _, rest = entity.name.partition(" ")
    country = countries().adjectives.get(first.casefold()) if rest and entity.kind in (THING, GROUP) else None
    return Entity(country, COUNTRY) if country else entity


def _owners(tokens: list[Token], phrases: list[NounPhrase], entities: list[Entity], context: Context) -> list[Entity]:
    """Return the owner of things that are hit: "two drones belonging to the Armenian forces"."""
    if len(phrases) != 1 or any(e.kind != THING for e in entities):
        return entities
    at = phrases[0].last + 1
    words = [t.low for t in tokens[at : at + 2]]
    begin = at + 2 if words == ["belonging", "to"] else at + 1 if words[:1] == ["of"] else 0
    owned = noun_phrase(tokens, begin) if 0 < begin < len(tokens) else None
    owner = entity_of(tokens, owned, context) if owned is not None else None
    return [owner] if owner is not None and owner.kind in (ORGAN, COUNTRY, GROUP) else entities


def _reads_passive(tokens: list[Token], clause: Clause, event_type: EventType, bare: list[NounPhrase]) -> bool:
    """Return whether a headline leaves "was" out: "ex-mayor jailed for bribes", "12 terrorists neutralised"."""
    assert clause.verb is not None
    main = tokens[clause.verb.main]
    return (
        (event_type in UNDERGONE or (event_type == EventType.ASSAULT and main.low in DONE_TO))
        and not bare
        and main.tag == "VBD"
        and main.low.endswith("ed")
        and main.low not in ACTS
        and clause.verb.first == clause.verb.main
    )


def _doers(tokens: list[Token], clause: Clause, subject: list[Entity]) -> list[Entity]:
    """Return those who act: people, organisations, or a thing with a name, but not "the process"."""
    return [e for e in subject if e.kind not in (PLACE, THING) or e.name[:1].isupper()]


def _objects(tokens: list[Token], clause: Clause) -> list[NounPhrase]:
    """Return the bare noun phrases after the verb, without those that "and" joins to a prepositional one."""
    found: list[NounPhrase] = []
    before: NounPhrase | None = None
    for phrase in clause.right:
        joined = (
            before is not None and before.prep and any(t.tag == "CC" for t in tokens[before.last + 1 : phrase.first])
        )
        if not phrase.prep and not phrase.is_date and not joined:
            found.append(phrase)
        if not joined:
            before = phrase
    return found[1:] if clause.is_inverted else found


def _names(entities: list[Entity]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(OF_NAMED.sub("", e.name) if e.kind == GROUP else e.name for e in entities))[:3]


def _own(entities: list[Entity]) -> list[Entity]:
    return [e for e in entities if e.kind != PLACE]


def _first_group(tokens: list[Token], bare: list[NounPhrase]) -> list[NounPhrase]:
    """Return the first object with those that "and" joins to it."""
    group = bare[:1]
    for phrase in bare[1:]:
        between = tokens[group[-1].last + 1 : phrase.first]
        if len(between) <= 2 and any(t.tag in {"CC", ","} for t in between):
            group.append(phrase)
        else:
            break
    return group


def _is_abstract(tokens: list[Token], bare: list[NounPhrase]) -> bool:
    """Return whether the object names the act and not its target: "took control of", "launched an attack on"."""
    return bool(bare) and tokens[bare[0].head].tag in ("NN", "NNS")


def _oblique(tokens: list[Token], clause: Clause, context: Context, prepositions: frozenset[str]) -> list[Entity]:
    for phrase in clause.right:
        if phrase.prep in prepositions and not phrase.is_date:
            entity = entity_of(tokens, phrase, context)
            if entity is not None and (entity.kind != THING or phrase.prep == "against"):
                rest = [p for p in clause.right if p.first > phrase.last][:1]
                joined = [
                    p for p in rest if not p.prep and any(t.tag == "CC" for t in tokens[phrase.last + 1 : p.first])
                ]
                return [entity, *entities_of(tokens, joined, context)]
    return []


def _agent(tokens: list[Token], clause: Clause, context: Context) -> list[Entity]:
    """Return the agent after "by"; in "a tour organised by a lawyer" there is none."""
    by = next((p for p in clause.right if p.prep == "by" and not p.is_date), None)
    if by is None or not clause.subject():
        return []
    words = " ".join(t.text for t in tokens[by.first : by.last + 1])
    entity = entity_of(tokens, by, context)
    return [entity] if entity is not None and entity.kind != THING and not MEANS.search(words) else []


def _happened(
    tokens: list[Token], clause: Clause, subject: list[Entity], bare: list[NounPhrase], context: Context
) -> Roles:
    assert clause.verb is not None
    main = tokens[clause.verb.main]
    if main.low.startswith(SUFFERS):
        return (), _names(subject)
    victims = [e for e in subject if e.kind in (PERSON, GROUP)] or [
        e for e in subject if e.kind == THING and not bare and not _is_hazard(e)
    ]
    objects = _own(entities_of(tokens, _first_group(tokens, bare), context))
    if victims:
        return (), _names(_undergoers(victims, EventType.DAMAGE))
    people = [e for e in objects if e.kind in (PERSON, GROUP)]
    named = [e for e in subject if e.kind in (ORGAN, COUNTRY)]
    if objects and named:
        return _names(named), _names(objects)
    of = (
        []
        if people or named
        else [
            e for e in _oblique(tokens, clause, context, frozenset({"of", "among"})) if e.kind not in (THING, COUNTRY)
        ]
    )
    return (), _names(_undergoers(people or named or of, EventType.DAMAGE))


def _is_hazard(entity: Entity) -> bool:
    return _is_event(entity.name.casefold().split()[-1], EventType.DISASTER)


def _nominal(tokens: list[Token], phrases: list[NounPhrase], context: Context) -> Roles:
    actor: list[Entity] = []
    target: list[Entity] = []
    for phrase in phrases:
        entity = entity_of(tokens, phrase, context)
        if entity is None or entity.kind in (PLACE, THING):
            continue
        if phrase.prep in ("on", "against", "of", "at", "with") and not target:
            target = [entity]
        elif phrase.prep in ("by", "") and not actor:
            actor = [entity]
    return _names(actor), _names(target)
