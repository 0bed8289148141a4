"""One unit of a sentence read as a claim: its event, actor and target, numbers, places, date and modality."""

import re
from dataclasses import dataclass
from datetime import date

import msgspec

from claimwire.records import Block, BlockType, Claim, EventDate
from claimwire.vocabulary import EventType, Modality, QuantityRole
from processors.claims.attribution import COUNTS, NARRATOR, Attribution
from processors.claims.clauses import CONTENT, INFINITIVE, PARTICIPIAL, Clause, cue_of
from processors.claims.context import GROUP, PERSON, Context
from processors.claims.dates import Tense, event_date_of
from processors.claims.entities import entities_of
from processors.claims.events import (
    PLANNED,
    event_scores,
    event_type_of,
    heads_of,
    modality_of,
    scored,
    trigger_weights,
)
from processors.claims.lexicon import countries, event_triggers, word_list
from processors.claims.outcomes import HARM, HUMAN, MEASURES, VICTIMS
from processors.claims.phrases import VerbGroup
from processors.claims.places import places_of
from processors.claims.quantities import SPOKEN, Number, quantities_of
from processors.claims.roles import roles_of
from processors.claims.spans import evidence_of
from processors.claims.stands import stand_of
from processors.claims.units import Unit, span_of, type_and_score
from processors.claims.words import HAVE, Token
from processors.claims.worth import LEAST_SCORE, is_worth

TOLLS = frozenset({EventType.CASUALTY, EventType.DISASTER, EventType.HEALTH, EventType.ASSAULT})
HARMED = {"civilian": "civilians", "soldier": "soldiers", "child": "children", "person": "people"}
CALLS = frozenset(
    "call calls called calling label labels labeled labelled brand brands branded dub dubs dubbed".split()
)
VERDICTS = frozenset("guilty convicted sentenced acquitted jailed sentence sentences".split())
CROWD = frozenset({"people", "crowd", "marchers", "demonstrators", "participants", "persons"})
ARMED = re.compile(
    r"(?i)\b(?:armed forces|ministry of defence|army|military|rebels?|front|general|colonel|brigad\w*|commander)\b"
)
OFFICIAL = re.compile(r"(?i)\b(?:police|ministry|prosecutors?|army|authorities|armed forces)\b")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A parsed sentence of a block; `left_over` is what of it belongs to all its claims."""

    text: str
    start: int
    end: int
    tokens: list[Token]
    clauses: list[Clause]
    block: Block
    published: date
    context: Context
    left_over: str


@dataclass(frozen=True, slots=True)
class Event:
    """Kind of event that a unit reports, with the scores of all kinds, and its numbers."""

    kind: EventType
    score: float
    scores: dict[EventType, float]
    numbers: list[Number]


def event_of(sentence: Sentence, unit: Unit) -> Event:
    """The event of a unit, by its words and its cue."""
    tokens, said = sentence.tokens, unit.said
    first, last = unit.first, unit.last
    found = trigger_weights(tokens, unit.head, first, last)
    # The words that head the clause decide the type; all together say how likely it is that anything is claimed.
    scores = scored(tokens, unit.head, found)
    by_head = scored(tokens, unit.head, heads_of(found)) or _of_content(tokens, unit)
    _favour_object(sentence, unit, scores)
    _favour_object(sentence, unit, by_head)
    kind, score = _with_cue(said, event_type_of(by_head)[0], event_type_of(scores)[1])
    counts = sentence.context.counts
    numbers = quantities_of(tokens[: last + 1], first, last, [q for q, _ in counts])
    if any(n.again for n in numbers):
        kind, score = counts[-1][1], max(score, LEAST_SCORE)
    elif kind == EventType.SITUATION and any(n.quantity.role in VICTIMS and n.quantity.unit in HUMAN for n in numbers):
        kind = EventType.CASUALTY
    elif kind == EventType.SITUATION and any(n.quantity.role == QuantityRole.VOTES for n in numbers):
        kind = EventType.ELECTION
    elif not score:
        # "Organisers said 15,000 had taken part": in what, was said before.
        same = {k for n in numbers for q, k in counts if n.quantity.role == q.role == QuantityRole.PARTICIPATED}
        if numbers and counts and all(n.quantity.role in HARM for n in numbers) and counts[-1][1] in TOLLS:
            # "Floods kill 12, 40,000 displaced".
            same = {counts[-1][1]}
        kind, score = (same.pop(), LEAST_SCORE) if len(same) == 1 else (kind, score)
    counts += [(n.quantity, kind) for n in numbers]
    if kind == EventType.SITUATION and not by_head and not numbers and _is_view(sentence, unit):
        kind = EventType.STATEMENT
    return Event(kind, score, scores, numbers)


def _of_content(tokens: list[Token], unit: Unit) -> dict[EventType, float]:
    """Score the events of the clause under "it is unclear whether", "announced its readiness to" or "was found and"."""
    head, subject = unit.head, unit.head.subject()
    is_empty = bool(subject) and tokens[subject[0].head].low == "it" and head.verb is not None
    kinds = (CONTENT,) if is_empty else (INFINITIVE,) if unit.said.frame is head else ()
    inner = next((c for c in unit.clauses[1:] if c.kind in kinds or _is_joined(tokens, c, head)), None)
    return event_scores(tokens, inner, inner.first, inner.last) if inner is not None else {}


def _is_joined(tokens: list[Token], clause: Clause, head: Clause) -> bool:
    """ "was identified and arrested": a participle that "and" joins to the verb."""
    return clause.kind == PARTICIPIAL and clause.shared is head and tokens[clause.first - 1].tag == "CC"


def _is_view(sentence: Sentence, unit: Unit) -> bool:
    """Say whether somebody's words give a view: quoted, or of the present and of nothing that was done or is planned."""
    verb = unit.head.verb
    if unit.said.claimant == NARRATOR:
        return False
    if _is_quoted(sentence.text, *span_of(sentence.text, sentence.tokens, unit)):
        return True
    if verb is None or verb.is_passive:
        return False
    return sentence.tokens[verb.first].tag != "VBD" and verb.modal not in PLANNED


