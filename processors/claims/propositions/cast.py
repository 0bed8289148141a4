"""Actor and target of a claim, from the clause that reports its event."""

import re

from claimwire.records.vocabulary import EventType, QuantityRole
from processors.claims.attribution.reporting import COUNTS
from processors.claims.events.participants import roles_of
from processors.claims.events.quantities import SPOKEN
from processors.claims.events.quantity_roles import HARM
from processors.claims.events.types import trigger_weights
from processors.claims.lexicon import countries, noun_class, word_list
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.entities import entities_of
from processors.claims.model import INFINITIVE, NARRATOR, Attribution, Clause, Proposition, Token
from processors.claims.propositions.event import TOLLS, Event, Sentence
from processors.claims.propositions.grouping import type_and_score
from processors.claims.propositions.worth import LEAST_SCORE

HARMED = {"civilian": "civilians", "soldier": "soldiers", "child": "children", "person": "people"}
VERDICTS = frozenset("guilty convicted sentenced acquitted jailed sentence sentences".split())
ARRESTS = frozenset("arrested detained apprehended handcuffed held".split())
CROWD = frozenset({"people", "crowd", "marchers", "demonstrators", "participants", "persons"})
ARMED = re.compile(
    r"(?i)\b(?:armed forces|ministry of defence|army|military|rebels?|front|general|colonel|brigad\w*|commander)\b"
)
OFFICIAL = re.compile(r"(?i)\b(?:police|ministry|prosecutors?|army|authorities|armed forces)\b")
# Bodies that need no name: a country has one.
OF_STATE = frozenset("army court government military ministry parliament police".split())
# Tags of words that refer to an earlier mention.
REFERRING = frozenset({"PRP", "PRP$", "DT"})
Cast = tuple[EventType, tuple[str, ...], tuple[str, ...]]


def cast_of(sentence: Sentence, unit: Proposition, event: Event) -> Cast:
    """Return event type, actor and target, from the clause that reports the event."""
    tokens, context, said = sentence.tokens, sentence.context, unit.said
    deed = _deed(tokens, unit, context)
    if deed is not None:
        return deed
    kind, told = event.kind, _told(tokens, unit, event.kind)
    actor, target = roles_of(tokens, told, kind, context, said.claimant, said.kind if told is said.frame else "")
    actor = _as_forces(actor, kind) or _own_act(unit, kind) or _own_fight(unit, event)
    if not target and kind in TOLLS:
        target = _harmed(event)
    actor = actor or _known_by_deed(tokens, unit, kind, context)
    if kind == EventType.PROTEST:
        counted = any(n.quantity.role == QuantityRole.PARTICIPATED for n in event.numbers)
        actor = tuple("protesters" if a in CROWD else a for a in actor) or (("protesters",) if counted else ())
    if said.frame is unit.head and (said.cue in COUNTS | SPOKEN or said.cue in word_list("figure_verbs.txt")):
        # The source of a figure is no actor: "put the crowd at 2,500".
        actor = tuple(a for a in actor if a not in said.claimant)
    if kind == EventType.ASSAULT and not actor and _is_mere_damage(tokens, unit, said):
        kind = EventType.DAMAGE
    return kind, tuple(a for a in actor if not _is_vague(tokens, told, a)), target


def _is_vague(tokens: list[Token], clause: Clause, name: str) -> bool:
    """Return whether a subject names nobody: "the firm", "they", "a man"; but not "the euro"."""
    phrases = clause.subject()
    is_word = name.islower() and " " not in name and name not in noun_class("traded") | OF_STATE
    return is_word and len(phrases) == 1 and tokens[phrases[0].first].tag in REFERRING


def _known_by_deed(tokens: list[Token], unit: Proposition, kind: EventType, context: Context) -> tuple[str, ...]:
    """Return the actor that an act implies: a court for "was found guilty", the named police for "was arrested"."""
    verb = unit.head.verb
    is_verdict = kind == EventType.LEGAL and any(t.low in VERDICTS for t in tokens[unit.first : unit.last + 1])
    is_arrest = kind == EventType.COERCE and verb is not None and verb.is_passive and tokens[verb.main].low in ARRESTS
    doer = context.organ("court") if is_verdict else context.organ("police") if is_arrest else None
    return (doer,) if doer is not None else ()


