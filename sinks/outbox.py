"""What is to be told, and when: alerts wait here for their policy and their channels, in a file that outlives the process.

An alert is taken once, whatever happens to the process; its notice is tried until the channel has it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from claimwire.ids import digest
from claimwire.marks import MarkKind
from claimwire.policy import due
from claimwire.records import Alert, decode, encode
from claimwire.sqlite_file import connect
from sinks.notices import Notice

SCHEMA = """
CREATE TABLE IF NOT EXISTS sent(namespace TEXT, alert_id TEXT, at TEXT, PRIMARY KEY(namespace, alert_id));
CREATE TABLE IF NOT EXISTS notices(
  notice INTEGER PRIMARY KEY, namespace TEXT NOT NULL, grp TEXT NOT NULL, due REAL NOT NULL, alerts INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS notices_group ON notices(namespace, grp);
CREATE TABLE IF NOT EXISTS noticed(notice INTEGER, position INTEGER, alert BLOB, PRIMARY KEY(notice, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries(
  notice INTEGER, channel TEXT, attempts INTEGER NOT NULL, due REAL NOT NULL, error TEXT NOT NULL,
  PRIMARY KEY(notice, channel)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries(due);
CREATE TABLE IF NOT EXISTS told(namespace TEXT, grp TEXT, at REAL NOT NULL, PRIMARY KEY(namespace, grp)) WITHOUT ROWID;
"""
FIRST_RETRY, LONGEST_RETRY = 5.0, 3600.0
MUTED, TOGETHER = "muted", "told with another of its group"


@dataclass(frozen=True)
class Taken:
    """What became of an alert: when it is due; `why` it is not told at once, or not at all ("" where it is)."""

    due: datetime | None
    why: str


@dataclass(frozen=True)
class Delivery:
    """A notice that a channel is to have now, and how often it was tried."""

    row: int
    notice: Notice
    attempts: int


class Outbox:
    """The queue of one namespace in `file` (":memory:" for a trial). Use from one thread."""

    def __init__(self, file: str, namespace: str) -> None:
        if file != ":memory:":
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        self._db, self._namespace = connect(file), namespace
        self._db.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done inside is kept, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def take(self, alert: Alert, now: datetime, marks: Mapping[str, MarkKind]) -> Taken | None:
        """Queue an alert; None where it was taken before. `marks` by story: of a muted one nothing is told, of a followed
        one everything at once."""
        row = "INSERT OR IGNORE INTO sent VALUES(?, ?, ?)"
        if not self._db.execute(row, (self._namespace, alert.alert_id, now.isoformat())).rowcount:
            return None
        mark = marks.get(alert.story_id)
        if mark is MarkKind.MUTE:
            return Taken(None, MUTED)
        if mark is MarkKind.FOLLOW:
            self._open(alert, f"followed/{alert.alert_id}", now)
            return Taken(now, "")
        policy = alert.policy
        group = f"{alert.rule}/" if policy.digest else f"{alert.rule}/{alert.group}"
        waiting = self._db.execute(
            "SELECT notice, due, alerts FROM notices WHERE namespace = ? AND grp = ? AND due > ?",
            (self._namespace, group, now.timestamp()),
        ).fetchone()
        if waiting:
            notice, at, count = waiting
            self._db.execute("UPDATE notices SET alerts = alerts + 1 WHERE notice = ?", (notice,))
            self._db.execute("INSERT INTO noticed VALUES(?, ?, ?)", (notice, count, encode(alert)))
            return Taken(datetime.fromtimestamp(at, UTC), TOGETHER)
        at, why = due(policy, now, self._told_at(group))
        self._open(alert, group, at)
        return Taken(at, why)

    def _open(self, alert: Alert, group: str, at: datetime) -> None:
        cursor = self._db.execute(
            "INSERT INTO notices(namespace, grp, due, alerts) VALUES(?, ?, ?, 1)",
            (self._namespace, group, at.timestamp()),
        )
        notice = cursor.lastrowid
        self._db.execute("INSERT INTO noticed VALUES(?, 0, ?)", (notice, encode(alert)))
        rows = [(notice, channel, 0, at.timestamp(), "") for channel in dict.fromkeys(alert.notify)]
        self._db.executemany("INSERT INTO deliveries VALUES(?, ?, ?, ?, ?)", rows)
        if alert.policy.at_most_every:
            self._db.execute("INSERT OR REPLACE INTO told VALUES(?, ?, ?)", (self._namespace, group, at.timestamp()))

    def _told_at(self, group: str) -> datetime | None:
        row = self._db.execute(
            "SELECT at FROM told WHERE namespace = ? AND grp = ?", (self._namespace, group)
        ).fetchone()
        return datetime.fromtimestamp(row[0], UTC) if row else None

    def deliveries(self, now: datetime, busy: frozenset[str] = frozenset(), limit: int = 100) -> list[Delivery]:
        """What is due, the oldest first, of each channel that is not busy."""
        free = f"d.channel NOT IN ({', '.join('?' * len(busy))})"
        rows = self._db.execute(
            "SELECT d.notice, d.channel, d.attempts FROM deliveries d JOIN notices n USING(notice)"
            f" WHERE n.namespace = ? AND d.due <= ? AND {free} ORDER BY d.due, d.notice LIMIT ?",
            (self._namespace, now.timestamp(), *busy, limit),
        ).fetchall()
        return [Delivery(row, self._notice(row, channel), attempts) for row, channel, attempts in rows]

    def next_due(self) -> datetime | None:
        """When something is due next; None where nothing waits."""
        found = self._db.execute(
            "SELECT min(d.due) FROM deliveries d JOIN notices n USING(notice) WHERE n.namespace = ?", (self._namespace,)
        ).fetchone()[0]
        return None if found is None else datetime.fromtimestamp(found, UTC)

    def _notice(self, row: int, channel: str) -> Notice:
        bodies = self._db.execute("SELECT alert FROM noticed WHERE notice = ? ORDER BY position", (row,)).fetchall()
        alerts = tuple(decode(body, Alert) for (body,) in bodies)
        first = alerts[0]
        return Notice(digest("notice", first.alert_id), channel, first.rule, first.severity, alerts)

    def delivered(self, delivery: Delivery) -> None:
        """A channel has it; what all have is forgotten."""
        key = (delivery.row, delivery.notice.channel)
        self._db.execute("DELETE FROM deliveries WHERE notice = ? AND channel = ?", key)
        if not self._db.execute("SELECT 1 FROM deliveries WHERE notice = ?", (delivery.row,)).fetchone():
            self._db.execute("DELETE FROM noticed WHERE notice = ?", (delivery.row,))
            self._db.execute("DELETE FROM notices WHERE notice = ?", (delivery.row,))

    def failed(self, delivery: Delivery, now: datetime, error: str) -> float:
        """It is tried again later, and later each time; in how many seconds."""
        wait = min(LONGEST_RETRY, FIRST_RETRY * 2.0**delivery.attempts)
        self._db.execute(
            "UPDATE deliveries SET attempts = attempts + 1, due = ?, error = ? WHERE notice = ? AND channel = ?",
            (now.timestamp() + wait, error[:500], delivery.row, delivery.notice.channel),
        )
        return wait

    def waiting(self) -> int:
        """Notices that some channel has not got."""
        rows = "SELECT count(DISTINCT notice) FROM deliveries JOIN notices USING(notice) WHERE namespace = ?"
        return int(self._db.execute(rows, (self._namespace,)).fetchone()[0])

    def failing(self) -> list[tuple[str, int, str]]:
        """(channel, notices that it did not take, the latest error) of each channel that failed and has not all."""
        return self._db.execute(
            "SELECT d.channel, count(*), max(d.error) FROM deliveries d JOIN notices n USING(notice)"
            " WHERE n.namespace = ? AND d.attempts > 0 GROUP BY d.channel ORDER BY d.channel",
            (self._namespace,),
        ).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._db.close()
