"""The ledger folded into a SQLite file: bounded memory for any number of revisions, and only new lines are read.

The result is that of `claimwire.ledger.fold`.
"""

import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from claimwire import topics
from claimwire.ids import number_of
from claimwire.ledger import line_of
from claimwire.log import Log, Message
from claimwire.records.base import decode
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import UNKNOWN, OutcomeState
from claimwire.runtime.private_files import private_folder

COLUMNS = ("indexed", "duplicate", "same_text", "rejected", "dead_lettered", "forgotten", "opened", UNKNOWN)
# States with many lines that are never shown one by one: only the columns are kept.
COUNTED_ONLY = (OutcomeState.INDEXED, OutcomeState.DUPLICATE, OutcomeState.SAME_TEXT)
BATCH = 10_000
DAY_SECONDS = 86_400
Row = tuple[int, str, float, str | None, str | None, str, int, bytes | None]
SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000; PRAGMA temp_store = FILE;
CREATE TABLE lines(id INTEGER PRIMARY KEY, state TEXT NOT NULL, at REAL NOT NULL, source TEXT,
  reason TEXT, stage TEXT NOT NULL, seen INTEGER NOT NULL, line BLOB);
"""
FOLD = """
INSERT INTO lines VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
  state = excluded.state, at = excluded.at, source = coalesce(excluded.source, source),
  reason = excluded.reason, stage = excluded.stage, line = excluded.line
WHERE excluded.state <> 'opened'
"""
COUNT = f"""
SELECT cast(at / {DAY_SECONDS} AS INTEGER), coalesce(source, '?'), state, CASE state WHEN 'rejected' THEN reason END, count(*)
FROM lines WHERE state <> 'maybe_lost' GROUP BY 1, 2, 3, 4
"""


class Cell(NamedTuple):
    """Number of `revisions` by day (since 1970), source and state, and by reason for rejected ones."""

    day: int
    source: str
    state: str
    reason: str | None
    revisions: int


class Ledger:
    """Outcome of each revision. `folder` is for its file, which is unlinked and disappears with the process.

    Thread-safe.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._positions: dict[int, int] = {}
        self._cells: list[Cell] | None = None
        self.db = self._emptied()

    @classmethod
    def read(cls, log: Log, folder: str | Path) -> "Ledger":
        """Read the current ledger of a log. Raises UnreachableError."""
        ledger = cls(folder)
        ledger.update(log)
        return ledger

    def _emptied(self) -> sqlite3.Connection:
        try:
            private_folder(Path(self._folder))
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix="ledger-") as file:
                # Unlinked while open, so that nothing is left behind, even after SIGKILL.
                db = sqlite3.connect(file.name, isolation_level=None, check_same_thread=False)
                db.executescript(SCHEMA)
        except (OSError, sqlite3.Error):
            # The folder is not writable: use SQLite's folder for temporary files.
            db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            db.executescript(SCHEMA)
        return db

    def update(self, log: Log) -> None:
        """Fold new lines since the last call. Raises UnreachableError."""
        topic = topics.OUTCOMES
        with self._lock:
            ends = log.ends(topic)
            if any(ends[partition] < position for partition, position in self._positions.items()):
                # The topic was recreated.
                self.db.close()
                self.db, self._positions = self._emptied(), {}
            for partition, end in ends.items():
                start = self._positions.get(partition, 0)
                if start < end:
                    self.fold(log.read(topic, partition, start, end))
                    self._positions[partition] = end

    def fold(self, messages: Iterable[Message]) -> None:
        """Fold these lines, in order."""
        rows = filter(None, map(_row, messages))
        with self._lock:
            self._cells = None
            while batch := list(islice(rows, BATCH)):
                # In key order, each page of the file is written once. The sort is stable, so lines of a key keep their
                # order.
                batch.sort(key=itemgetter(0))
                self.db.execute("BEGIN")
                self.db.executemany(FOLD, batch)
                self.db.execute("COMMIT")

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._lock:
            return self.db.execute(query, values).fetchall()

    def cells(self) -> list[Cell]:
        """Count all revisions in one pass."""
        with self._lock:
            if self._cells is None:
                self._cells = [Cell(*row) for row in self.db.execute(COUNT)]
            return self._cells

    def counts(self) -> Counter[str]:
        """Return revisions by state; `opened` are still in flight."""
        found: Counter[str] = Counter()
        for cell in self.cells():
            found[cell.state] += cell.revisions
        return found

    def reasons(self) -> dict[str, int]:
        """Return rejected revisions by reason, the most frequent first."""
        found: Counter[str] = Counter()
        for cell in self.cells():
            if cell.state == OutcomeState.REJECTED:
                found[cell.reason or ""] += cell.revisions
        return dict(found.most_common())

    def sums(self) -> list[dict[str, Any]]:
        """Return a row for each day and source: `revisions`, and their states."""
        found: dict[tuple[str, str], Counter[str]] = {}
        for cell in self.cells():
            found.setdefault((day_of(cell.day), cell.source), Counter())[cell.state] += cell.revisions
        return [
            {"day": day, "source": source, "revisions": counted.total()} | {name: counted[name] for name in COLUMNS}
            for (day, source), counted in sorted(found.items())
        ]

    def newest(self, state: OutcomeState, count: int) -> list[Outcome]:
        """Return the newest lines of a state that is not COUNTED_ONLY, the newest first."""
        rows = self._rows("SELECT line FROM lines WHERE state = ? ORDER BY at DESC LIMIT ?", state.value, count)
        return [decode(line, Outcome) for (line,) in rows]

    def opened(self, before: datetime) -> list[Outcome]:
        """Return the revisions opened before a time that have not ended, the oldest first."""
        limit = int(before.timestamp() * 1000)
        rows = self._rows("SELECT line FROM lines WHERE state = 'opened' AND seen < ? ORDER BY seen", limit)
        return [decode(line, Outcome) for (line,) in rows]

    def open_letters(self, discarded: str) -> int:
        """Count revisions that ended as dead letters, without those whose reason begins with `discarded`."""
        query = "SELECT count(*) FROM lines WHERE state = 'dead_lettered' AND substr(coalesce(reason, ''), 1, ?) <> ?"
        found: int = self._rows(query, len(discarded), discarded)[0][0]
        return found

    def close(self) -> None:
        """Remove the file."""
        with self._lock:
            self.db.close()


def day_of(number: int) -> str:
    """Return the date of a day counted from 1970."""
    return datetime.fromtimestamp(number * DAY_SECONDS, UTC).date().isoformat()


def _row(message: Message) -> Row | None:
    line = line_of(message)
    if line is None:
        return None
    kept = None if line.state in COUNTED_ONLY else message.value
    return (
        number_of(f"{line.article_id}/{line.revision_id}"), line.state.label, line.at.timestamp(), line.source,
        line.reason, line.stage, message.timestamp_ms, kept,
    )  # fmt: skip
