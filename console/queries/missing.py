"""Missing revisions: opened, but their record was deleted unread or matcher state was lost.

Without this check they would stay in flight for ever.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.ledger import outcome_message
from claimwire.log import Log
from claimwire.records.base import decode
from claimwire.records.feeds import Page
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState, RejectReason
from console.queries.ledger import Ledger

Key = tuple[str, str]
# In the order in which a revision passes them.
TAKEN = (("analyse", topics.RAW), ("match", topics.CLEAN), ("search", topics.ARTICLES))


def missing(log: Log, ledger: Ledger, before: datetime) -> list[Outcome]:
    """Return the ledger lines of missing revisions that were opened before a time. Raises UnreachableError.

    Revisions may move while this reads, so topics are read in order, and the ledger again at the end.
    """
    found = {_key(line): line for line in ledger.opened(before)}
    for key in _to_come(log) if found else ():
        found.pop(key, None)
        if not found:
            return []
    ledger.update(log)
    still = {_key(line) for line in ledger.opened(before)}
    return [line for key, line in found.items() if key in still]


def close_missing(log: Log, lines: list[Outcome]) -> None:
    """End these revisions as rejected: `expired`. Raises UnreachableError."""
    log.publish(
        [
            outcome_message(
                msgspec.structs.replace(line, state=OutcomeState.REJECTED, stage="status", reason=RejectReason.EXPIRED)
            )
            for line in lines
        ]
    )


def _to_come(log: Log) -> Iterator[Key]:
    """Return the revisions of pages to fetch, and of records that stages and the search sink have not committed."""
    for message in log.snapshot(topics.PAGES).values():
        try:
            page = decode(message.value, Page)
        except ContractError:
            continue
        # A watched page has been fetched, and its revision published.
        if not page.looks:
            yield page.article_id, page.revision_id
    for group, topic in TAKEN:
        for partition, start in log.committed(group, topic).items():
            for message in log.read(topic, partition, start):
                yield message.headers.get("article_id", message.key), message.headers.get("revision_id", "")


def _key(line: Outcome) -> Key:
    return line.article_id, line.revision_id
