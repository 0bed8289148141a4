"""The embedded store: SQLite FTS5, one plain table with the version check and an external-content index by triggers.

(FTS5 tables refuse UPSERT, so the index follows the plain table.)
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from claimwire.errors import SinkError, UnreachableError
from claimwire.settings import sqlite_path
from claimwire.sqlite_file import connect
from claimwire.store import OF_ARTICLE, Document, Failure, Found, Hit, check_field, parse_query
from sinks.stores.mappings import check_body, searched_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents(
  rowid INTEGER PRIMARY KEY, namespace TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  day TEXT NOT NULL, seen TEXT NOT NULL, body TEXT NOT NULL, text TEXT NOT NULL, UNIQUE(namespace, kind, id));
CREATE TABLE IF NOT EXISTS promoted(namespace TEXT PRIMARY KEY, other TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_seen ON documents(namespace, kind, seen);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
  text, content='documents', content_rowid='rowid', tokenize='unicode61 remove_diacritics 0');
CREATE TRIGGER IF NOT EXISTS documents_in AFTER INSERT ON documents BEGIN
  INSERT INTO words(rowid, text) VALUES(new.rowid, new.text); END;
CREATE TRIGGER IF NOT EXISTS documents_out AFTER DELETE ON documents BEGIN
  INSERT INTO words(words, rowid, text) VALUES('delete', old.rowid, old.text); END;
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
"""


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
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            db = connect(path)
            db.executescript(SCHEMA)
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
                    seen = document.first_seen_at.isoformat()
                    row = (self._namespace, document.kind, document.id, document.version, seen[:10], seen)
                    text = searched_text(document.kind, document.body)
                    self._db.execute(WRITE, (*row, msgspec.json.encode(document.body).decode(), text))
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise SinkError(f"store: {error}", retryable=True) from None
        return failures

    def refresh(self) -> None:
        """Writes are visible at once."""

    def promote(self, other: str) -> None:
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO promoted VALUES(?, ?)", (self._namespace, other))

    def _read_namespace(self) -> str:
        row = self._db.execute("SELECT other FROM promoted WHERE namespace = ?", (self._namespace,)).fetchone()
        return str(row[0]) if row else self._namespace

    def _where(self, kind: str, query: str, filters: Mapping[str, str] | None) -> tuple[str, list[Any]]:
        sql = "FROM documents WHERE namespace = ? AND kind = ?"
        values: list[Any] = [self._read_namespace(), kind]
        phrases = parse_query(query)
        if phrases:
            sql += " AND rowid IN (SELECT rowid FROM words WHERE words MATCH ?)"
            values.append(" AND ".join(f'"{p}"' for p in phrases))
        for name, value in (filters or {}).items():
            check_field(kind, name)
            each = f"SELECT 1 FROM json_each(documents.body, '$.{name}') e WHERE e.value = ?"
            sql += f" AND EXISTS ({each})"
            values.append(value)
        return sql, values

    def search(self, kind: str, query: str, filters: Mapping[str, str] | None = None, limit: int = 20) -> Found:
        where, values = self._where(kind, query, filters)
        with self._lock:
            total = self._db.execute(f"SELECT count(*) {where}", values).fetchone()[0]
            rows = self._db.execute(
                f"SELECT rowid, id, body {where} ORDER BY seen DESC, id LIMIT ?", [*values, limit]
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

    def facets(self, kind: str, field: str, query: str = "", limit: int = 20) -> list[tuple[str, int]]:
        check_field(kind, field)
        where, values = self._where(kind, query, None)
        table = where.replace("FROM documents", f"FROM documents, json_each(documents.body, '$.{field}') e", 1)
        # json_each has columns of the same names as ours.
        table = table.replace(" AND rowid", " AND documents.rowid")
        sql = f"SELECT e.value, count(*) AS n {table} AND e.value IS NOT NULL GROUP BY e.value ORDER BY n DESC, e.value LIMIT ?"
        with self._lock:
            return [(str(value), n) for value, n in self._db.execute(sql, [*values, limit])]

    def timeline(self, kind: str, query: str = "") -> list[tuple[str, int]]:
        where, values = self._where(kind, query, None)
        with self._lock:
            return self._db.execute(f"SELECT day, count(*) {where} GROUP BY day ORDER BY day", values).fetchall()

    def get(self, kind: str, id_: str) -> Mapping[str, Any] | None:
        with self._lock:
            row = self._db.execute(
                "SELECT body FROM documents WHERE namespace = ? AND kind = ? AND id = ?",
                (self._read_namespace(), kind, id_),
            ).fetchone()
        body: Mapping[str, Any] | None = json.loads(row[0]) if row else None
        return body

    def dump(self, kind: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
        with self._lock:
            rows = self._db.execute(
                "SELECT id, version, body FROM documents WHERE namespace = ? AND kind = ? ORDER BY id",
                (self._namespace, kind),
            ).fetchall()
        for id_, version, body in rows:
            yield id_, version, json.loads(body)

    def scan(
        self, kind: str, query: str = "", filters: Mapping[str, str] | None = None
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        where, values = self._where(kind, query, filters)
        last = ""
        while True:
            with self._lock:
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
                "DELETE FROM documents WHERE namespace = ? AND day < ?", (self._namespace, month)
            ).rowcount

    def forget(self, kind: str, id_: str) -> int:
        column = "json_extract(body, '$.article_id')" if kind in OF_ARTICLE else "id"
        with self._lock:
            self._db.execute("PRAGMA secure_delete = ON")
            count = self._db.execute(
                f"DELETE FROM documents WHERE namespace = ? AND kind = ? AND {column} = ?", (self._namespace, kind, id_)
            ).rowcount
            if count:
                # The index keeps words that were deleted until its parts are merged.
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
