"""A sink: a member of a consumer group that does something with the records of some topics. All sinks run this one loop.

A sink of one's own names its `group` and `topics` and writes `handle`. The rest is done here:

1. `poll` a batch of at most `batch_size` records;
2. `handle` it: `batch.each` decodes its records, and one that fails becomes a dead letter;
3. publish the batch's outputs (dead letters, lines of the ledger), however often the broker has to be asked;
4. commit. After a crash before that the batch is handled again: what a sink does must be the same when it is done twice;
5. `housekeep`, after every poll, also one that found nothing.

A fault of the machine (a full disk, no memory) is nobody's dead letter: it ends the sink, and nothing is committed.
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
from claimwire.reading import record_of
from claimwire.records import Record
from claimwire.topics import Topic
from claimwire.watchdog import WatchedConsumer

logger = logging.getLogger(__name__)
RETRY_SECONDS = 2.0
POLL_SECONDS = 0.5
T = TypeVar("T")


class Stopped(Exception):
    """The sink was stopped before a server took what the batch needs: the batch is not committed."""


@dataclass
class Batch:
    """Records that were polled together, and `outputs`: the messages to publish before the records are committed.

    `refused` gives what a record becomes that fails.
    """

    messages: Sequence[Message]
    refused: Callable[[Message, Exception], list[Message]]
    outputs: list[Message] = field(default_factory=list)

    def each(
        self, take: Callable[[Message, Record | None], T], messages: Iterable[Message] | None = None
    ) -> list[tuple[Message, T]]:
        """Return each message with what `take` makes of it and its record; one that fails is refused and left out.

        The record is None for a message without a value (something is erased), and on a topic of plain bytes.
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
        """Set a record aside."""
        self.outputs += self.refused(message, error)


class Sink(ABC):
    """One member of the group `group` on `topics`. `step` takes one batch, `run` goes on until it is stopped."""

    group: ClassVar[str]
    topics: ClassVar[Sequence[Topic]]

    def __init__(self, log: Log, batch_size: int) -> None:
        self._log, self._batch_size = log, batch_size
        self._consumer = WatchedConsumer(log, self.group, self.topics)
        self.work = self._consumer.work
        self._stop = threading.Event()

    @property
    def is_busy(self) -> bool:
        """Return whether work is under way, for which a poll does not wait for records."""
        return False

    @abstractmethod
    def handle(self, batch: Batch) -> None:
        """Do the effect of a batch; when this returns it is durable, and the batch is committed."""

    def housekeep(self, seconds: float) -> None:  # noqa: B027 (most sinks have nothing to do)
        """Do what is due between batches, within about `seconds`."""

    def refused(self, message: Message, error: Exception) -> list[Message]:
        """The dead letter of a record that failed."""
        return dead_letters(message, self.group, failure_of(error), has_article=False)

    def step(self, timeout: float, stop: threading.Event | None = None) -> int:
        """Take one batch. Returns the number of records committed; 0 where `stop` came first."""
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
        """Call until the server answers: a batch that were given up would be passed over by the next one's commit.

        `excused`: the watchdog does not take the wait for a stall. Raises Stopped, and SinkError where no retry helps.
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
        """Run until `stop`, then close; a broker that is away is waited for."""
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
