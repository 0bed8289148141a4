"""Outcomes: the lines of the ledger."""

from claimwire.records.base import Record, Time
from claimwire.records.vocabulary import OutcomeState


class Outcome(Record, frozen=True, kw_only=True):
    """One line of the ledger, keyed (article_id, revision_id)."""

    article_id: str
    revision_id: str
    state: OutcomeState
    stage: str
    at: Time
    reason: str | None = None
    url: str | None = None
    source: str | None = None
    backfill: bool = False
