"""Event of a proposition: its type, by the words that head it, and its numbers."""

from dataclasses import dataclass
from datetime import date

from claimwire.records.articles import Block
from claimwire.records.vocabulary import EventType, QuantityRole
from processors.claims.events.modality import PLANNED
from processors.claims.events.quantities import quantities_of
from processors.claims.events.quantity_roles import HARM, HUMAN, VICTIMS
from processors.claims.events.types import event_scores, event_type_of, heads_of, scored, trigger_weights
from processors.claims.lexicon import event_triggers, listed
from processors.claims.mentions.discourse import Context
from processors.claims.model import (
    CONTENT,
    INFINITIVE,
    NARRATOR,
    PARTICIPIAL,
    Clause,
    Number,
    Proposition,
    Token,
)
from processors.claims.propositions.grouping import span_of
from processors.claims.propositions.worth import LEAST_SCORE
from processors.claims.syntax.lookahead import cue_of

TOLLS = frozenset({EventType.CASUALTY, EventType.DISASTER, EventType.HEALTH, EventType.ASSAULT})
CALLS = listed("calls")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A parsed sentence of a block; `left_over` is the text that belongs to all its claims."""

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
    """The type of event of a unit, with the scores of all types, and its numbers."""

    kind: EventType
    score: float
    scores: dict[EventType, float]
    numbers: list[Number]


def event_of(sentence: Sentence, unit: Proposition) -> Event:
    """Return the event of a unit, by its words and its cue."""
    tokens = sentence.tokens
    first, last = unit.first, unit.last
    found = trigger_weights(tokens, unit.head, first, last)
    # The heads of the clause decide the type; all words together give the score of the claim.
    scores = scored(tokens, unit.head, found)
    heads = heads_of(found)
    by_head = dict(scores) if heads == found else scored(tokens, unit.head, heads)
    by_head = by_head or _of_content(tokens, unit)
    _favour_object(sentence, unit, scores)
    _favour_object(sentence, unit, by_head)
    kind, score = _with_cue(unit, event_type_of(by_head)[0], event_type_of(scores)[1])
    counts = sentence.context.counts
    numbers = quantities_of(tokens, first, last, [q for q, _ in counts])
    if any(n.restated for n in numbers):
        kind, score = counts[-1][1], max(score, LEAST_SCORE)
    elif kind == EventType.SITUATION and any(n.quantity.role in VICTIMS and n.quantity.unit in HUMAN for n in numbers):
        kind = EventType.CASUALTY
    elif kind == EventType.SITUATION and any(n.quantity.role == QuantityRole.VOTES for n in numbers):
        kind = EventType.ELECTION
    elif not score:
        # An earlier count has the event of "Organisers spoke of 9,000 who took part".
        same = {k for n in numbers for q, k in counts if n.quantity.role == q.role == QuantityRole.PARTICIPATED}
        if numbers and counts and all(n.quantity.role in HARM for n in numbers) and counts[-1][1] in TOLLS:
            # "Floods kill 12, 40,000 displaced".
            same = {counts[-1][1]}
        kind, score = (same.pop(), LEAST_SCORE) if len(same) == 1 else (kind, score)
    counts += [(n.quantity, kind) for n in numbers]
    if kind == EventType.SITUATION and not numbers and _is_view(sentence, unit):
        kind = EventType.STATEMENT
    if kind in (EventType.SITUATION, EventType.STATEMENT) and _is_demand(unit):
        kind = EventType.REQUEST
    return Event(kind, score, scores, numbers)


def _is_demand(unit: Proposition) -> bool:
    """Return whether the claimant demands something: "the ban should be lifted, she said"."""
    verb = unit.head.verb
    return unit.said.claimant != NARRATOR and verb is not None and verb.modal in ("should", "must")


def _of_content(tokens: list[Token], unit: Proposition) -> dict[EventType, float]:
    """Return the scores of the clause under "it is unclear whether", "announced its readiness to" or "was found and"."""
    head, subject = unit.head, unit.head.subject()
    is_empty = bool(subject) and tokens[subject[0].head].low == "it" and head.verb is not None
    kinds = (CONTENT,) if is_empty else (INFINITIVE,) if unit.said.frame is head else ()
    inner = next((c for c in unit.clauses[1:] if c.kind in kinds or _is_joined(tokens, c, head)), None)
    return event_scores(tokens, inner, inner.first, inner.last) if inner is not None else {}


def _is_joined(tokens: list[Token], clause: Clause, head: Clause) -> bool:
    """Return whether "and" joins a participle to the verb: "was identified and arrested"."""
    return clause.kind == PARTICIPIAL and clause.shared is head and tokens[clause.first - 1].tag == "CC"


def _is_view(sentence: Sentence, unit: Proposition) -> bool:
    """Return whether a claimant's words are a view: quoted, or in the present without an act or plan."""
    verb = unit.head.verb
    if unit.said.claimant == NARRATOR:
        return False
    if _is_quoted(sentence.text, *span_of(sentence.text, sentence.tokens, unit)):
        return True
    if verb is None or verb.is_passive:
        return False
    return sentence.tokens[verb.first].tag != "VBD" and verb.modal not in PLANNED


def _favour_object(sentence: Sentence, unit: Proposition, scores: dict[EventType, float]) -> None:
    """Add the scores of a reported object, as in "stressed the need for a ceasefire"."""
    verb = unit.head.verb
    if verb is None or unit.said.claimant == NARRATOR or cue_of(sentence.tokens, verb) is None:
        return
    head = next((p.head for p in unit.head.right if not p.prep and not p.is_date), None)
    word = sentence.tokens[head].low if head is not None else ""
    for kind, weight in (*event_triggers().get(word, ()), *event_triggers().get(f"{word}/n", ())):
        scores[kind] = scores.get(kind, 0.0) + weight


def _with_cue(unit: Proposition, kind: EventType, score: float) -> tuple[EventType, float]:
    """Return the type of a request or accusation without a concrete act, as in "condemned the attack"."""
    said = unit.said
    named = {"request": EventType.REQUEST, "accuse": EventType.ACCUSE}.get(said.kind)
    if named == EventType.ACCUSE and said.cue in CALLS:
        # "called it a landmark": a judgement, good or bad.
        named = EventType.STATEMENT
    is_bare = said.frame is unit.head and named == EventType.ACCUSE and all(c.kind != INFINITIVE for c in unit.clauses)
    if named == EventType.REQUEST or (
        named and (score < LEAST_SCORE or kind in (EventType.STATEMENT, EventType.SITUATION) or is_bare)
    ):
        return named, max(score, 2.5)
    if said.kind == "deny" and kind == EventType.STATEMENT:
        return EventType.REJECT, max(score, 2.5)
    return kind, score


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Return whether a span is a quotation, at least in part."""
    return text[max(0, start - 1)] in '“"' or any(mark in text[start:end] for mark in '“"')
