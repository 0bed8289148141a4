"""Base of all sinks: one loop that consumes topics as a member of a consumer group.

A subclass sets `group` and `topics` and implements `handle`. The loop does the rest:

1. `poll` a batch of at most `batch_size` records;
2. `handle` it: `batch.each` decodes its records, and one that fails becomes a dead letter;
3. publish the batch's outputs (dead letters, ledger lines), retrying until the broker accepts them;
4. commit the offsets. After a crash before that, the batch is handled again, so `handle` must be idempotent;
5. call `housekeep`, also after an empty poll.

A fault of the machine (a full disk, no memory) makes no dead letter: it ends the sink, and nothing is committed.
"""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from claimwire.errors import MACHINE_FAULTS, SinkError, UnreachableError
from claimwire.failures import dead_letters, failure_of
from claimwire.log import Log, Message, Position
from claimwire.log.reading import record_of
from claimwire.records.base import Record
from claimwire.runtime.watchdog import WatchedConsumer
from claimwire.topics import Topic

logger = logging.getLogger(__name__)
RETRY_SECONDS = 2.0
POLL_SECONDS = 0.5
T = TypeVar("T")


class Stopped(Exception):
    """The sink was stopped while retrying; the batch is not committed."""


@dataclass
class Batch:
    """Records of one poll, and `outputs`, the messages to publish before their offsets are committed.

    `refused` returns the messages for a failed record.
    """

    messages: Sequence[Message]
    refused: Callable[[Message, Exception], list[Message]]
    outputs: list[Message] = field(default_factory=list)

    def each(
        self, take: Callable[[Message, Record | None], T], messages: Iterable[Message] | None = None
    ) -> list[tuple[Message, T]]:
        """Return each message with the result of `take(message, record)`; failed ones are refused and left out.

        The record is None for a message without a value (an erasure) and on a topic of plain bytes.
        """
        found = []
        for message in self.messages if messages is None else messages:
            try:
                record = None if message.value is None else record_of(message)
                found.append((message, take(message, record)))
            except MACHINE_FAULTS:
                raise
            except Exception as error:
                self.refuse(message, error)
        return found

    def refuse(self, message: Message, error: Exception) -> None:
        """Add the messages for a failed record to the outputs."""
        self.outputs += self.refused(message, error)


class Sink(ABC):
    """Member of the consumer group `group` on `topics`. `step` processes one batch, `run` runs until it is stopped."""

    group: ClassVar[str]
    topics: ClassVar[Sequence[Topic]]

    def __init__(self, log: Log, batch_size: int) -> None:
        self._log, self._batch_size = log, batch_size
        self._consumer = WatchedConsumer(log, self.group, self.topics)
        self.work = self._consumer.work
        self._stop = threading.Event()

    @property
    def is_busy(self) -> bool:
        """Return whether work is in progress; the next poll then does not wait for records."""
        return False

    @abstractmethod
    def handle(self, batch: Batch) -> None:
        """Process a batch. On return its effects must be durable; its offsets are committed next."""

    def housekeep(self, seconds: float) -> None:  # noqa: B027 (most sinks have nothing to do)
        """Do periodic work between batches, within about `seconds`."""

    def refused(self, message: Message, error: Exception) -> list[Message]:
        """Return the dead letter of a failed record."""
        return dead_letters(message, self.group, failure_of(error), has_article=False)

    def step(self, timeout: float, stop: threading.Event | None = None) -> int:
        """Process one batch. Return the number of records committed; 0 if stopped before."""
        self._stop = stop or self._stop
        messages = self._consumer.poll(self._batch_size, 0.0 if self.is_busy else timeout)
        try:
            if messages:
                self._take(messages)
            self.housekeep(timeout)
        except Stopped:
            return 0
        return len(messages)

    def _take(self, messages: Sequence[Message]) -> None:
        batch = Batch(messages, self.refused)
        self.handle(batch)
        self.insist(lambda: self._log.publish(batch.outputs))
        ends: dict[Position, int] = {}
        for message in messages:
            ends[message.topic, message.partition] = message.offset + 1
        self._consumer.commit(ends)

    def insist(self, call: Callable[[], T], *, excused: bool = False) -> T:
        """Call with retries until the server answers: the commit of a later batch would skip this one.

        `excused`: the watchdog ignores the wait. Raises Stopped, and SinkError if it is not retryable.
        """
        while True:
            try:
                return call()
            except (SinkError, UnreachableError) as error:
                if isinstance(error, SinkError) and not error.retryable:
                    raise
                logger.warning("%s; trying again", error)
                if excused:
                    self.work.excuse()
                if self._stop.wait(RETRY_SECONDS):
                    raise Stopped from None

    def run(self, stop: threading.Event) -> None:
        """Run until `stop`, then close; wait while the broker is unreachable."""
        while not stop.is_set():
            try:
                self.step(POLL_SECONDS, stop)
            except UnreachableError as error:
                logger.warning("%s; trying again", error)
                stop.wait(RETRY_SECONDS)
        self.close()

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()
