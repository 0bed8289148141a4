"""Revisions that were opened and that no part has still to take: their records were deleted unread, or a state was lost.

They would be in flight for ever.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.ledger import outcome_message
from claimwire.log import Log
from claimwire.producer_tables import Page
from claimwire.records import Outcome, OutcomeState, RejectReason, decode
from console.queries.ledger import Ledger

Key = tuple[str, str]
# In the order in which a revision goes.
TAKEN = (("analyse", topics.RAW), ("match", topics.CLEAN), ("search", topics.ARTICLES))


def missing(log: Log, ledger: Ledger, before: datetime) -> list[Outcome]:
    """The missing ones that were opened before a time, by their lines of the ledger. Raises UnreachableError.

    Revisions that move while this reads are found further on, or have ended: so the ledger is read again at last.
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
    """The revisions of pages that are to be fetched, and of the records that stages and the search sink have not committed."""
    for message in log.snapshot(topics.PAGES).values():
        try:
            page = decode(message.value, Page)
        except ContractError:
            continue
        # A page that is watched was fetched, and its revision published.
        if not page.looks:
            yield page.article_id, page.revision_id
    for group, topic in TAKEN:
        for partition, start in log.committed(group, topic).items():
            for message in log.read(topic, partition, start):
                yield message.headers.get("article_id", message.key), message.headers.get("revision_id", "")


def _key(line: Outcome) -> Key:
    return line.article_id, line.revision_id
