"""Outages of servers, logged once a minute by each process and once at the end.

Without it each client repeats its lines many times a second, and each loop, feed and watchdog adds one.
"""

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)
LINE_SECONDS = 60.0


class Outage:
    """Outage state of one server in this process. Thread-safe."""

    def __init__(self, server: str, now: Callable[[], float] = time.monotonic) -> None:
        self._server, self._now = server, now
        self._lock = threading.Lock()
        self._since: float | None = None
        self._logged_at = -LINE_SECONDS
        self._left_out = 0

    def note(self) -> int | None:
        """Return the number of lines suppressed before this one, or None to suppress it too."""
        with self._lock:
            now = self._now()
            if now - self._logged_at < LINE_SECONDS:
                self._left_out += 1
                return None
            if self._since is None:
                self._since, self._left_out = now, 0
            count, self._left_out, self._logged_at = self._left_out, 0, now
            return count

    def end(self) -> None:
        """Note that the server answers."""
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            logger.warning("the %s answers again, after %.0f s", self._server, self._now() - since)


BROKER, STORE = Outage("broker"), Outage("store")
