"""Opening of SQLite files that several threads and processes write, readable by their owner only."""

import sqlite3
import time
from pathlib import Path

from claimwire.runtime.private_files import make_private

WAIT_SECONDS = 30.0


def connect(path: str | Path) -> sqlite3.Connection:
    """Return a connection in WAL mode and autocommit. Raises sqlite3.Error.

    The busy timeout does not cover the switch of a new file to WAL: of two processes that create it at once, one may
    get "database is locked" (sqlite.org/wal.html, section 9).
    """
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    # Never open the file ourselves: closing it drops the locks that SQLite holds on it (sqlite.org/howtocorrupt.html,
    # 2.2). The files beside it (-wal, -shm) are made with its mode.
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
