"""State of the stage `learn`: one row for each host, in the runner's database."""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from claimwire import topics
from claimwire.ids import partition_of
from claimwire.records.base import Record
from claimwire.records.hosts import Extraction, HostRules, OutdatedRules, host_key
from claimwire.runtime import metrics
from processors.learn.health import Health, observed, snapshot
from processors.learn.repeats import Repeats, counted, is_seen, learned, valid_from

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS hosts(namespace TEXT NOT NULL, key TEXT NOT NULL, partition INTEGER NOT NULL,
    is_healthy INTEGER NOT NULL, row BLOB NOT NULL, PRIMARY KEY(namespace, key))""",
    # Unhealthy hosts are counted with each article; without an index that would read many long rows.
    "CREATE INDEX IF NOT EXISTS hosts_unhealthy ON hosts(namespace, partition) WHERE NOT is_healthy",
)
SNAPSHOT_EVERY = 10
# Articles are analysed within days of their first sighting; replays from further back find no version.
KEPT = timedelta(days=45)


class HostState(msgspec.Struct):
    """State of a host, at most some 64 KiB."""

    repeats: Repeats
    health: Health
    published: list[str] = []
    versions: list[datetime] = []


class Learner:
    """Folds extraction results, each host's in order."""

    def __init__(self, db: sqlite3.Connection, namespace: str = "claimwire") -> None:
        self._db, self._namespace = db, namespace
        for statement in SCHEMA:
            db.execute(statement)

    def forget_caches(self) -> None:
        """Do nothing: no state is kept outside the tables."""

    def flush(self) -> None:
        """Do nothing: no state is kept outside the tables."""

    def process(self, extraction: Extraction) -> list[Record]:
        """Return a new version of the host's rules, and its health, if they changed."""
        key = host_key(extraction.host, extraction.body_source)
        state = self._state(key)
        out: list[Record] = []
        if not is_seen(state.repeats, extraction):
            if rules := _new_version(state, extraction):
                out += [rules, *_outdated(state, rules)]
            if extraction.rejected is None:
                counted(state.repeats, extraction.first_seen_at.date(), extraction.lines)
            if observed(state.health, extraction) or state.health.articles % SNAPSHOT_EVERY == 1:
                out.append(snapshot(state.health, extraction))
        self._write(key, state)
        return out

    def _state(self, key: str) -> HostState:
        row = self._db.execute(
            "SELECT row FROM hosts WHERE namespace = ? AND key = ?", (self._namespace, key)
        ).fetchone()
        return msgspec.msgpack.decode(row[0], type=HostState) if row else HostState(Repeats(), Health())

    def _write(self, key: str, state: HostState) -> None:
        partition = partition_of(key, topics.EXTRACTIONS.partitions)
        row = (self._namespace, key, partition, state.health.problem is None, msgspec.msgpack.encode(state))
        self._db.execute("INSERT OR REPLACE INTO hosts VALUES(?, ?, ?, ?, ?)", row)
        found = self._db.execute(
            "SELECT count(*) FROM hosts WHERE namespace = ? AND partition = ? AND NOT is_healthy",
            (self._namespace, partition),
        )
        metrics.UNHEALTHY_HOSTS.labels(str(partition)).set(found.fetchone()[0])


def _new_version(state: HostState, extraction: Extraction) -> HostRules | None:
    """Return new rules on the first article of a day, if they differ from the version published last."""
    day = state.repeats.day
    if day is None or extraction.first_seen_at.date() <= day:
        return None
    lines = learned(state.repeats)
    names = [f"{line.place} {line.text}" for line in lines]
    if names == state.published:
        return None
    state.published = names
    start = valid_from(extraction.first_seen_at.date())
    return HostRules(host=extraction.host, body_source=extraction.body_source, valid_from=start, lines=lines)


def _outdated(state: HostState, rules: HostRules) -> list[OutdatedRules]:
    """Return the deletion of versions older than the one valid at KEPT before this one."""
    state.versions.append(rules.valid_from)
    gone = []
    while len(state.versions) > 1 and state.versions[1] <= rules.valid_from - KEPT:
        start = state.versions.pop(0)
        gone.append(OutdatedRules(host=rules.host, body_source=rules.body_source, valid_from=start))
    return gone