def _favour_object(sentence: Sentence, unit: Unit, scores: dict[EventType, float]) -> None:
    """ "stressed the need for a ceasefire": the object says what it is that somebody reports."""
    verb = unit.head.verb
    if verb is None or unit.said.claimant == NARRATOR or cue_of(sentence.tokens, verb) is None:
        return
    head = next((p.head for p in unit.head.right if not p.prep and not p.is_date), None)
    word = sentence.tokens[head].low if head is not None else ""
    for kind, weight in (*event_triggers().get(word, ()), *event_triggers().get(f"{word}/n", ())):
        scores[kind] = scores.get(kind, 0.0) + weight


def is_claim(sentence: Sentence, unit: Unit, event: Event) -> bool:
    """Say whether a unit claims anything that is worth keeping."""
    start, end = span_of(sentence.text, sentence.tokens, unit)
    is_title = sentence.block.type is BlockType.TITLE
    words = sentence.text[start:end]
    return end > start and is_worth(sentence.tokens, unit, words, event.score, event.numbers, is_title)


def claim_of(sentence: Sentence, unit: Unit, event: Event) -> Claim:
    """The claim that a unit makes, without its id."""
    words = sentence.text[slice(*span_of(sentence.text, sentence.tokens, unit))]
    start, end, content = evidence_of(sentence.text, sentence.tokens, sentence.clauses, unit)
    if unit.said.claimant and unit.said.claimant != NARRATOR:
        sentence.context.claimant = unit.said.claimant
    kind, actor, target = _cast(sentence, unit, event)
    modality, day = _modality_and_date(sentence, unit, words, kind, event)
    if day is None and start < sentence.tokens[unit.first].start:
        # "Then, last week, the mayor resigned": the evidence begins before the unit's own words.
        day = event_date_of(
            sentence.text[start:end], sentence.published, _tense_of(sentence.tokens, unit.head.verb, False)
        )
    claim = Claim(
        claim_id="",
        start=start,
        end=end,
        content=content,
        sentence_start=sentence.start,
        sentence_end=sentence.end,
        claimant=unit.said.claimant,
        cue=unit.said.cue,
        event_type=kind,
        actor=actor,
        target=tuple(t for t in target if t not in actor),
        quantities=tuple(n.quantity for n in event.numbers),
        places=_places(sentence, unit),
        event_date=day,
        modality=modality,
    )
    claim = stand_of(sentence.tokens, unit, _counting(sentence.context, event, claim), sentence.context)
    if claim.refers_to is None:
        sentence.context.told.append(claim)
    return claim


