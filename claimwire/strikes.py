"""Attempts of records that stopped a child, kept over restarts of the process, and hosts whose pages are late."""

import sqlite3
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from pathlib import Path

from claimwire.private_files import make_private, private_folder

# A process that dies of a record is started again within minutes; a later replay begins anew.
KEPT_SECONDS = 3600.0
STRIKES, STRUCK_SECONDS, MOST_HOSTS = 3, 600.0, 1_000


class Attempts:
    """How often a record stopped a child, in a small file; kept for KEPT_SECONDS. Used from several threads."""

    def __init__(self, path: Path | None, now: Callable[[], float] = time.time) -> None:
        if path is not None:
            private_folder(path.parent)
        self._now, self._lock = now, threading.Lock()
        self._db = sqlite3.connect(path or ":memory:", timeout=10, isolation_level=None, check_same_thread=False)
        if path is not None:
            make_private(path)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS attempts (name TEXT PRIMARY KEY, count INTEGER, at REAL) WITHOUT ROWID"
        )
        self._db.execute("DELETE FROM attempts WHERE at < ?", (now() - KEPT_SECONDS,))
        self._known = {name for (name,) in self._db.execute("SELECT name FROM attempts")}

    def of(self, name: str) -> int:
        """Attempts of a record that did not end, or ended badly."""
        with self._lock:
            if name not in self._known:
                return 0
            row = self._db.execute(
                "SELECT count FROM attempts WHERE name = ? AND at >= ?", (name, self._now() - KEPT_SECONDS)
            ).fetchone()
        return int(row[0]) if row else 0

    def add(self, name: str) -> None:
        """Note an attempt."""
        with self._lock:
            self._known.add(name)
            self._db.execute(
                "INSERT INTO attempts VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE SET count = count + 1, at = excluded.at",
                (name, self._now()),
            )
            if len(self._known) > MOST_HOSTS:
                self._db.execute("DELETE FROM attempts WHERE at < ?", (self._now() - KEPT_SECONDS,))
                self._known = {name for (name,) in self._db.execute("SELECT name FROM attempts")}

    def clear(self, name: str) -> None:
        """The record ended well."""
        with self._lock:
            self._known.discard(name)
            self._db.execute("DELETE FROM attempts WHERE name = ?", (name,))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Breaker:
    """Open for a host with STRIKES late pages within STRUCK_SECONDS. The least recent of over MOST_HOSTS are dropped."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._lock = now, threading.Lock()
        self._struck: OrderedDict[str, deque[float]] = OrderedDict()

    def strike(self, host: str) -> None:
        """Note a page of a host that was late or stopped a child."""
        if not host:
            return
        with self._lock:
            self._struck.setdefault(host, deque(maxlen=STRIKES)).append(self._now())
            self._struck.move_to_end(host)
            if len(self._struck) > MOST_HOSTS:
                self._struck.popitem(last=False)

    def is_open(self, host: Callable[[], str]) -> bool:
        """Return whether a host's next page is read with care; `host` is not asked for while nobody was struck."""
        if not self._struck:
            return False
        with self._lock:
            times = self._struck.get(host())
            return times is not None and len(times) == STRIKES and self._now() - times[0] < STRUCK_SECONDS
