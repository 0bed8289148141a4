"""Claims as they are read from a text."""

from datetime import date

from claimwire.records.base import Part
from claimwire.records.vocabulary import (
    EventType,
    Modality,
    Operator,
    Precision,
    QuantityRole,
)


class Quantity(Part, frozen=True, kw_only=True):
    """A number in a claim with its precision (`op`) and the thing counted (`unit`, `role`)."""

    value: float
    unit: str
    role: QuantityRole
    op: Operator = Operator.EQ
    value_max: float | None = None
    ordinal: bool = False


class EventDate(Part, frozen=True, kw_only=True):
    """Date of an event, resolved against the publication date."""

    start: date
    end: date
    precision: Precision = Precision.DAY


class Claim(Part, frozen=True, kw_only=True):
    """One proposition in one article; offsets count characters of `CleanArticle.text`, half open. `content` is its start
    after a leading attribution; `refers_to` the id of the claim that it denies or repeats by reference; `claimant_text`
    the claimant in the words of the text, `claimant` the canonical names for matching."""

    claim_id: str
    start: int
    end: int
    content: int
    sentence_start: int
    sentence_end: int
    claimant: tuple[str, ...]
    cue: str | None
    event_type: EventType
    actor: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    places: tuple[str, ...] = ()
    event_date: EventDate | None = None
    modality: Modality = Modality.ASSERTED
    refers_to: str | None = None
    claimant_text: str = ""
