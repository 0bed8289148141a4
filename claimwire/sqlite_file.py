"""A SQLite file that several threads and processes write, and that its owner alone can read."""

import sqlite3
import time
from pathlib import Path

from claimwire.private_files import make_private

WAIT_SECONDS = 30.0


def connect(path: str | Path) -> sqlite3.Connection:
    """A connection in WAL mode without transactions of its own. Raises sqlite3.Error.

    SQLite waits for a lock, but not for the one under which a new file gets its mode: of two processes that make it at once,
    one gets "database is locked" (sqlite.org/wal.html, section 9).
    """
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    # Not opened by us for that: closing a file drops the locks that SQLite holds on it (sqlite.org/howtocorrupt.html, 2.2). The
    # files beside it (-wal, -shm) are made with its mode.
    for suffix in ("", "-wal", "-shm"):
        make_private(Path(f"{path}{suffix}"))
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                connection.close()
                raise
            time.sleep(0.02)
        else:
            connection.execute("PRAGMA synchronous = NORMAL")
            return connection
