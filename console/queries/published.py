"""Comparison of the ledger with the published revisions, two counts from different topics.

A revision is published if it has a record on `articles.raw`, or a row in the table `pages` (not yet fetched). A ledger
line needs no record if its page was rejected before publication, its article was erased, or it is older than the
retention of `articles.raw`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from claimwire import topics
from claimwire.ids import number_of
from claimwire.letters import ids_of
from claimwire.log import Log, Message
from claimwire.log.reading import readable
from claimwire.records.feeds import Page
from console.queries.ledger import COLUMNS, DAY_SECONDS, Ledger, day_of

# A line can exist before its record: they are published together, one after the other.
SETTLED = timedelta(seconds=60)
NAMED = 20
KEPT = timedelta(milliseconds=topics.RAW.retention_ms) - timedelta(hours=1)
SCHEMA = "CREATE TABLE IF NOT EXISTS published(id INTEGER PRIMARY KEY, day INTEGER NOT NULL, key TEXT NOT NULL)"
NEEDS_RECORD = (
    "(state NOT IN ('forgotten', 'maybe_lost') AND NOT (state = 'rejected' AND stage = 'web') AND at >= :since)"
)
JOINED = f"""
SELECT cast(at / {DAY_SECONDS} AS INTEGER), coalesce(source, '?'), state, count(*), count(p.id),
  sum(p.id IS NULL AND NOT {NEEDS_RECORD})
FROM lines LEFT JOIN published p USING (id) WHERE state <> 'maybe_lost' GROUP BY 1, 2, 3
"""
WITHOUT_LINE = "SELECT p.day, p.key FROM published p LEFT JOIN lines USING (id) WHERE lines.id IS NULL ORDER BY p.key"
WITHOUT_RECORD = f"""
SELECT lines.id FROM lines LEFT JOIN published p USING (id) WHERE p.id IS NULL AND {NEEDS_RECORD} AND seen < :settled
"""
TOTALS = ("published", "unpublished", *COLUMNS)


@dataclass(frozen=True)
class Comparison:
    """Counts by day and source (`rows`), and the keys ("article/revision") that only one of the counts has."""

    rows: list[dict[str, Any]]
    without_line: list[str]
    without_record: list[str]

    @property
    def agrees(self) -> bool:
        """Return whether each revision is in both counts."""
        return not self.without_line and not self.without_record

    def total(self) -> dict[str, int]:
        """Return the sums of all rows."""
        return {name: sum(row[name] for row in self.rows) for name in TOTALS}


def compare(log: Log, ledger: Ledger, now: datetime) -> Comparison:
    """Compare both counts. Reads tables, then the log, then the ledger: the order in which revisions move meanwhile."""
    ledger.db.execute(SCHEMA)
    for batch in (_pages(log), _raw(log)):
        ledger.db.executemany("INSERT OR IGNORE INTO published VALUES(?, ?, ?)", batch)
    ledger.update(log)
    values = {"since": (now - KEPT).timestamp(), "settled": (now - SETTLED).timestamp() * 1000}
    orphans = ledger.db.execute(WITHOUT_LINE).fetchall()
    missing = [ident for (ident,) in ledger.db.execute(WITHOUT_RECORD, values)]
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for day, source, state, count, published, unpublished in ledger.db.execute(JOINED, values):
        row = _row(rows, day, source)
        row["published"] += published
        row["unpublished"] += unpublished
        if state in COLUMNS:
            row[state] += count
    for day, _ in orphans:
        _row(rows, day, "?")["published"] += 1
    return Comparison([row for _, row in sorted(rows.items())], [key for _, key in orphans], _names(log, missing))


def _row(rows: dict[tuple[str, str], dict[str, Any]], day: int, source: str) -> dict[str, Any]:
    name = day_of(day)
    return rows.setdefault((name, source), {"day": name, "source": source} | dict.fromkeys(TOTALS, 0))


def _pages(log: Log) -> Iterator[tuple[int, int, str]]:
    for partition in range(topics.PAGES.partitions):
        for message, page in readable(log.snapshot(topics.PAGES, [partition]).values(), Page):
            yield _published(message, page.article_id, page.revision_id)


def _raw(log: Log) -> Iterator[tuple[int, int, str]]:
    for partition in range(topics.RAW.partitions):
        for message in log.read(topics.RAW, partition):
            if message.value is not None:
                yield _published(message, *ids_of(message))


def _published(message: Message, article: str, revision: str) -> tuple[int, int, str]:
    key = f"{article}/{revision}"
    return number_of(key), message.timestamp_ms // (1000 * DAY_SECONDS), key


def _names(log: Log, missing: list[int]) -> list[str]:
    """Return the keys of lines, which the ledger's file stores as numbers: NAMED ones by name, the others as "?"."""
    wanted = set(missing[:NAMED])
    found = set()
    for partition in range(topics.OUTCOMES.partitions) if wanted else ():
        found |= {m.key for m in log.read(topics.OUTCOMES, partition) if number_of(m.key) in wanted}
    return sorted(found) + ["?"] * (len(missing) - len(found))
