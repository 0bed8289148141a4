"""Liveness of the parts that run in this process: for /healthz, probes and a gauge."""

import time
from collections.abc import Callable, Iterable
from functools import partial

from claimwire.runtime import metrics


class Liveness:
    """Liveness of parts. A part is alive if it has started and gave its last sign of life less than `seconds` ago."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._signs: dict[str, Callable[[], float] | None] = {}

    def expect(self, parts: Iterable[str]) -> None:
        """Register the parts that this process will run."""
        for part in parts:
            self._signs.setdefault(part, None)
            metrics.PART_ALIVE.labels(part).set_function(partial(self._is_alive, part))

    def add(self, part: str, sign: Callable[[], float]) -> None:
        """Register a started part; `sign` returns the monotonic time of its last sign of life."""
        self.expect([part])
        self._signs[part] = sign

    def _is_alive(self, part: str) -> bool:
        sign = self._signs[part]
        return sign is not None and time.monotonic() - sign() <= self._seconds

    def problems(self) -> list[str]:
        """Return a line for each part that is not alive."""
        found = []
        for part, sign in list(self._signs.items()):
            if sign is None:
                found.append(f"{part}: has not started yet")
            elif not self._is_alive(part):
                found.append(f"{part}: no sign of life for {time.monotonic() - sign():.0f} s")
        return found