def _modality_and_date(
    sentence: Sentence, unit: Unit, words: str, kind: EventType, event: Event
) -> tuple[Modality, EventDate | None]:
    head = unit.head
    own_words = " ".join(t.text for t in sentence.tokens[head.first : head.last + 1])
    modality = modality_of(sentence.tokens, head, own_words, unit.said.kind, kind)
    if modality == Modality.DENIED and {n.quantity.role for n in event.numbers} == {QuantityRole.MISSING}:
        # Twelve who "have not been found" are missing.
        modality = Modality.ASSERTED
    day = _date(sentence, unit, words, modality in (Modality.PLANNED, Modality.REQUESTED))
    if modality == Modality.ASSERTED and day is not None and day.start > sentence.published:
        # "The opposition called a protest for July 25": what lies ahead is planned.
        modality = Modality.PLANNED
    return modality, day


def _date(sentence: Sentence, unit: Unit, words: str, is_future: bool) -> EventDate | None:
    """The date that the unit names nearest to its verb; else that of who reports it; else what belongs to all its claims."""
    verb, frame = unit.head.verb, unit.said.frame
    tense = _tense_of(sentence.tokens, verb, is_future)
    near = sentence.tokens[verb.main].start - sentence.tokens[unit.first].start if verb is not None else 0
    day = event_date_of(words, sentence.published, tense, near)
    if day is None and frame is not None and frame.verb is not None and frame is not unit.head:
        tokens = sentence.tokens
        start = tokens[frame.first].start
        said = sentence.text[start : tokens[min(frame.last, len(tokens) - 1)].end]
        near = tokens[frame.verb.main].start - start
        day = event_date_of(said, sentence.published, _tense_of(tokens, frame.verb, False), near)
    return day or event_date_of(sentence.left_over, sentence.published, tense)


def _tense_of(tokens: list[Token], verb: VerbGroup | None, is_future: bool) -> Tense:
    """The tense of a clause: what a past verb reports is over, however it was meant."""
    if verb is None or verb.is_infinitive or verb.is_participle:
        return Tense.COMING if is_future else Tense.PAST
    first = tokens[verb.first]
    if verb.modal:
        return Tense.COMING if is_future else Tense.PRESENT
    if first.tag == "VBD" or first.low in HAVE:
        is_to = any(t.low in ("to", "due") for t in tokens[verb.first + 1 : verb.main])
        return Tense.COMING if is_future and is_to else Tense.PAST
    return Tense.COMING if is_future else Tense.PRESENT


def _counting(context: Context, event: Event, claim: Claim) -> Claim:
    """ "The union's figure is 14" counts those whom the text has mentioned before."""
    before = context.counted
    if any(n.again for n in event.numbers) and before is not None:
        claim = msgspec.structs.replace(
            claim,
            actor=claim.actor or before.actor,
            target=before.target or claim.target,
        )
    if any(q.role not in MEASURES for q in claim.quantities):
        context.counted = claim
    return claim


Cast = tuple[EventType, tuple[str, ...], tuple[str, ...]]


def _cast(sentence: Sentence, unit: Unit, event: Event) -> Cast:
    """Event type, actor and target, read off the clause that reports the event."""
    tokens, context, said = sentence.tokens, sentence.context, unit.said
    deed = _deed(tokens, unit, context)
    if deed is not None:
        return deed
    kind, told = event.kind, _told(tokens, unit, event.kind)
    actor, target = roles_of(tokens, told, kind, context, said.claimant, said.kind if told is said.frame else "")
    actor = _as_forces(actor, kind) or _own_act(unit, kind) or _own_fight(unit, event)
    if not target and kind in TOLLS:
        target = _harmed(event)
    if kind == EventType.LEGAL and not actor and _is_verdict(tokens, unit):
        court = context.organ("court")
        actor = (court,) if court is not None else ()
    if kind == EventType.PROTEST:
        counted = any(n.quantity.role == QuantityRole.PARTICIPATED for n in event.numbers)
        actor = tuple("protesters" if a in CROWD else a for a in actor) or (("protesters",) if counted else ())
    if said.frame is unit.head and (said.cue in COUNTS | SPOKEN or said.cue in word_list("figure_verbs.txt")):
        # Somebody who puts the crowd at 2,500 or the arrests at 60 does neither.
        actor = tuple(a for a in actor if a not in said.claimant)
    if kind == EventType.ASSAULT and not actor and _is_mere_damage(tokens, unit, said):
        kind = EventType.DAMAGE
    verb = unit.head.verb
    if (
        kind == EventType.DAMAGE
        and target
        and verb is not None
        and verb.is_passive
        and _are_people(tokens, unit.head, context)
    ):
        kind = EventType.CASUALTY
    return kind, actor, target


