"""The notification sink: alerts to people, when their policy says so, each one taken once and kept until it is delivered."""

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from claimwire import metrics, topics
from claimwire.channels import CONSOLE
from claimwire.errors import ContractError
from claimwire.ledger import dead_letters_of
from claimwire.log import Log, Message
from claimwire.marks import MARKED, Mark, MarkKind
from claimwire.records import Alert, decode
from claimwire.watchdog import WatchedConsumer
from sinks.channels import Deliver, print_notice
from sinks.loop import insist, run_until
from sinks.outbox import Delivery, Outbox

logger = logging.getLogger(__name__)
STAGE = "notify"


class NotifySink:
    """One member of the group `notify`. A channel that is slow or away holds up nobody but itself."""

    def __init__(
        self, log: Log, state_file: str, batch_size: int, channels: Mapping[str, Deliver] | None = None
    ) -> None:
        self._log, self._batch = log, batch_size
        self._channels = {CONSOLE: print_notice} | dict(channels or {})
        self._consumer = WatchedConsumer(log, STAGE, (topics.ALERTS,))
        self.work = self._consumer.work
        log.ensure_topics((topics.MARKS,))
        self._tail = log.tail(topics.MARKS, dict.fromkeys(range(topics.MARKS.partitions), 0))
        self._marks: dict[str, MarkKind] = {}
        self._outbox = Outbox(state_file, log.namespace)
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._running: dict[str, tuple[Delivery, Future[None]]] = {}

    def step(self, timeout: float, stop: threading.Event | None = None) -> int:
        """Take one batch of alerts, deliver what is due, commit. Returns the number of records taken."""
        batch = self._consumer.poll(self._batch, timeout)
        if not insist(self._read_marks, stop):
            return 0
        letters: list[Message] = []
        with self._outbox.transaction():
            for message in batch:
                if message.value is None:
                    continue
                try:
                    self._take(decode(message.value, Alert))
                except ContractError as error:
                    letters += dead_letters_of(message, STAGE, str(error), datetime.now(UTC), has_article=False)
        self.deliver()
        metrics.NOTICES_WAITING.set(self._outbox.waiting())
        if not insist(lambda: self._log.publish(letters), stop):
            return 0
        if batch:
            self._consumer.commit({(m.topic, m.partition): m.offset + 1 for m in batch})
        return len(batch)

    def _read_marks(self) -> None:
        for message in self._tail.poll(0):
            of, _, ident = message.key.partition("/")
            if of != MARKED[MarkKind.MUTE]:
                continue
            try:
                self._marks[ident] = decode(message.value, Mark).mark
            except ContractError:
                self._marks.pop(ident, None)

    def _take(self, alert: Alert) -> None:
        taken = self._outbox.take(alert, datetime.now(UTC), self._marks)
        if taken is not None and taken.why:
            metrics.ALERTS_PUT_OFF.labels(taken.why).inc()

    def deliver(self) -> None:
        """Deliver what is due: to the console at once, to other channels each in a thread of its own."""
        self._collect()
        while due := self._outbox.deliveries(datetime.now(UTC), frozenset(self._running)):
            for delivery in due:
                channel = delivery.notice.channel
                if channel in self._running:
                    continue
                deliver = self._channels.get(channel)
                if deliver is None:
                    logger.warning("channel %s: the rules name it no more; told on the console", channel)
                    self._finish(delivery, _tried(self._channels[CONSOLE], delivery))
                elif channel == CONSOLE:
                    self._finish(delivery, _tried(deliver, delivery))
                else:
                    pool = self._pools.setdefault(channel, ThreadPoolExecutor(1, f"channel {channel}"))
                    self._running[channel] = (delivery, pool.submit(deliver, delivery.notice))

    def _collect(self) -> None:
        for channel, (delivery, future) in list(self._running.items()):
            if future.done():
                del self._running[channel]
                self._finish(delivery, future.exception())

    def _finish(self, delivery: Delivery, error: BaseException | None) -> None:
        notice, now = delivery.notice, datetime.now(UTC)
        with self._outbox.transaction():
            if error is None:
                self._outbox.delivered(delivery)
            else:
                wait = self._outbox.failed(delivery, now, str(error))
        if error is not None:
            metrics.DELIVERIES.labels("failed").inc()
            logger.warning("%s; tried again in %.0f s", error, wait)
            return
        metrics.DELIVERIES.labels("delivered").inc()
        metrics.ALERTS.inc(len(notice.alerts))
        for alert in notice.alerts:
            metrics.ALERTED_SECONDS.observe((now - alert.fetched_at).total_seconds())

    def run(self, stop: threading.Event) -> None:
        """Run until `stop`; a broker that is away is waited for."""
        run_until(stop, lambda: self.step(0.5, stop))
        self.close()

    def close(self) -> None:
        """Wait for what is being delivered, leave the group and close the state file."""
        for pool in self._pools.values():
            pool.shutdown(wait=True)
        self._collect()
        self._tail.close()
        self._consumer.close()
        self._outbox.close()


def _tried(deliver: Deliver, delivery: Delivery) -> Exception | None:
    try:
        deliver(delivery.notice)
    except Exception as error:
        return error
    return None
