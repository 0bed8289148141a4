"""Rate limits for each host (requests in flight, minimum interval), shared by all processes of the machine."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from claimwire.config.settings import Settings
from claimwire.errors import ConfigError
from claimwire.ids import host_of
from claimwire.runtime.private_files import private_folder
from claimwire.runtime.sqlite_file import connect

FILE = "pacing.db"
LONGEST_DELAY = 60.0
# A later start was booked while the clock was ahead.
FURTHEST = 3600.0
RETRY_SECONDS = 0.02
SCHEMA = """
CREATE TABLE IF NOT EXISTS hosts(host TEXT PRIMARY KEY, next REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slots(id INTEGER PRIMARY KEY, host TEXT NOT NULL, until REAL NOT NULL);
CREATE INDEX IF NOT EXISTS slots_of_host ON slots(host);
"""


class Hosts:
    """Request slots of hosts, in a file of the data folder that all producers of this machine share.

    The slots of a killed process expire at the time limit of its fetch. Raises ConfigError if the folder is not
    writable.
    """

    def __init__(self, settings: Settings) -> None:
        self._interval, self._inflight = settings.host_interval, settings.host_inflight
        self._lease = settings.fetch_timeout + 1.0
        try:
            self._db = _opened(Path(settings.data_dir))
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"data_dir: {settings.data_dir} cannot be written: {error}") from None
        self._db.execute("DELETE FROM hosts WHERE next < ?", (time.time() - FURTHEST,))
        self._db.execute("DELETE FROM slots WHERE until NOT BETWEEN ? AND ?", _span(time.time()))

    @asynccontextmanager
    async def turn(self, url: str, delay: float = 0.0) -> AsyncIterator[None]:
        """Wait for a slot of the URL's host; `delay` is its robots.txt crawl delay in seconds."""
        host = host_of(url)
        while (booked := self._book(host, max(self._interval, min(delay, LONGEST_DELAY)))) is None:
            await asyncio.sleep(RETRY_SECONDS)
        slot, wait = booked
        try:
            await asyncio.sleep(wait)
            yield
        finally:
            self._db.execute("DELETE FROM slots WHERE id = ?", (slot,))

    def _book(self, host: str, interval: float) -> tuple[int, float] | None:
        """Return a slot and the seconds to wait for it; None if all are taken."""
        now = time.time()
        self._db.execute("BEGIN IMMEDIATE")
        try:
            taken = "SELECT count(*) FROM slots WHERE host = ? AND until BETWEEN ? AND ?"
            if self._db.execute(taken, (host, *_span(now))).fetchone()[0] >= self._inflight:
                return None
            row = self._db.execute("SELECT next FROM hosts WHERE host = ?", (host,)).fetchone()
            start = row[0] if row and now < row[0] < now + FURTHEST else now
            self._db.execute("INSERT OR REPLACE INTO hosts VALUES(?, ?)", (host, start + interval))
            row = (host, start + self._lease)
            slot = self._db.execute("INSERT INTO slots(host, until) VALUES(?, ?) RETURNING id", row).fetchone()[0]
        finally:
            self._db.execute("COMMIT")
        return slot, start - now

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _span(now: float) -> tuple[float, float]:
    """Return the range of valid expiry times; a slot written while the clock was ahead expires later."""
    return now, now + FURTHEST


def _opened(folder: Path) -> sqlite3.Connection:
    private_folder(folder)
    db = connect(folder / FILE)
    # A power cut loses at most a second of rate limiting.
    db.execute("PRAGMA synchronous = OFF")
    db.executescript(SCHEMA)
    return db
