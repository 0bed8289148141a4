"""Deliveries on one channel: concurrent, on threads of its own; one at a time while the channel fails."""

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from sinks.notify.channels import Deliver
from sinks.notify.outbox import Delivery

# Seconds until a channel is checked again without a wake-up, and after a failure.
PAUSE_SECONDS = 0.5
# After this many consecutive failures a success means that the channel works again.
AWAY = 5


class Sender:
    """Delivers to one channel, at most `most` notifications at once. Not thread-safe.

    A failure reduces this to one at a time and each success doubles it (an additive increase would take minutes for a
    burst), so that an overloaded receiver gets less and an unreachable one gets single attempts.
    """

    def __init__(self, channel: str, deliver: Deliver, most: int) -> None:
        self._deliver, self._most, self._width = deliver, most, most
        self._pool = ThreadPoolExecutor(most, f"channel {channel}")
        self._running: dict[Future[None], Delivery] = {}
        self._failures, self._look_at = 0, 0.0
        self.worked_at = 0.0

    @property
    def running(self) -> Iterable[Future[None]]:
        """Return the deliveries in progress."""
        return self._running

    @property
    def busy(self) -> frozenset[int]:
        """Return the rows of the notifications in progress."""
        return frozenset(delivery.row for delivery in self._running.values())

    def room(self) -> int:
        """Return the number of further notifications that can start now."""
        return max(0, self._width - len(self._running)) if time.monotonic() >= self._look_at else 0

    def wake(self) -> None:
        """Check for due notifications at once, unless the channel fails."""
        if not self._failures:
            self._look_at = 0.0

    def start(self, deliveries: list[Delivery]) -> None:
        """Start deliveries; if there are fewer than room for, the next check is later."""
        if len(deliveries) < self.room():
            self._look_at = time.monotonic() + PAUSE_SECONDS
        for delivery in deliveries:
            self._running[self._pool.submit(self._deliver, delivery.notice)] = delivery

    def finished(self) -> list[tuple[Delivery, BaseException | None, bool]]:
        """Yield finished deliveries with their error, and whether they show that the channel works again."""
        ended = [future for future in self._running if future.done()]
        return [self._ended(self._running.pop(future), future.exception()) for future in ended]

    def _ended(self, delivery: Delivery, error: BaseException | None) -> tuple[Delivery, BaseException | None, bool]:
        if error is not None:
            self._failures, self._width = self._failures + 1, 1
            self._look_at = time.monotonic() + PAUSE_SECONDS
            return delivery, error, False
        is_back = self._failures >= AWAY
        self._failures, self._width, self.worked_at = 0, min(self._most, 2 * self._width), time.time()
        self._look_at = 0.0
        return delivery, None, is_back

    def close(self) -> None:
        """Wait for the deliveries in progress."""
        self._pool.shutdown(wait=True)
