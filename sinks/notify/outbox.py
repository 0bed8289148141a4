"""Durable queue of notifications, in a SQLite file: alerts wait for their rule's policy and for their channels.

An alert is queued once, even after a crash; its notification is retried until the channel accepts it. On a channel the
notifications of one story are delivered in order of their due time; of different stories the more urgent go first.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from claimwire import topics
from claimwire.ids import digest
from claimwire.policy import due
from claimwire.records.alerts import Alert
from claimwire.records.base import decode, encode
from claimwire.records.marks import MarkKind
from claimwire.records.vocabulary import Severity
from claimwire.runtime.private_files import private_folder
from claimwire.runtime.sqlite_file import connect
from sinks.notify.notifications import Notification

SCHEMA = """
CREATE TABLE IF NOT EXISTS sent(namespace TEXT, alert_id TEXT, at TEXT, PRIMARY KEY(namespace, alert_id));
CREATE INDEX IF NOT EXISTS sent_at ON sent(at);
CREATE TABLE IF NOT EXISTS notices(
  notice INTEGER PRIMARY KEY, namespace TEXT NOT NULL, grp TEXT NOT NULL, due REAL NOT NULL, alerts INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS notices_of_group ON notices(namespace, grp, due);
DROP INDEX IF EXISTS notices_group;
DROP INDEX IF EXISTS deliveries_due;
CREATE TABLE IF NOT EXISTS noticed(notice INTEGER, position INTEGER, alert BLOB, PRIMARY KEY(notice, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries(
  notice INTEGER, channel TEXT, attempts INTEGER NOT NULL, due REAL NOT NULL, error TEXT NOT NULL,
  PRIMARY KEY(notice, channel)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_of ON deliveries(channel, due);
CREATE TABLE IF NOT EXISTS waiting(
  namespace TEXT, channel TEXT, story TEXT, due REAL, notice INTEGER,
  PRIMARY KEY(namespace, channel, story, due, notice)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting_notice ON waiting(notice, channel);
CREATE TABLE IF NOT EXISTS told(namespace TEXT, grp TEXT, at REAL NOT NULL, PRIMARY KEY(namespace, grp)) WITHOUT ROWID;
"""
# Columns that a file of an older version lacks; NORMAL_RANK is the default of `rank`.
LATER_COLUMNS = ("rank INTEGER NOT NULL DEFAULT 1", "failed_at REAL NOT NULL DEFAULT 0")
RANKS: Mapping[str, int] = {Severity.HIGH: 0, Severity.NORMAL: 1, Severity.LOW: 2}
NORMAL_RANK = 1
# A notification may be delivered if no earlier one of its stories waits on the channel. One that failed HOLDING_TRIES
# times while the channel accepted others blocks no others: a receiver that always rejects it must not silence its
# story.
HOLDING_TRIES = 5
FREE = """
NOT EXISTS (
  SELECT 1 FROM waiting own JOIN waiting before
    ON before.namespace = own.namespace AND before.channel = own.channel AND before.story = own.story
    AND (before.due, before.notice) < (own.due, own.notice)
  JOIN deliveries held ON held.notice = before.notice AND held.channel = before.channel
  WHERE own.notice = d.notice AND own.channel = d.channel AND (held.attempts < ? OR held.failed_at >= ?))
"""
FIRST_RETRY, LONGEST_RETRY = 5.0, 3600.0
LONGEST_QUIET = 86_400.0
# A repeated alert counts as new after this time, twice the retention of its topic. The last notification of a group is
# kept for longer than any sensible `at_most_every`.
SENT_KEPT = timedelta(milliseconds=2 * topics.ALERTS.retention_ms)
LAST_KEPT = timedelta(days=400)
MUTED, TOGETHER = "muted", "sent with another of its group"


@dataclass(frozen=True)
class Taken:
    """Result of queueing an alert: its due time (None: never), and the reason for a delay or suppression."""

    due: datetime | None
    why: str


@dataclass(frozen=True)
class Delivery:
    """A notification due on a channel, and the number of earlier attempts."""

    row: int
    notice: Notification
    attempts: int


class Outbox:
    """Queue of one namespace in `file` (":memory:" for a back-test). Not thread-safe."""

    def __init__(self, file: str, namespace: str) -> None:
        if file != ":memory:":
            private_folder(Path(file).parent)
        self._db, self._namespace = connect(file), namespace
        self._db.executescript(SCHEMA)
        known = {row[1] for row in self._db.execute("PRAGMA table_info(deliveries)")}
        for column in LATER_COLUMNS:
            if column.split()[0] not in known:
                self._db.execute(f"ALTER TABLE deliveries ADD COLUMN {column}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Run the block as a savepoint of the current transaction."""
        self._db.execute("SAVEPOINT one")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO one")
            self._db.execute("RELEASE one")
            raise
        self._db.execute("RELEASE one")

    def take(self, alert: Alert, now: datetime, marks: Mapping[str, MarkKind]) -> Taken | None:
        """Queue an alert; return None if it was queued before.

        `marks` by story: muted ones send nothing, followed ones at once.
        """
        key = (self._namespace, alert.alert_id)
        came = self._db.execute("SELECT 1 FROM sent WHERE namespace = ? AND alert_id = ?", key).fetchone()
        self._db.execute("INSERT OR REPLACE INTO sent VALUES(?, ?, ?)", (*key, now.isoformat()))
        if came:
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
            self._wait_turn(notice, alert, at)
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
        rank = RANKS.get(alert.severity, NORMAL_RANK)
        rows = [(notice, channel, at.timestamp(), rank) for channel in dict.fromkeys(alert.notify)]
        self._db.executemany(
            "INSERT INTO deliveries(notice, channel, attempts, due, error, rank) VALUES(?, ?, 0, ?, '', ?)", rows
        )
        self._wait_turn(notice, alert, at.timestamp())
        if alert.policy.at_most_every:
            self._db.execute("INSERT OR REPLACE INTO told VALUES(?, ?, ?)", (self._namespace, group, at.timestamp()))

    def _wait_turn(self, notice: int | None, alert: Alert, at: float) -> None:
        """Queue a notification after earlier ones of the alert's story, and raise their rank if it is more urgent."""
        rank = RANKS.get(alert.severity, NORMAL_RANK)
        for channel in dict.fromkeys(alert.notify):
            turn = (self._namespace, channel, alert.story_id)
            self._db.execute(
                "UPDATE deliveries SET rank = ? WHERE rank > ? AND channel = ? AND notice IN"
                " (SELECT notice FROM waiting WHERE namespace = ? AND channel = ? AND story = ?)",
                (rank, rank, channel, *turn),
            )
            self._db.execute("INSERT OR IGNORE INTO waiting VALUES(?, ?, ?, ?, ?)", (*turn, at, notice))

    def _told_at(self, group: str) -> datetime | None:
        row = self._db.execute(
            "SELECT at FROM told WHERE namespace = ? AND grp = ?", (self._namespace, group)
        ).fetchone()
        return datetime.fromtimestamp(row[0], UTC) if row else None

    def channels(self) -> list[str]:
        """Return the channels with waiting notifications."""
        rows = "SELECT DISTINCT d.channel FROM deliveries d JOIN notices n USING(notice) WHERE n.namespace = ?"
        return [channel for (channel,) in self._db.execute(rows, (self._namespace,))]

    def deliveries(
        self, now: datetime, channel: str, busy: Collection[int] = (), limit: int = 100, worked_at: float = 0.0
    ) -> list[Delivery]:
        """Return at most `limit` notifications due on a channel, the most urgent and then the oldest first.

        It returns one of each story, and none whose row is in `busy` (in progress). `worked_at`: time of the last
        success.
        """
        rows = self._db.execute(
            "SELECT d.notice, d.attempts FROM deliveries d JOIN notices n USING(notice)"
            f" WHERE n.namespace = ? AND d.channel = ? AND d.due <= ? AND {FREE} ORDER BY d.rank, n.due, d.notice LIMIT ?",
            (self._namespace, channel, now.timestamp(), HOLDING_TRIES, worked_at, limit + len(busy)),
        ).fetchall()
        chosen = [(row, attempts) for row, attempts in rows if row not in busy][:limit]
        return [Delivery(row, self._notice(row, channel), attempts) for row, attempts in chosen]

    def next_due(self) -> datetime | None:
        """Return the next due time; None if nothing waits."""
        found = self._db.execute(
            "SELECT min(d.due) FROM deliveries d JOIN notices n USING(notice) WHERE n.namespace = ?", (self._namespace,)
        ).fetchone()[0]
        return None if found is None else datetime.fromtimestamp(found, UTC)

    def _notice(self, row: int, channel: str) -> Notification:
        bodies = self._db.execute("SELECT alert FROM noticed WHERE notice = ? ORDER BY position", (row,)).fetchall()
        alerts = tuple(decode(body, Alert) for (body,) in bodies)
        first = alerts[0]
        return Notification(digest("notice", first.alert_id), channel, first.rule, first.severity, alerts)

    def delivered(self, delivery: Delivery) -> None:
        """Record a delivery; delete the notification once all channels have it."""
        key = (delivery.row, delivery.notice.channel)
        self._db.execute("DELETE FROM deliveries WHERE notice = ? AND channel = ?", key)
        self._db.execute("DELETE FROM waiting WHERE notice = ? AND channel = ?", key)
        if not self._db.execute("SELECT 1 FROM deliveries WHERE notice = ?", (delivery.row,)).fetchone():
            self._db.execute("DELETE FROM noticed WHERE notice = ?", (delivery.row,))
            self._db.execute("DELETE FROM notices WHERE notice = ?", (delivery.row,))

    def failed(self, delivery: Delivery, now: datetime, error: str) -> float:
        """Record a failed delivery; return the seconds until the retry, with exponential back-off."""
        wait = min(LONGEST_RETRY, FIRST_RETRY * 2.0**delivery.attempts)
        self._db.execute(
            "UPDATE deliveries SET attempts = attempts + 1, due = ?, failed_at = ?, error = ? WHERE notice = ? AND channel = ?",
            (now.timestamp() + wait, now.timestamp(), error[:500], delivery.row, delivery.notice.channel),
        )
        return wait

    def hurry(self, channel: str, now: datetime) -> None:
        """Make failed deliveries of a channel due at once: it works again."""
        at = now.timestamp()
        self._db.execute(
            "UPDATE deliveries SET due = ? WHERE channel = ? AND attempts > 0 AND due > ?", (at, channel, at)
        )

    def prune(self, now: datetime) -> int:
        """Delete expired entries of alerts and groups; return the number of alerts."""
        keys = (self._namespace, (now - SENT_KEPT).isoformat())
        dropped = self._db.execute("DELETE FROM sent WHERE namespace = ? AND at < ?", keys).rowcount
        self._db.execute(
            "DELETE FROM told WHERE namespace = ? AND at < ?", (self._namespace, (now - LAST_KEPT).timestamp())
        )
        return dropped

    def mend(self, now: datetime) -> int:
        """Make notifications due that wait for longer than any policy allows (wrong clock); return their number."""
        rows = self._db.execute(
            "SELECT n.notice, n.due, max(d.due), max(d.attempts) FROM notices n JOIN deliveries d USING(notice)"
            " WHERE n.namespace = ? AND d.due > ? GROUP BY n.notice", (self._namespace, now.timestamp()),
        ).fetchall()  # fmt: skip
        late = []
        for notice, at, retried, attempts in rows:
            policy = self._notice(notice, "").alerts[0].policy
            longest = policy.hold + policy.at_most_every + policy.digest + LONGEST_QUIET
            if at > now.timestamp() + longest or (attempts and retried > now.timestamp() + LONGEST_RETRY):
                late.append((now.timestamp(), notice))
        self._db.executemany("UPDATE notices SET due = ? WHERE notice = ?", late)
        self._db.executemany("UPDATE deliveries SET due = ?1, failed_at = min(failed_at, ?1) WHERE notice = ?2", late)
        self._db.executemany("UPDATE OR REPLACE waiting SET due = ? WHERE notice = ?", late)
        return len(late)

    def waiting(self) -> int:
        """Return the number of notifications that are not yet delivered on every channel."""
        rows = "SELECT count(DISTINCT notice) FROM deliveries JOIN notices USING(notice) WHERE namespace = ?"
        return int(self._db.execute(rows, (self._namespace,)).fetchone()[0])

    def failing(self) -> list[tuple[str, int, str]]:
        """Return (channel, failed notifications, latest error) of each channel with undelivered failures."""
        return self._db.execute(
            "SELECT d.channel, count(*), max(d.error) FROM deliveries d JOIN notices n USING(notice)"
            " WHERE n.namespace = ? AND d.attempts > 0 GROUP BY d.channel ORDER BY d.channel",
            (self._namespace,),
        ).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._db.close()
