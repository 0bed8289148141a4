"""Claim of a proposition: its event, actor and target, numbers, places, date and modality."""

import msgspec

from claimwire.records.claims import Claim, EventDate
from claimwire.records.vocabulary import BlockType, EventType, Modality, QuantityRole
from processors.claims.attribution.anaphoric_denials import stand_of
from processors.claims.events.modality import modality_of
from processors.claims.events.quantity_roles import MEASURES
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.places import places_of
from processors.claims.model import CONTENT, NARRATOR, Proposition
from processors.claims.propositions.cast import cast_of
from processors.claims.propositions.event import Event, Sentence
from processors.claims.propositions.grouping import span_of
from processors.claims.propositions.spans import evidence_of
from processors.claims.propositions.time import time_of
from processors.claims.propositions.worth import is_worth

ASKING = frozenset("how what why where who which when".split())


def is_claim(sentence: Sentence, unit: Proposition, event: Event) -> bool:
    """Return whether a unit makes a claim worth keeping."""
    start, end = span_of(sentence.text, sentence.tokens, unit)
    is_title = sentence.block.type is BlockType.TITLE
    words = sentence.text[start:end]
    return end > start and is_worth(sentence.tokens, unit, words, event.score, event.numbers, is_title)


def claim_of(sentence: Sentence, unit: Proposition, event: Event) -> Claim:
    """Return the claim of a unit, without its id."""
    start, end, content = evidence_of(sentence.text, sentence.tokens, sentence.clauses, unit)
    if unit.said.claimant and unit.said.claimant != NARRATOR:
        sentence.context.claimant = unit.said.claimant
    kind, actor, target = cast_of(sentence, unit, event)
    modality, day = _modality_and_date(sentence, unit, (start, end), kind, event)
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
    sentence: Sentence, unit: Proposition, evidence: tuple[int, int], kind: EventType, event: Event
) -> tuple[Modality, EventDate | None]:
    modality = modality_of(sentence.tokens, unit.head, unit.said, kind)
    inner = next((c for c in unit.clauses[1:] if c.kind == CONTENT and c.parent is unit.head), None)
    if modality == Modality.ASSERTED and inner is not None and inner.marker not in ASKING:
        # "It is likely that the bridge will be closed", "the owners think that it may sink".
        meant = modality_of(sentence.tokens, inner, unit.said, kind)
        modality = meant if meant != Modality.REQUESTED else modality
    if modality == Modality.DENIED and {n.quantity.role for n in event.numbers} == {QuantityRole.MISSING}:
        # Twelve who "have not been found" are missing.
        modality = Modality.ASSERTED
    day, is_ahead = time_of(sentence, unit, evidence, is_future=modality in (Modality.PLANNED, Modality.REQUESTED))
    if modality == Modality.ASSERTED and is_ahead:
        # An event that lies ahead is planned: "The opposition called a protest for July 25".
        modality = Modality.PLANNED
    return modality, day


def _counting(context: Context, event: Event, claim: Claim) -> Claim:
    """Return the claim with the earlier cast that it counts, as in "The union's figure is 14"."""
    before = context.counted
    if any(n.restated for n in event.numbers) and before is not None:
        claim = msgspec.structs.replace(
            claim,
            actor=claim.actor or before.actor,
            target=before.target or claim.target,
        )
    if any(q.role not in MEASURES for q in claim.quantities):
        context.counted = claim
    return claim


def _places(sentence: Sentence, unit: Proposition) -> tuple[str, ...]:
    """Return the places in the unit, else those in its reporting clause ("police in Porto say")."""
    tokens, context = sentence.tokens, sentence.context
    own = places_of(tokens, unit.clauses, min(unit.last, len(tokens) - 1), context)
    frame = unit.said.frame
    return own or (places_of(tokens, [frame], frame.first, context) if frame is not None else ())
