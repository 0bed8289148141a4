"""The embedded store: SQLite FTS5, one plain table with the version check and an external-content index by triggers.

FTS5 tables do not support UPSERT, so triggers keep the index in step with the plain table. `terms` serves filters and
facets.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from claimwire.config.settings import sqlite_path
from claimwire.errors import SinkError, UnreachableError
from claimwire.runtime.private_files import private_folder
from claimwire.runtime.sqlite_file import connect
from claimwire.store import (
    ALWAYS,
    FACETS,
    OF_ARTICLE,
    After,
    Document,
    Failure,
    Filters,
    Found,
    Hit,
    Span,
    check_field,
    check_interval,
    facet_values,
    parse_query,
    values_of,
)
from claimwire.store.mappings import check_body, searched_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents(
  rowid INTEGER PRIMARY KEY, namespace TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  day TEXT NOT NULL, seen TEXT NOT NULL, body TEXT NOT NULL, text TEXT NOT NULL, UNIQUE(namespace, kind, id));
CREATE TABLE IF NOT EXISTS promoted(namespace TEXT PRIMARY KEY, other TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_seen ON documents(namespace, kind, seen);
CREATE TABLE IF NOT EXISTS terms(document INTEGER, field TEXT, value TEXT, PRIMARY KEY(document, field, value)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS terms_values ON terms(field, value, document);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
  text, content='documents', content_rowid='rowid', tokenize='unicode61 remove_diacritics 0');
CREATE TRIGGER IF NOT EXISTS documents_in AFTER INSERT ON documents BEGIN
  INSERT INTO words(rowid, text) VALUES(new.rowid, new.text); END;
CREATE TRIGGER IF NOT EXISTS documents_out AFTER DELETE ON documents BEGIN
  INSERT INTO words(words, rowid, text) VALUES('delete', old.rowid, old.text); END;
CREATE TRIGGER IF NOT EXISTS terms_out AFTER DELETE ON documents BEGIN
  DELETE FROM terms WHERE document = old.rowid; END;
CREATE TRIGGER IF NOT EXISTS documents_new AFTER UPDATE OF text ON documents BEGIN
  INSERT INTO words(words, rowid, text) VALUES('delete', old.rowid, old.text);
  INSERT INTO words(rowid, text) VALUES(new.rowid, new.text); END;
"""
SCANNED = 1000
WRITE = """
INSERT INTO documents(namespace, kind, id, version, day, seen, body, text) VALUES(?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(namespace, kind, id) DO UPDATE SET
  version = excluded.version, day = excluded.day, seen = excluded.seen, body = excluded.body, text = excluded.text
WHERE excluded.version >= documents.version
RETURNING rowid
"""
# A filter with fewer matches is evaluated first; with more, documents are scanned from the newest.
RARE = 5000


