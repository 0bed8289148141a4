"""One unit of a sentence read as a claim: its event, actor and target, numbers, places, date and modality."""

import msgspec

from claimwire.records import BlockType, Claim, EventDate
from claimwire.vocabulary import EventType, Modality, QuantityRole
from processors.claims.attribution.stands import stand_of
from processors.claims.events.dates import Tense, event_date_of, is_planned
from processors.claims.events.modality import modality_of
from processors.claims.events.quantity_roles import MEASURES
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.places import places_of
from processors.claims.model import NARRATOR, Token, Unit, VerbGroup
from processors.claims.propositions.cast import cast_of
from processors.claims.propositions.event import Event, Sentence
from processors.claims.propositions.spans import evidence_of
from processors.claims.propositions.units import span_of
from processors.claims.propositions.worth import is_worth
from processors.claims.syntax.tokenizer import HAVE


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
    kind, actor, target = cast_of(sentence, unit, event)
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
    is_future = modality in (Modality.PLANNED, Modality.REQUESTED)
    day = _date(sentence, unit, words, is_future)
    tense = _tense_of(sentence.tokens, head.verb, is_future)
    if modality == Modality.ASSERTED and day is not None and is_planned(words, day, sentence.published, tense):
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


def _places(sentence: Sentence, unit: Unit) -> tuple[str, ...]:
    """The places that the unit names; else those of the clause that attributes it ("police in Porto say")."""
    tokens, context = sentence.tokens, sentence.context
    own = places_of(tokens, unit.clauses, min(unit.last, len(tokens) - 1), context)
    frame = unit.said.frame
    return own or (places_of(tokens, [frame], frame.first, context) if frame is not None else ())