def _is_verdict(tokens: list[Token], unit: Unit) -> bool:
    """ "was found guilty", "jailed": only a court does that."""
    return any(t.low in VERDICTS for t in tokens[unit.first : unit.last + 1])


def _harmed(event: Event) -> tuple[str, ...]:
    """Return the people that a bare number of killed or injured counts: "killed 1,200", "2 of the civilians died"."""
    units = {n.quantity.unit for n in event.numbers if n.quantity.role in HARM}
    return next(((name,) for unit, name in HARMED.items() if unit in units), ())


def _is_mere_damage(tokens: list[Token], unit: Unit, said: Attribution) -> bool:
    """ "34 houses were destroyed": by whom, nobody says, and no army reports it."""
    forms = {
        form
        for form, kind, *_ in trigger_weights(tokens, unit.head, unit.first, unit.last)
        if kind == EventType.ASSAULT
    }
    return all(f.startswith("destr") for f in forms) and not any(ARMED.search(c) for c in said.claimant)


def _deed(tokens: list[Token], unit: Unit, context: Context) -> Cast | None:
    """ "accused the air force of bombing a market": the deed counts, and the accused (or who denies it) did it."""
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


def _told(tokens: list[Token], unit: Unit, kind: EventType) -> Clause:
    """The clause that reports the event: "will fly to Porto to visit the bereaved" is about the visit."""
    purpose = next((c for c in unit.clauses[1:] if c.kind == INFINITIVE and c.shared is unit.head), None)
    if purpose is None:
        return unit.head
    (aim, weight), (means, score) = type_and_score(tokens, purpose), type_and_score(tokens, unit.head)
    return purpose if aim == kind and (means != kind or weight > score) else unit.head


def _as_forces(actor: tuple[str, ...], kind: EventType) -> tuple[str, ...]:
    """A defence ministry fights by its country's forces."""
    if kind not in (EventType.ASSAULT, EventType.CONTROL):
        return actor
    return tuple(
        f"{a.removesuffix(' Ministry of Defence')} Armed Forces" if a.endswith(" Ministry of Defence") else a
        for a in actor
    )


def _with_cue(said: Attribution, kind: EventType, score: float) -> tuple[EventType, float]:
    """A request or accusation without a concrete act is itself the event."""
    named = {"request": EventType.REQUEST, "accuse": EventType.ACCUSE}.get(said.kind)
    if named == EventType.ACCUSE and said.cue in CALLS:
        # "called it a landmark": a judgement, good or bad.
        named = EventType.STATEMENT
    if named == EventType.REQUEST or (
        named and (score < LEAST_SCORE or kind in (EventType.STATEMENT, EventType.SITUATION))
    ):
        return named, max(score, 2.5)
    if said.kind == "deny" and kind == EventType.STATEMENT:
        return EventType.REJECT, max(score, 2.5)
    return kind, score


def _is_quoted(text: str, start: int, end: int) -> bool:
    """In somebody's own words, at least in part."""
    return text[max(0, start - 1)] in '“"' or any(mark in text[start:end] for mark in '“"')


def _are_people(tokens: list[Token], clause: Clause, context: Context) -> bool:
    return any(e.kind in (PERSON, GROUP) for e in entities_of(tokens, clause.subject(), context))


def _own_act(unit: Unit, kind: EventType) -> tuple[str, ...]:
    """Implicit actors: who demands, accuses, threatens or refuses is who says it."""
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


def _places(sentence: Sentence, unit: Unit) -> tuple[str, ...]:
    """The places that the unit names; else those of the clause that attributes it ("police in Porto say")."""
    tokens, context = sentence.tokens, sentence.context
    own = places_of(tokens, unit.clauses, min(unit.last, len(tokens) - 1), context)
    frame = unit.said.frame
    return own or (places_of(tokens, [frame], frame.first, context) if frame is not None else ())


def _own_fight(unit: Unit, event: Event) -> tuple[str, ...]:
    """A state or an army that reports fighters killed has killed them."""
    told = [c for c in unit.said.claimant if ARMED.search(c) or c.casefold() in countries().names]
    fallen = any(n.quantity.unit == "fighter" and n.quantity.role == QuantityRole.KILLED for n in event.numbers)
    return _as_forces(tuple(told), event.kind) if event.kind == EventType.ASSAULT and fallen else ()