def _harmed(event: Event) -> tuple[str, ...]:
    """Return the people that a bare number of killed or injured counts: "killed 1,200", "2 of the civilians died"."""
    units = {n.quantity.unit for n in event.numbers if n.quantity.role in HARM}
    return next(((name,) for unit, name in HARMED.items() if unit in units), ())


def _is_mere_damage(tokens: list[Token], unit: Proposition, said: Attribution) -> bool:
    """Return whether "34 houses were destroyed" has no attacker: no actor, and no army as claimant."""
    forms = {
        form
        for form, kind, *_ in trigger_weights(tokens, unit.head, unit.first, unit.last)
        if kind == EventType.ASSAULT
    }
    return all(f.startswith("destr") for f in forms) and not any(ARMED.search(c) for c in said.claimant)


def _deed(tokens: list[Token], unit: Proposition, context: Context) -> Cast | None:
    """Return the cast of the alleged act in "accused the navy of shelling a market", by the accused or the denier."""
    said, head = unit.said, unit.head
    deed = next((c for c in unit.clauses[1:] if c.kind == INFINITIVE), None)
    if said.kind not in ("accuse", "deny") or deed is None:
        return None
    kind, score = type_and_score(tokens, deed)
    if score < LEAST_SCORE:
        return None
    target = roles_of(tokens, deed, kind, context, said.claimant, "")[1]
    if said.kind == "deny":
        return kind, said.claimant, target
    accused = roles_of(tokens, head, EventType.ACCUSE, context, said.claimant, "")[1]
    if not accused and head.antecedent is not None:
        accused = tuple(e.name for e in entities_of(tokens, [head.antecedent], context))
    return kind, accused, target


def _told(tokens: list[Token], unit: Proposition, kind: EventType) -> Clause:
    """Return the clause that reports the event: the purpose in "will fly to Porto to visit the bereaved"."""
    purpose = next((c for c in unit.clauses[1:] if c.kind == INFINITIVE and c.shared is unit.head), None)
    if purpose is None:
        return unit.head
    (aim, weight), (means, score) = type_and_score(tokens, purpose), type_and_score(tokens, unit.head)
    return purpose if aim == kind and (means != kind or weight > score) else unit.head


def _as_forces(actor: tuple[str, ...], kind: EventType) -> tuple[str, ...]:
    """Return the armed forces in place of a defence ministry that fights."""
    if kind not in (EventType.ASSAULT, EventType.CONTROL):
        return actor
    return tuple(
        f"{a.removesuffix(' Ministry of Defence')} Armed Forces" if a.endswith(" Ministry of Defence") else a
        for a in actor
    )


def _own_act(unit: Proposition, kind: EventType) -> tuple[str, ...]:
    """Return the claimant as actor of a demand, accusation, threat or refusal."""
    if (
        kind in (EventType.REQUEST, EventType.ACCUSE, EventType.THREATEN, EventType.REJECT)
        and unit.said.claimant != NARRATOR
    ):
        return unit.said.claimant
    if kind == EventType.COERCE and any(OFFICIAL.search(c) for c in unit.said.claimant):
        return unit.said.claimant
    if kind == EventType.ASSAULT and any(
        c.endswith(("Ministry of Defence", "Armed Forces")) for c in unit.said.claimant
    ):
        return _as_forces(unit.said.claimant, kind)
    return ()


def _own_fight(unit: Proposition, event: Event) -> tuple[str, ...]:
    """Return as actor the state or army that reports fighters killed."""
    told = [c for c in unit.said.claimant if ARMED.search(c) or c.casefold() in countries().names]
    fallen = any(n.quantity.unit == "fighter" and n.quantity.role == QuantityRole.KILLED for n in event.numbers)
    return _as_forces(tuple(told), event.kind) if event.kind == EventType.ASSAULT and fallen else ()
