"""The search sink: writes topics to the store in batches; offsets are committed after the write.

Only this sink writes the outcomes `indexed` and `duplicate`. Documents that the store rejects become dead letters. If
the store is unreachable, the batch is retried, which slows the stream (back-pressure) without using more memory.
"""

import logging
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby

from claimwire import topics
from claimwire.errors import ContractError, SinkError, UnreachableError
from claimwire.failures import dead_letters, failure_of
from claimwire.ledger import forgotten, outcome_message
from claimwire.log import Log, Message
from claimwire.log.reading import skip
from claimwire.records.sightings import Article, Sighting
from claimwire.runtime import metrics
from claimwire.runtime.clock import is_plausible
from claimwire.store import SearchStore
from sinks.base import Batch, Sink
from sinks.search.documents import (
    OF_PIPELINE,
    SEARCHED_TOPICS,
    document_of_message,
    forgotten_id,
    gone_of,
    is_tombstone,
    outcome_of,
)

logger = logging.getLogger(__name__)


class SearchSink(Sink):
    """Sink that writes documents, and deletes those of tombstones."""

    group = "search"
    topics = SEARCHED_TOPICS

    def __init__(self, log: Log, store: SearchStore, batch_size: int, keep_days: int = 0) -> None:
        super().__init__(log, batch_size)
        self._store, self._keep_days = store, keep_days
        self._expired_on = date.min

    def handle(self, batch: Batch) -> None:
        """Write records and delete documents of tombstones, in order; add the outcomes."""
        for is_gone, group in groupby(batch.messages, key=is_tombstone):
            if is_gone:
                self._forget(batch, list(group))
            else:
                self._write(batch, list(group))

    def _write(self, batch: Batch, messages: list[Message]) -> None:
        """Write records and return their ledger lines."""
        made = batch.each(lambda message, record: (record, document_of_message(message, record)), messages)
        written = [(message, record, document) for message, (record, document) in made if document is not None]
        failures = self.insist(lambda: self._store.write([d for _, _, d in written]), excused=True)
        refused = {(f.document.kind, f.document.id): f.reason for f in failures}
        for message, record, document in written:
            if reason := refused.get((document.kind, document.id)):
                batch.refuse(message, ContractError(f"rejected by the store: {reason}"))
            elif isinstance(record, Article):
                outcome = outcome_of(record)
                batch.outputs.append(outcome_message(outcome))
                if not outcome.backfill:
                    metrics.INDEXED_SECONDS.observe((datetime.now(UTC) - outcome.at).total_seconds())
            elif isinstance(record, Sighting):
                metrics.VERDICTS.labels(record.verdict.label).inc()
        metrics.STORE_WRITES.labels("written").inc(len(written) - len(refused))
        metrics.STORE_WRITES.labels("refused").inc(len(refused))

    def _forget(self, batch: Batch, tombstones: list[Message]) -> None:
        """Delete documents of tombstones and return the ledger lines of the erased revisions."""
        named = batch.each(lambda message, _: forgotten_id(message), tombstones)
        for kind, ids in gone_of(message for message, _ in named).items():
            self.insist(partial(self._store.forget, kind, *ids), excused=True)
        for message, ident in named:
            for revision in message.headers.get("revisions", "").split():
                batch.outputs.append(outcome_message(forgotten(ident, revision, self.group, datetime.now(UTC))))

    def refused(self, message: Message, error: Exception) -> list[Message]:
        """Return the dead letter of a record, or none for a record of the pipeline itself."""
        if message.topic in OF_PIPELINE:
            skip(message, error)
            return []
        return dead_letters(message, self.group, failure_of(error), has_article=message.topic == topics.ARTICLES.name)

    def housekeep(self, seconds: float) -> None:
        """Delete expired documents."""
        self.expire(datetime.now(UTC).date())

    def expire(self, today: date) -> None:
        """Delete, once a day, months older than `keep_days`; if the store is unreachable, retry the next day."""
        if not self._keep_days or self._expired_on == today:
            return
        self._expired_on = today
        try:
            if not is_plausible(self._log, int(time.time() * 1000)):
                logger.info(
                    "keep_days: the ledger has no line of the day before (wrong clock?); nothing is deleted today"
                )
                return
            gone = self._store.expire(f"{today - timedelta(days=self._keep_days):%Y-%m}")
        except (SinkError, UnreachableError) as error:
            logger.warning("%s; expired documents are kept for another day", error)
            return
        if gone:
            logger.info("deleted %d documents older than %d days", gone, self._keep_days)

    def close(self) -> None:
        """Leave the group and close the store."""
        super().close()
        self._store.close()
