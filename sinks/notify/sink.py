"""The notification sink: delivers alerts by their rule's policy; each is queued once and kept until delivered."""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, wait
from datetime import UTC, datetime

from claimwire import topics
from claimwire.config.channels import CONSOLE
from claimwire.errors import ContractError
from claimwire.log import Log, Message
from claimwire.log.reading import decoded
from claimwire.records.alerts import Alert
from claimwire.records.base import Record
from claimwire.records.marks import MARKED, Mark, MarkKind
from claimwire.runtime import metrics
from claimwire.runtime.clock import SetBack
from sinks.base import Batch, Sink
from sinks.notify.channels import Deliver, print_notice
from sinks.notify.outbox import Delivery, Outbox
from sinks.notify.sender import Sender

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 16
PRUNE_SECONDS = 3600.0


class NotifySink(Sink):
    """Sink that delivers alerts to channels. A slow or unreachable channel does not delay others."""

    group = "notify"
    topics = (topics.ALERTS,)

    def __init__(
        self, log: Log, state_file: str, batch_size: int, channels: Mapping[str, Deliver] | None = None
    ) -> None:
        super().__init__(log, batch_size)
        self._channels = {CONSOLE: print_notice} | dict(channels or {})
        log.ensure_topics((topics.MARKS,))
        self._tail = log.tail(topics.MARKS, dict.fromkeys(range(topics.MARKS.partitions), 0))
        self._marks: dict[str, MarkKind] = {}
        self._outbox = Outbox(state_file, log.namespace)
        self._named = set(self._outbox.channels())
        self._senders: dict[str, Sender] = {}
        self._prune_at = 0.0
        self._clock = SetBack()

    @property
    def is_busy(self) -> bool:
        """Return whether deliveries are in progress."""
        return any(sender.running for sender in self._senders.values())

    def handle(self, batch: Batch) -> None:
        """Queue the alerts in the outbox."""
        self._look_around()
        with self._outbox.transaction():
            batch.each(self._take_alert)

    def housekeep(self, seconds: float) -> None:
        """Deliver due notifications."""
        self._look_around()
        self.deliver(seconds)
        self._prune()
        metrics.NOTICES_WAITING.set(self._outbox.waiting())

    def _look_around(self) -> None:
        """Read the latest marks, and check the clock."""
        self.insist(self._read_marks)
        self._mend_times(datetime.now(UTC))

    def _mend_times(self, now: datetime) -> None:
        """Correct due times at the start and after the clock was set back."""
        if self._clock.look(now) and (count := self._outbox.mend(now)):
            logger.warning(
                "%d notifications were due far in the future (a clock was ahead); delivering them now", count
            )

    def _read_marks(self) -> None:
        for message in self._tail.poll(0):
            of, _, ident = message.key.partition("/")
            if of != MARKED[MarkKind.MUTE]:
                continue
            try:
                self._marks[ident] = decoded(message, Mark).mark
            except ContractError:
                self._marks.pop(ident, None)

    def _take_alert(self, _: Message, alert: Record | None) -> None:
        if not isinstance(alert, Alert):
            return
        with self._outbox.savepoint():
            taken = self._outbox.take(alert, datetime.now(UTC), self._marks)
        if taken is not None and taken.why:
            metrics.ALERTS_PUT_OFF.labels(taken.why).inc()
        self._named.update(alert.notify)
        for name in alert.notify:
            if sender := self._senders.get(name):
                sender.wake()

    def _prune(self) -> None:
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + PRUNE_SECONDS
            self._outbox.prune(datetime.now(UTC))

    def deliver(self, seconds: float) -> None:
        """Deliver due notifications on all channels; return when none is in progress, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            self._collect()
            for name in self._named:
                self._start(name)
            running = [future for sender in self._senders.values() for future in sender.running]
            left = deadline - time.monotonic()
            if not running or left <= 0:
                return
            wait(running, left, FIRST_COMPLETED)

    def _start(self, name: str) -> None:
        sender = self._senders.get(name) or self._opened(name)
        room = sender.room()
        if room:
            now = datetime.now(UTC)
            sender.start(self._outbox.deliveries(now, name, sender.busy, room, sender.worked_at))

    def _opened(self, name: str) -> Sender:
        deliver = self._channels.get(name)
        if deliver is None:
            logger.warning("channel %s removed from rules; its notifications go to the console", name)
            deliver = self._channels[CONSOLE]
        most = MOST_AT_ONCE if deliver is not self._channels[CONSOLE] else 1
        return self._senders.setdefault(name, Sender(name, deliver, most))

    def _collect(self) -> None:
        for name, sender in self._senders.items():
            for delivery, error, is_back in sender.finished():
                self._finish(delivery, error)
                if is_back:
                    self._outbox.hurry(name, datetime.now(UTC))

    def _finish(self, delivery: Delivery, error: BaseException | None) -> None:
        notice, now = delivery.notice, datetime.now(UTC)
        with self._outbox.transaction():
            if error is None:
                self._outbox.delivered(delivery)
            else:
                retry = self._outbox.failed(delivery, now, str(error))
        if error is not None:
            metrics.DELIVERIES.labels("failed").inc()
            logger.warning("%s; retrying in %.0f s", error, retry)
            return
        metrics.DELIVERIES.labels("delivered").inc()
        metrics.ALERTS.inc(len(notice.alerts))
        for alert in notice.alerts:
            metrics.ALERTED_SECONDS.observe((now - alert.fetched_at).total_seconds())

    def close(self) -> None:
        """Wait for deliveries in progress, leave the group and close the state file."""
        for sender in self._senders.values():
            sender.close()
        self._collect()
        self._tail.close()
        super().close()
        self._outbox.close()
