"""One channel's deliveries: several notices at once, on threads of its own, and one at a time while the channel fails."""

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from sinks.notify.channels import Deliver
from sinks.notify.outbox import Delivery

# Seconds until a channel is looked at again where nothing says that it has more to take, and after a failure.
PAUSE_SECONDS = 0.5
# After so many failures in a row a success means that the channel is back.
AWAY = 5


class Sender:
    """Delivers to one channel, at most `most` notices at once. Use from one thread.

    A failure narrows it to one at a time, each success doubles that (additive increase would take minutes for a burst): a
    receiver that is overloaded gets less, and one that is away is asked by one notice at a time.
    """

    def __init__(self, channel: str, deliver: Deliver, most: int) -> None:
        self._deliver, self._most, self._width = deliver, most, most
        self._pool = ThreadPoolExecutor(most, f"channel {channel}")
        self._running: dict[Future[None], Delivery] = {}
        self._failures, self._look_at = 0, 0.0
        self.worked_at = 0.0

    @property
    def running(self) -> Iterable[Future[None]]:
        """The deliveries under way."""
        return self._running

    @property
    def busy(self) -> frozenset[int]:
        """The rows of the notices under way."""
        return frozenset(delivery.row for delivery in self._running.values())

    def room(self) -> int:
        """How many more notices it takes now."""
        return max(0, self._width - len(self._running)) if time.monotonic() >= self._look_at else 0

    def wake(self) -> None:
        """Look at once for what is due, unless the channel fails."""
        if not self._failures:
            self._look_at = 0.0

    def start(self, deliveries: list[Delivery]) -> None:
        """Begin to deliver; where there was less than room for, the next look is later."""
        if len(deliveries) < self.room():
            self._look_at = time.monotonic() + PAUSE_SECONDS
        for delivery in deliveries:
            self._running[self._pool.submit(self._deliver, delivery.notice)] = delivery

    def finished(self) -> list[tuple[Delivery, BaseException | None, bool]]:
        """The deliveries that ended, each with its error, and whether it shows that the channel is back."""
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
        """Wait for the deliveries under way."""
        self._pool.shutdown(wait=True)
