"""The search sink: topics to the store, in batches; offsets are committed after the store has them.

It alone closes `indexed` and `duplicate`. Documents that the store refuses go to the dead letters; a store that is away slows
the stream down (back-pressure) and grows no memory: the same batch is written until it is taken.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import TypeVar

from claimwire import metrics, topics
from claimwire.clock import is_plausible
from claimwire.errors import MACHINE_FAULTS, ContractError, SinkError, UnreachableError
from claimwire.failures import dead_letters, failure_of
from claimwire.ledger import forgotten, outcome_message
from claimwire.log import Log, Message
from claimwire.reading import skip
from claimwire.records import Article, Record, Sighting
from claimwire.store import Document, SearchStore
from claimwire.watchdog import WatchedConsumer
from sinks.base import RETRY_SECONDS, insist, run_until
from sinks.search.documents import (
    OF_PIPELINE,
    SEARCHED_TOPICS,
    document_of_message,
    forgotten_id,
    gone_of,
    is_tombstone,
    outcome_of,
    record_of,
)

logger = logging.getLogger(__name__)
STAGE = "search"
T = TypeVar("T")


class SearchSink:
    """One member of the group `search`. `step` takes one batch."""

    def __init__(self, log: Log, store: SearchStore, batch_size: int, keep_days: int = 0) -> None:
        self._log, self._store, self._batch, self._keep_days = log, store, batch_size, keep_days
        self._expired_on = date.min
        self._consumer = WatchedConsumer(log, STAGE, SEARCHED_TOPICS)
        self.work = self._consumer.work

    def step(self, timeout: float, stop: threading.Event | None = None) -> int:
        """Write one batch, close its outcomes, commit. Returns the number of records taken."""
        batch = self._consumer.poll(self._batch, timeout)
        if not batch:
            return 0
        lines: list[Message] = []
        for is_gone, group in groupby(batch, key=is_tombstone):
            run = list(group)
            closed = self._forget(run, stop) if is_gone else self._take(run, stop)
            if closed is None:
                return 0
            lines += closed
        if not insist(lambda: self._log.publish(lines), stop):
            return 0
        ends: dict[tuple[str, int], int] = {}
        for message in batch:
            ends[message.topic, message.partition] = message.offset + 1
        self._consumer.commit(ends)
        return len(batch)

    def _take(self, batch: list[Message], stop: threading.Event | None) -> list[Message] | None:
        """Write records; their lines of the ledger, and the dead letters. None where `stop` came first."""
        lines: list[Message] = []
        written: list[tuple[Message, Record | None, Document]] = []
        for message in batch:
            try:
                record = record_of(message)
                document = document_of_message(message, record)
            except MACHINE_FAULTS:
                raise
            except Exception as error:
                lines += self._dead(message, error)
                continue
            if document is not None:
                written.append((message, record, document))
        failures = self._tried(lambda: self._store.write([d for _, _, d in written]), stop)
        if failures is None:
            return None
        refused = {(f.document.kind, f.document.id): f.reason for f in failures}
        for message, record, document in written:
            if reason := refused.get((document.kind, document.id)):
                lines += self._dead(message, ContractError(f"the store refuses it: {reason}"))
            elif isinstance(record, Article):
                outcome = outcome_of(record)
                lines.append(outcome_message(outcome))
                if not outcome.backfill:
                    metrics.INDEXED_SECONDS.observe((datetime.now(UTC) - outcome.at).total_seconds())
            elif isinstance(record, Sighting):
                metrics.VERDICTS.labels(record.verdict.label).inc()
        metrics.STORE_WRITES.labels("written").inc(len(written) - len(refused))
        metrics.STORE_WRITES.labels("refused").inc(len(refused))
        return lines

    def _forget(self, batch: list[Message], stop: threading.Event | None) -> list[Message] | None:
        """Delete what tombstones name; the lines of the revisions that were forgotten."""
        lines: list[Message] = []
        named: list[tuple[Message, str]] = []
        for message in batch:
            try:
                named.append((message, forgotten_id(message)))
            except ContractError as error:
                lines += self._dead(message, error)
        for kind, ids in gone_of(message for message, _ in named).items():
            if self._tried(partial(self._store.forget, kind, *ids), stop) is None:
                return None
        for message, ident in named:
            for revision in message.headers.get("revisions", "").split():
                lines.append(outcome_message(forgotten(ident, revision, STAGE, datetime.now(UTC))))
        return lines

    def _dead(self, message: Message, error: Exception) -> list[Message]:
        if message.topic in OF_PIPELINE:
            skip(message, error)
            return []
        return dead_letters(message, STAGE, failure_of(error), has_article=message.topic == topics.ARTICLES.name)

    def _tried(self, call: Callable[[], T], stop: threading.Event | None) -> T | None:
        """Return the store's answer; None where `stop` came before it did."""
        while True:
            try:
                return call()
            except (SinkError, UnreachableError) as error:
                if isinstance(error, SinkError) and not error.retryable:
                    raise
                logger.warning("%s; the same batch is written again", error)
                self.work.excuse()
                if (stop or threading.Event()).wait(RETRY_SECONDS):
                    return None

    def expire(self, today: date) -> None:
        """Once a day, delete the months that are past `keep_days`; a store that is away is asked the next day."""
        if not self._keep_days or self._expired_on == today:
            return
        self._expired_on = today
        try:
            if not is_plausible(self._log, int(time.time() * 1000)):
                logger.info(
                    "keep_days: the ledger has no line of the day before, so nothing is deleted by its age today"
                )
                return
            gone = self._store.expire(f"{today - timedelta(days=self._keep_days):%Y-%m}")
        except (SinkError, UnreachableError) as error:
            logger.warning("%s; what is past its time stays for a day", error)
            return
        if gone:
            logger.info("%d documents were past their %d days", gone, self._keep_days)

    def run(self, stop: threading.Event) -> None:
        """Run until `stop`, then close the store; a broker that is away is waited for."""

        def step() -> None:
            self.step(0.5, stop)
            self.expire(datetime.now(UTC).date())

        run_until(stop, step)
        self.close()

    def close(self) -> None:
        """Leave the group and close the store."""
        self._consumer.close()
        self._store.close()
