"""The ledger: every revision ends in one counted outcome, keyed (article_id, revision_id).

A final state replaces `opened` in any order of arrival. Among final states the latest wins, so that a dead letter ends
as indexed after a successful replay.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import msgspec

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.log import Log, Message
from claimwire.log.reading import decoded, skip
from claimwire.messages import message_of
from claimwire.records.articles import CleanArticle, RawArticle
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState, RejectReason
from claimwire.runtime import metrics

logger = logging.getLogger(__name__)


def outcome_message(outcome: Outcome) -> Message:
    """Return a ledger line as a message, and count it in the metrics if its state is final."""
    if outcome.state not in (OutcomeState.OPENED, OutcomeState.MAYBE_LOST):
        metrics.OUTCOMES.labels(
            outcome.state.label, outcome.reason if outcome.state is OutcomeState.REJECTED else ""
        ).inc()
    return message_of(outcome)


def rejection(article: RawArticle | CleanArticle, reason: RejectReason, stage: str) -> Outcome:
    """Return the outcome of an article that is not indexed."""
    return _ended(article, OutcomeState.REJECTED, stage, reason.value)


def same_text(article: CleanArticle, stage: str) -> Outcome:
    """Return the outcome of a revision with the text of the one before it."""
    return _ended(article, OutcomeState.SAME_TEXT, stage)


def _ended(article: RawArticle | CleanArticle, state: OutcomeState, stage: str, reason: str | None = None) -> Outcome:
    return Outcome(
        article_id=article.article_id, revision_id=article.revision_id, state=state, stage=stage,
        at=article.fetched_at, reason=reason, url=article.url, source=article.source,
    )  # fmt: skip


def forgotten(article_id: str, revision_id: str, stage: str, at: datetime) -> Outcome:
    """Return the outcome of a revision that was erased."""
    return Outcome(article_id=article_id, revision_id=revision_id, state=OutcomeState.FORGOTTEN, stage=stage, at=at)


def line_of(message: Message) -> Outcome | None:
    """Decode a ledger line from a record of `outcomes`; None if it is not one."""
    if message.value is None:
        return None
    try:
        return decoded(message, Outcome)
    except ContractError as error:
        skip(message, error)
        return None


def fold(messages: Iterable[Message]) -> dict[tuple[str, str], Outcome]:
    """Fold ledger lines, in order, into the outcome of each revision."""
    ledger: dict[tuple[str, str], Outcome] = {}
    for line in filter(None, map(line_of, messages)):
        key = (line.article_id, line.revision_id)
        before = ledger.get(key)
        if before is not None and line.state is OutcomeState.OPENED:
            continue
        if before is not None and line.source is None:
            # A dead letter has no source or URL; the line that opened the revision has both.
            url = None if line.state is OutcomeState.FORGOTTEN else before.url
            ledger[key] = msgspec.structs.replace(line, source=before.source, url=url)
        else:
            ledger[key] = line
    return ledger


def read_ledger(log: Log, article: str | None = None) -> dict[tuple[str, str], Outcome]:
    """Read one article's or the whole ledger into memory: for small logs (`console.queries.ledger` reads any size)."""
    topic = topics.OUTCOMES
    lines = (m for partition in range(topic.partitions) for m in log.read(topic, partition))
    return fold(m for m in lines if article is None or m.key.startswith(f"{article}/"))


def counts(ledger: Iterable[Outcome]) -> Counter[str]:
    """Count revisions by state. `opened` are still in flight, `unknown` is a state of a newer version."""
    return Counter(outcome.state.label for outcome in ledger if outcome.state is not OutcomeState.MAYBE_LOST)


def maybe_lost(ledger: Iterable[Outcome]) -> list[Outcome]:
    """Return the polls that may have missed entries, by time."""
    return sorted((o for o in ledger if o.state is OutcomeState.MAYBE_LOST), key=lambda o: o.at)