class SqliteStore:
    """See `claimwire.store.SearchStore`."""

    def __init__(self, connection: sqlite3.Connection, namespace: str) -> None:
        self._db, self._namespace = connection, namespace
        self._lock = threading.RLock()

    @classmethod
    def open(cls, url: str, namespace: str) -> "SqliteStore":
        path = sqlite_path(url)
        try:
            if path != ":memory:":
                private_folder(Path(path).parent)
            db = connect(path)
            is_older = bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'documents'").fetchone()) and not bool(
                db.execute("SELECT 1 FROM sqlite_master WHERE name = 'terms'").fetchone()
            )
            db.executescript(SCHEMA)
            if is_older:
                _fill_terms(db)
        except (sqlite3.Error, OSError) as error:
            raise UnreachableError(f"store {url}: {error}") from None
        return cls(db, namespace)

    def setup(self) -> list[str]:
        return []

    def missing(self) -> list[str]:
        return []

    def write(self, documents: Sequence[Document]) -> list[Failure]:
        failures = []
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                for document in documents:
                    problem = check_body(document.kind, document.body)
                    if problem:
                        failures.append(Failure(document, problem))
                        continue
                    seen = _seen(document.first_seen_at)
                    row = (self._namespace, document.kind, document.id, document.version, seen[:10], seen)
                    text = searched_text(document.kind, document.body)
                    values = (*row, msgspec.json.encode(document.body).decode(), text)
                    self._write_terms(document, self._db.execute(WRITE, values).fetchone())
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise SinkError(f"store: {error}", retryable=True) from None
        return failures

    def _write_terms(self, document: Document, written: tuple[int] | None) -> None:
        """Replace the terms of a document; `written` is its rowid, None if a newer version exists."""
        if written is None:
            return
        prefix = f"{self._namespace}/{document.kind}."
        values = facet_values(document.kind, document.body)
        self._db.execute("DELETE FROM terms WHERE document = ?", written)
        self._db.executemany("INSERT INTO terms VALUES(?, ?, ?)", [(*written, prefix + n, v) for n, v in values])

    def refresh(self) -> None:
        """Do nothing: writes are visible at once."""

    def promote(self, other: str) -> None:
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO promoted VALUES(?, ?)", (self._namespace, other))

    def _read_namespace(self) -> str:
        row = self._db.execute("SELECT other FROM promoted WHERE namespace = ?", (self._namespace,)).fetchone()
        return str(row[0]) if row else self._namespace

    def _where(
        self, kind: str, query: str, filters: Filters | None, span: Span = ALWAYS, after: After | None = None
    ) -> tuple[str, list[Any]]:
        namespace = self._read_namespace()
        sql, values = "WHERE namespace = ? AND kind = ?", [namespace, kind]
        is_rare = False
        if phrases := parse_query(query):
            match = " AND ".join(f'"{p}"' for p in phrases)
            is_rare = self._is_rare("words", "words MATCH ?", [match])
            sql += " AND documents.rowid IN (SELECT rowid FROM words WHERE words MATCH ?)"
            values.append(match)
        for name, wanted in (filters or {}).items():
            check_field(kind, name)
            chosen = values_of(wanted)
            fits = f"field = ? AND value IN ({', '.join('?' * len(chosen))})"
            of_value = [f"{namespace}/{kind}.{name}", *chosen]
            if self._is_rare("terms", fits, of_value):
                is_rare = True
                sql += f" AND documents.rowid IN (SELECT document FROM terms WHERE {fits})"
            else:
                sql += f" AND EXISTS (SELECT 1 FROM terms WHERE document = documents.rowid AND {fits})"
            values += of_value
        for bound, at in ((">=", span.since), ("<", span.until)):
            if at is not None:
                sql += f" AND seen {bound} ?"
                values.append(_seen(at))
        if after:
            sql += " AND (seen < ? OR (seen = ? AND id > ?))"
            values += [_seen(after[0]), _seen(after[0]), after[1]]
        return f"FROM documents {'NOT INDEXED' if is_rare else 'INDEXED BY documents_seen'} {sql}", values

    def _is_rare(self, table: str, fits: str, values: list[str]) -> bool:
        some = f"SELECT 1 FROM {table} WHERE {fits} LIMIT {RARE + 1}"
        return bool(self._db.execute(f"SELECT count(*) <= {RARE} FROM ({some})", values).fetchone()[0])

    def search(
        self,
        kind: str,
        query: str = "",
        filters: Filters | None = None,
        limit: int = 20,
        *,
        span: Span = ALWAYS,
        after: After | None = None,
        count_to: int | None = None,
    ) -> Found:
        with self._lock:
            where, values = self._where(kind, query, filters, span)
            counted = f"SELECT 1 {where} LIMIT {-1 if count_to is None else count_to}"
            total = self._db.execute(f"SELECT count(*) FROM ({counted})", values).fetchone()[0]
            where, values = self._where(kind, query, filters, span, after)
            rows = self._db.execute(
                f"SELECT documents.rowid, id, body {where} ORDER BY seen DESC, id LIMIT ?", [*values, limit]
            ).fetchall()
            phrases = parse_query(query)
            hits = [Hit(id_, json.loads(body), self._highlight(rowid, phrases)) for rowid, id_, body in rows]
        return Found(total, hits)

    def _highlight(self, rowid: int, phrases: list[str]) -> str:
        if not phrases:
            return ""
        match = " OR ".join(f'"{p}"' for p in phrases)
        row = self._db.execute(
            "SELECT snippet(words, 0, '⟦', '⟧', '…', 30) FROM words WHERE words MATCH ? AND rowid = ?", (match, rowid)
        ).fetchone()
        return " ".join(row[0].split()) if row else ""

    def facets(
        self,
        kind: str,
        names: Sequence[str],
        query: str = "",
        filters: Filters | None = None,
        limit: int = 20,
        *,
        span: Span = ALWAYS,
        sample: int | None = None,
    ) -> dict[str, list[tuple[str, int]]]:
        for name in names:
            check_field(kind, name)
        with self._lock:
            where, values = self._where(kind, query, filters, span)
            newest = f"ORDER BY seen DESC LIMIT {sample}" if sample else ""
            prefix = f"{self._read_namespace()}/{kind}."
            sql = (
                f"WITH found AS MATERIALIZED (SELECT documents.rowid AS document {where} {newest})"
                f" SELECT terms.field, terms.value, count(*) FROM found CROSS JOIN terms ON terms.document = found.document"
                f" AND terms.field IN ({', '.join('?' * len(names))}) GROUP BY terms.field, terms.value"
            )
            rows = self._db.execute(sql, [*values, *(prefix + n for n in names)]).fetchall()
        counted: dict[str, list[tuple[str, int]]] = {name: [] for name in names}
        for field, value, count in rows:
            counted[field.removeprefix(prefix)].append((value, count))
        return {name: sorted(found, key=lambda row: (-row[1], row[0]))[:limit] for name, found in counted.items()}

    def timeline(
        self, kind: str, query: str = "", filters: Filters | None = None, *, span: Span = ALWAYS, interval: str = "day"
    ) -> list[tuple[str, int]]:
        length = check_interval(interval)
        with self._lock:
            where, values = self._where(kind, query, filters, span)
            sql = f"SELECT substr(seen, 1, {length}) AS t, count(*) {where} GROUP BY t ORDER BY t"
            return self._db.execute(sql, values).fetchall()

    def timelines(
        self, kind: str, name: str, values: Sequence[str], *, span: Span = ALWAYS, interval: str = "hour"
    ) -> dict[str, list[tuple[str, int]]]:
        found = {v: self.timeline(kind, "", {name: v}, span=span, interval=interval) for v in values}
        return {value: line for value, line in found.items() if line}

    def get(self, kind: str, id_: str) -> Mapping[str, Any] | None:
        return self.get_many(kind, [id_]).get(id_)

    def get_many(self, kind: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        marks = ", ".join("?" * len(ids))
        with self._lock:
            rows = self._db.execute(
                f"SELECT id, body FROM documents WHERE namespace = ? AND kind = ? AND id IN ({marks})",
                (self._read_namespace(), kind, *ids),
            ).fetchall()
        return {id_: json.loads(body) for id_, body in rows}

    def stored(self, kind: str, ids: Sequence[str]) -> set[str]:
        wanted = "SELECT id FROM documents WHERE namespace = ? AND kind = ? AND id IN (SELECT value FROM json_each(?))"
        with self._lock:
            return {row[0] for row in self._db.execute(wanted, (self._namespace, kind, json.dumps(list(ids))))}

    def dump(self, kind: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
        with self._lock:
            rows = self._db.execute(
                "SELECT id, version, body FROM documents WHERE namespace = ? AND kind = ? ORDER BY id",
                (self._namespace, kind),
            ).fetchall()
        for id_, version, body in rows:
            yield id_, version, json.loads(body)

    def scan(
        self, kind: str, query: str = "", filters: Filters | None = None, *, span: Span = ALWAYS
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        last = ""
        while True:
            with self._lock:
                where, values = self._where(kind, query, filters, span)
                where = where.replace("INDEXED BY documents_seen", "")
                rows = self._db.execute(
                    f"SELECT id, body {where} AND id > ? ORDER BY id LIMIT {SCANNED}", [*values, last]
                ).fetchall()
            for last, body in rows:
                yield last, json.loads(body)
            if len(rows) < SCANNED:
                return

    def expire(self, month: str) -> int:
        with self._lock:
            return self._db.execute(
                "DELETE FROM documents WHERE namespace = ? AND day < ? AND kind <> 'feeds'", (self._namespace, month)
            ).rowcount

    def forget(self, kind: str, *ids: str) -> int:
        column = "json_extract(body, '$.article_id')" if kind in OF_ARTICLE else "id"
        with self._lock:
            self._db.execute("PRAGMA secure_delete = ON")
            count = self._db.execute(
                f"DELETE FROM documents WHERE namespace = ? AND kind = ? AND {column} IN (SELECT value FROM json_each(?))",
                (self._namespace, kind, json.dumps(ids)),
            ).rowcount
            if count:
                # FTS5 keeps deleted words until its segments are merged.
                self._db.execute("INSERT INTO words(words) VALUES('optimize')")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.execute("PRAGMA secure_delete = OFF")
        return count

    def size(self) -> int:
        with self._lock:
            return int(
                self._db.execute(
                    "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
                ).fetchone()[0]
            )

    def close(self) -> None:
        self._db.close()


def _seen(at: datetime) -> str:
    """Format a time as in the column `seen`, which sorts by time."""
    return at.astimezone(UTC).isoformat()


def _fill_terms(db: sqlite3.Connection) -> None:
    """Create the terms of documents from before the table `terms` existed."""
    for kind, names in FACETS.items():
        for name in names:
            db.execute(
                "INSERT OR IGNORE INTO terms SELECT d.rowid, d.namespace || ?, e.value"
                f" FROM documents d, json_each(d.body, '$.{name}') e WHERE d.kind = ? AND e.type = 'text'",
                (f"/{kind}.{name}", kind),
            )
