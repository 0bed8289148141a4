"""Queue of due rows of a table: a heap, so that a tick costs time for due rows only."""

import heapq
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Generic, TypeVar

from claimwire.ids import host_of
from claimwire.log.table import Table
from claimwire.records.feeds import Feed, Page
from claimwire.runtime.clock import SetBack

R = TypeVar("R", Feed, Page)
logger = logging.getLogger(__name__)


class Due(Generic[R]):
    """Queue of due rows. `when` returns a row's due time, or None.

    At most `inflight` rows of a host are in progress, so that a slow host does not block others. `mend` corrects times
    written while the clock was ahead.
    """

    def __init__(
        self,
        table: Table[R],
        inflight: int,
        when: Callable[[R], datetime | None],
        mend: Callable[[R, datetime], R] = lambda row, _: row,
    ) -> None:
        self._table: Table[R] = table
        self._mend: Callable[[R, datetime], R] = mend
        self._clock = SetBack()
        self._when: Callable[[R], datetime | None] = when
        self._inflight = inflight
        self._heap: list[tuple[datetime, str]] = []
        self._waiting: dict[str, deque[tuple[datetime, str]]] = {}
        self._held: list[tuple[datetime, str]] = []

    def take(self, now: datetime, busy: Collection[str], free: int) -> Iterator[tuple[str, R]]:
        """Return at most `free` due rows, the longest due first."""
        for place in self._held:
            heapq.heappush(self._heap, place)
        self._held.clear()
        for key, changed in self._changed(now):
            when = self._when(changed)
            if when is not None:
                heapq.heappush(self._heap, (when, key))
        hosts = Counter(host_of(self._table.rows[key].url) for key in busy if key in self._table.rows)
        for place in self._candidates(now, hosts):
            if free <= 0:
                heapq.heappush(self._heap, place)
                return
            row = self._current(place)
            if row is None:
                continue
            if place[1] in busy:
                # Its previous turn is still publishing, although the row is already written and due.
                self._held.append(place)
                continue
            host = host_of(row.url)
            if hosts[host] >= self._inflight:
                self._waiting.setdefault(host, deque()).append(place)
                continue
            hosts[host] += 1
            free -= 1
            yield place[1], row

    def _changed(self, now: datetime) -> Iterator[tuple[str, R]]:
        """Return the rows to place in the heap: changed ones, or all if the clock was set back."""
        keys, mended = self._table.take_changed(), 0
        if self._clock.look(now):
            keys |= self._table.rows.keys()
            self._heap.clear()
            self._waiting.clear()
        for key in keys:
            row = self._table.rows.get(key)
            if row is None:
                continue
            right = self._mend(row, now)
            if right is not row:
                self._table.rows[key], mended = right, mended + 1
            yield key, right
        if mended:
            logger.warning("%d rows had times in the future (a clock was ahead); corrected", mended)

    def _candidates(self, now: datetime, hosts: Counter[str]) -> Iterator[tuple[datetime, str]]:
        """Yield rows that waited for their hosts, then due rows."""
        for host in [h for h in self._waiting if hosts[h] < self._inflight]:
            waiting = self._waiting[host]
            while waiting and hosts[host] < self._inflight:
                yield waiting.popleft()
            if not waiting:
                del self._waiting[host]
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)

    def _current(self, place: tuple[datetime, str]) -> R | None:
        """Return the row of a heap entry, unless it has changed since."""
        row = self._table.rows.get(place[1])
        return row if row is not None and self._when(row) == place[0] else None
