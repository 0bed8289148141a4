"""Durable counts of records that killed a child process, and a circuit breaker for hosts with slow pages."""

import sqlite3
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from pathlib import Path

from claimwire.runtime.private_files import make_private, private_folder

# A process that a record kills is restarted within minutes; a later replay starts from zero.
KEPT_SECONDS = 3600.0
STRIKES, STRUCK_SECONDS, MOST_HOSTS = 3, 600.0, 1_000


class Attempts:
    """Failed attempts of each record, in a small SQLite file, kept for KEPT_SECONDS. Thread-safe."""

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
        """Return the number of failed attempts of a record."""
        with self._lock:
            if name not in self._known:
                return 0
            row = self._db.execute(
                "SELECT count FROM attempts WHERE name = ? AND at >= ?", (name, self._now() - KEPT_SECONDS)
            ).fetchone()
        return int(row[0]) if row else 0

    def add(self, name: str) -> None:
        """Count a failed or long attempt."""
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
        """Remove the attempts of a record that succeeded."""
        with self._lock:
            self._known.discard(name)
            self._db.execute("DELETE FROM attempts WHERE name = ?", (name,))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Breaker:
    """Circuit breaker, open for a host with STRIKES slow pages within STRUCK_SECONDS.

    Keeps at most MOST_HOSTS hosts.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._lock = now, threading.Lock()
        self._struck: OrderedDict[str, deque[float]] = OrderedDict()

    def strike(self, host: str) -> None:
        """Count a page of a host that timed out or killed a child."""
        if not host:
            return
        with self._lock:
            self._struck.setdefault(host, deque(maxlen=STRIKES)).append(self._now())
            self._struck.move_to_end(host)
            if len(self._struck) > MOST_HOSTS:
                self._struck.popitem(last=False)

    def is_open(self, host: Callable[[], str]) -> bool:
        """Return whether a host's next page uses the fallback; `host` is not called while no host has strikes."""
        if not self._struck:
            return False
        with self._lock:
            times = self._struck.get(host())
            return times is not None and len(times) == STRIKES and self._now() - times[0] < STRUCK_SECONDS
