"""Explanation of the claims of a text: the units of each sentence, and the words that weighed for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from claimwire.records.articles import Block
from claimwire.text.numbers import number_text
from processors.claims.events.types import trigger_weights
from processors.claims.extract import Reading, read
from processors.claims.model import NARRATOR


@dataclass(frozen=True, slots=True)
class Explanation:
    """One unit of a sentence: `claim` is whether it became a claim; `lines` give the reasons, from attribution to modality."""

    sentence: str
    evidence: str
    is_claim: bool
    lines: tuple[str, ...]


def explained(text: str, blocks: Sequence[Block], published: date) -> Iterator[Explanation]:
    """Return the units of each sentence in order, decided by the same code as `claims_of`."""
    for readings in read(text, blocks, published):
        for reading in readings:
            yield _explanation(text, reading)


def _explanation(text: str, reading: Reading) -> Explanation:
    sentence, unit, claim = reading.sentence, reading.unit, reading.claim
    tokens = sentence.tokens
    words = text[tokens[unit.first].start : tokens[min(unit.last, len(tokens) - 1)].end]
    lines = [_attribution(reading), _event(reading), _clause(reading)]
    if claim is None:
        lines.append("no claim: it is the outlet's own words, and neither event words nor numbers weigh enough")
    else:
        numbers = ", ".join(f"{q.op} {number_text(q.value)} {q.unit} ({q.role})" for q in claim.quantities)
        lines.append(f"roles: {_names(claim.actor)} → {_names(claim.target)}")
        lines.append(f"numbers: {numbers or 'none'}; places: {_names(claim.places)}; date: {_date(reading)}")
        lines.append(f"modality: {claim.modality}")
    return Explanation(text[sentence.start : sentence.end], words, claim is not None, tuple(lines))


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "nobody" if names else "none"


def _date(reading: Reading) -> str:
    day = reading.claim.event_date if reading.claim else None
    return "none" if day is None else str(day.start) if day.start == day.end else f"{day.start} to {day.end}"


def _attribution(reading: Reading) -> str:
    said = reading.unit.said
    if said.claimant == NARRATOR:
        return "attribution: none, the outlet says it"
    return f"attribution: {', '.join(said.claimant) or 'a speaker who is not known'}, by “{said.cue or 'an open quotation'}” ({said.kind})"


def _event(reading: Reading) -> str:
    best = sorted(reading.event.scores.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    scores = ", ".join(f"{kind} {score:.2f}" for kind, score in best) or "no event word"
    weights = trigger_weights(reading.sentence.tokens, reading.unit.head, reading.unit.first, reading.unit.last)
    words = ", ".join(f"{form} {kind} +{weight:.2f}" for form, kind, weight, _ in weights)
    return f"event: {reading.event.kind} ({scores}{'; ' + words if words else ''})"


def _clause(reading: Reading) -> str:
    head, tokens = reading.unit.head, reading.sentence.tokens
    subject = " | ".join(_words(reading, p.first, p.last) for p in head.subject())
    if head.verb is None:
        return "clause: without a verb"
    features = [name for name, value in (("passive", head.verb.is_passive), ("negated", head.verb.is_negated)) if value]
    verb = _words(reading, head.verb.first, head.verb.last)
    modal = [head.verb.modal] if head.verb.modal else []
    return f"clause ({head.kind}): {subject or 'no subject'} — {verb} [{', '.join([tokens[head.verb.main].low, *features, *modal])}]"


def _words(reading: Reading, first: int, last: int) -> str:
    return " ".join(t.text for t in reading.sentence.tokens[first : last + 1])
