"""The ledger: every revision ends in one counted outcome, keyed (article_id, revision_id).

A final state beats `opened`, whatever the order in which they arrive; among final ones the latest wins, so that a
dead letter that is replayed well ends as indexed.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from claimwire import metrics, topics
from claimwire.errors import ContractError
from claimwire.ids import digest
from claimwire.log import Log, Message
from claimwire.records import CleanArticle, Outcome, OutcomeState, RawArticle, RejectReason, decode, encode
from claimwire.redaction import without_secrets

logger = logging.getLogger(__name__)
# What was done with a dead letter stands on its own topic, as a record of this key that names its offset.
LETTER_MARK = "deadletter"


def outcome_message(outcome: Outcome) -> Message:
    """A line of the ledger; that of a revision that ended is counted."""
    if outcome.state not in (OutcomeState.OPENED, OutcomeState.MAYBE_LOST):
        metrics.OUTCOMES.labels(
            outcome.state.label, outcome.reason if outcome.state is OutcomeState.REJECTED else ""
        ).inc()
    return Message(topics.OUTCOMES.name, f"{outcome.article_id}/{outcome.revision_id}", encode(outcome))


def rejection(article: RawArticle | CleanArticle, reason: RejectReason, stage: str) -> Outcome:
    """The outcome of an article that is not indexed."""
    return Outcome(
        article_id=article.article_id, revision_id=article.revision_id, state=OutcomeState.REJECTED, stage=stage,
        at=article.fetched_at, reason=reason.value, url=article.url, source=article.source,
    )  # fmt: skip


def forgotten(article_id: str, revision_id: str, stage: str, at: datetime) -> Outcome:
    """The outcome of a revision that was taken out."""
    return Outcome(article_id=article_id, revision_id=revision_id, state=OutcomeState.FORGOTTEN, stage=stage, at=at)


def line_of(message: Message) -> Outcome | None:
    """The line of the ledger in a record of `outcomes`; None where it is none."""
    if message.value is None:
        return None
    try:
        return decode(message.value, Outcome)
    except ContractError as error:
        logger.warning("outcomes %d@%d is no line of the ledger: %s", message.partition, message.offset, error)
        return None


def fold(messages: Iterable[Message]) -> dict[tuple[str, str], Outcome]:
    """The outcome of each revision from the lines of the ledger, in order."""
    ledger: dict[tuple[str, str], Outcome] = {}
    for line in filter(None, map(line_of, messages)):
        key = (line.article_id, line.revision_id)
        before = ledger.get(key)
        if before is not None and line.state is OutcomeState.OPENED:
            continue
        if before is not None and line.source is None:
            # A dead letter does not know whose article it is; the line that opened it does.
            url = None if line.state is OutcomeState.FORGOTTEN else before.url
            ledger[key] = msgspec.structs.replace(line, source=before.source, url=url)
        else:
            ledger[key] = line
    return ledger


def read_ledger(log: Log, article: str | None = None) -> dict[tuple[str, str], Outcome]:
    """The ledger as it stands, of one article or, in memory, of all: for a small log (see `console.ledger` for any)."""
    topic = topics.OUTCOMES
    lines = (m for partition in range(topic.partitions) for m in log.read(topic, partition))
    return fold(m for m in lines if article is None or m.key.startswith(f"{article}/"))


def counts(ledger: Iterable[Outcome]) -> Counter[str]:
    """Revisions by state; `opened` is what is still in flight, `unknown` a state that a newer version wrote."""
    return Counter(outcome.state.label for outcome in ledger if outcome.state is not OutcomeState.MAYBE_LOST)


def maybe_lost(ledger: Iterable[Outcome]) -> list[Outcome]:
    """The polls between which entries may have been lost, by time."""
    return sorted((o for o in ledger if o.state is OutcomeState.MAYBE_LOST), key=lambda o: o.at)


def dead_letters_of(
    message: Message, stage: str, error: str, at: datetime, *, has_article: bool = True
) -> list[Message]:
    """The dead letter of a record, with its original bytes, and the line of the ledger where it carries an article."""
    error = without_secrets(error)
    headers = {
        **{k: v for k, v in message.headers.items() if k in ("article_id", "revision_id")},
        "stage": stage,
        "error": error[:2000],
        "topic": message.topic,
        "partition": str(message.partition),
        "offset": str(message.offset),
        "attempt": message.headers.get("attempt", "0"),
        "at": at.isoformat(),
    }
    letters = [Message(topics.DEADLETTERS.name, message.key, message.value, headers)]
    metrics.DEADLETTERS.labels(stage).inc()
    if has_article:
        article, revision = ids_of(message)
        outcome = Outcome(
            article_id=article,
            revision_id=revision,
            state=OutcomeState.DEAD_LETTERED,
            stage=stage,
            at=at,
            reason=error.splitlines()[0][:200] if error else None,
        )
        letters.append(outcome_message(outcome))
    return letters


def ids_of(message: Message) -> tuple[str, str]:
    """Article and revision of a record, by its headers; where it has none, by its key and bytes."""
    return (
        message.headers.get("article_id") or message.key or "unknown",
        message.headers.get("revision_id") or digest("bytes", (message.value or b"").hex()),
    )


def letter_mark(letter: Message, state: str, reason: str) -> Message:
    """What was done with a dead letter; it tells of the letter too, so that it can be understood alone."""
    told = {k: v for k, v in letter.headers.items() if k not in ("partition", "offset")}
    mark = {"offset": str(letter.offset), "state": state, "reason": reason, "place": letter_place(letter.headers)}
    return Message(topics.DEADLETTERS.name, LETTER_MARK, None, told | mark)


def letter_place(headers: Mapping[str, str]) -> str:
    """Where the record of a dead letter stood: topic/partition@offset."""
    return headers.get("place") or f"{headers.get('topic')}/{headers.get('partition')}@{headers.get('offset')}"
