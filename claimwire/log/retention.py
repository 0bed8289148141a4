"""Retention and compaction of the embedded log. Kafka does both itself."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from claimwire.topics import CLUSTERS, DAY_MS, PAGES, STORIES, TOPICS, Topic

if TYPE_CHECKING:
    from claimwire.log.sqlite import SqliteLog

CHUNK = 5_000
# Tombstones are kept this long, so that every follower of a table sees the deletion.
TOMBSTONE_MS = DAY_MS
# Records that a group has not read are kept longer than their retention, up to this limit.
LONGEST = 2


def expire(log: "SqliteLog", topics: Iterable[Topic], now_ms: int, *, by_age: bool = True) -> Counter[str]:
    """Delete expired records in small transactions; return the number deleted of each topic.

    Without `by_age` (the clock may be wrong), only compact the tables.
    """
    gone: Counter[str] = Counter()
    for topic in topics:
        for partition in range(topic.partitions):
            if topic.compacted:
                gone[topic.name] += _compact(log, topic, partition, now_ms if by_age else 0)
            elif by_age:
                gone[topic.name] += _delete_old(log, topic, partition, now_ms)
    return +gone


def _delete_old(log: "SqliteLog", topic: Topic, partition: int, now_ms: int) -> int:
    name = topic.full_name(log.namespace)
    read = "SELECT min(off) FROM offsets WHERE topic = ? AND part = ?"
    unread = log.connection.execute(read, (name, partition)).fetchone()[0] or 0
    return _deleted(
        log,
        "topic = ? AND part = ? AND (ts < ? OR (ts < ? AND off < ?))",
        (name, partition, now_ms - LONGEST * topic.retention_ms, now_ms - topic.retention_ms, unread),
    )


def _compact(log: "SqliteLog", topic: Topic, partition: int, now_ms: int) -> int:
    """Compact a table up to its end at the start, so that records written meanwhile are not affected."""
    name, end = topic.full_name(log.namespace), log.ends(topic)[partition]
    newest = "SELECT max(off) FROM messages WHERE topic = ? AND part = ? AND off < ? GROUP BY key"
    place = (name, partition, end)
    count = _deleted(log, f"topic = ? AND part = ? AND off < ? AND off NOT IN ({newest})", (*place, *place))
    return count + _deleted(
        log, "topic = ? AND part = ? AND off < ? AND value IS NULL AND ts < ?", (*place, now_ms - TOMBSTONE_MS)
    )


def _deleted(log: "SqliteLog", where: str, values: tuple[object, ...]) -> int:
    total = 0
    while True:
        with log.transaction() as db:
            sql = f"DELETE FROM messages WHERE rowid IN (SELECT rowid FROM messages WHERE {where} LIMIT {CHUNK})"
            count = db.execute(sql, values).rowcount
        total += count
        if count < CHUNK:
            return total


def blank(log: "SqliteLog", article_id: str) -> int:
    """Erase an article from all topics: its records lose their values, also on disk. Return the number of records.

    Call it when all groups have read them. Older snapshots, which may contain the article, are erased too.
    """
    db, count = log.connection, 0
    db.execute("PRAGMA secure_delete = ON")
    mark = f'"article_id":"{article_id}"'.encode()
    for topic in TOPICS:
        name = topic.full_name(log.namespace)
        with log.transaction():
            count += db.execute(
                "UPDATE messages SET value = NULL WHERE topic = ? AND value IS NOT NULL AND instr(value, ?) = 0"
                " AND (key = ? OR instr(value, ?) > 0 OR headers LIKE ?)",
                (name, b'"state":"forgotten"', article_id, mark, f"%{article_id}%"),
            ).rowcount
    for topic in (CLUSTERS, STORIES, PAGES):
        for partition in range(topic.partitions):
            _compact(log, topic, partition, 0)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("PRAGMA secure_delete = OFF")
    return count
