"""The matcher's tables, with all of their SQL: decisions, sketches, stories, clusters, clocks, and erased articles.

A scope is a namespace with a lane and a language. The caller opens and ends the transactions.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import zstandard

from claimwire.records.base import decode, encode
from claimwire.records.sightings import Article
from claimwire.records.stories import Cluster, Story

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS match_articles(seq INTEGER PRIMARY KEY, scope TEXT NOT NULL, article_id TEXT NOT NULL,"
    " revision_id TEXT NOT NULL, text_hash TEXT NOT NULL, day INTEGER NOT NULL, record BLOB NOT NULL,"
    " UNIQUE(scope, article_id, revision_id))",
    "CREATE INDEX IF NOT EXISTS match_text ON match_articles(scope, text_hash)",
    "CREATE TABLE IF NOT EXISTS match_stories(scope TEXT, story_id TEXT, snapshot BLOB NOT NULL, centroid TEXT NOT NULL,"
    " articles INTEGER NOT NULL, last_day INTEGER NOT NULL, PRIMARY KEY(scope, story_id))",
    "CREATE TABLE IF NOT EXISTS match_clusters(scope TEXT, cluster_id TEXT, story_id TEXT NOT NULL,"
    " snapshot BLOB NOT NULL, members TEXT NOT NULL, first_claim TEXT NOT NULL, PRIMARY KEY(scope, cluster_id))",
    "CREATE INDEX IF NOT EXISTS match_cluster_story ON match_clusters(scope, story_id)",
    "CREATE TABLE IF NOT EXISTS match_sketches(scope TEXT, story_id TEXT, article_id TEXT, day INTEGER NOT NULL,"
    # With a rowid, new rows are stored together; WITHOUT ROWID would scatter them by key.
    " origin TEXT NOT NULL, sketch BLOB NOT NULL, PRIMARY KEY(scope, story_id, article_id))",
    # Finds the latest articles of a story without reading all of them.
    "CREATE INDEX IF NOT EXISTS match_latest ON match_sketches(scope, story_id, day DESC, article_id)",
    "CREATE TABLE IF NOT EXISTS match_scopes(scope TEXT PRIMARY KEY, day INTEGER NOT NULL, articles INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS match_forgotten(namespace TEXT, article_id TEXT, PRIMARY KEY(namespace, article_id))",
)
CACHE_KIB = 32_000
LEVEL = 1


def packed(article: Article) -> bytes:
    """Compress a decision."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(encode(article))


def unpacked(data: bytes) -> Article:
    """Return a compressed decision."""
    return decode(zstandard.ZstdDecompressor().decompress(data), Article)


class DecisionRow(NamedTuple):
    """A row of match_articles; `record` is the compressed decision."""

    scope: str
    article_id: str
    revision_id: str
    text_hash: str
    day: int
    record: bytes


class SketchRow(NamedTuple):
    """A row of match_sketches."""

    scope: str
    story_id: str
    article_id: str
    day: int
    origin: str
    sketch: bytes


class StorySize(NamedTuple):
    """Number of articles of a story, and its latest day (ordinal)."""

    story_id: str
    articles: int
    last_day: int


class Members(msgspec.Struct):
    """Features and statements of a cluster as they are stored."""

    members: list[msgspec.Raw]
    statements: list[msgspec.Raw] = []


@dataclass
class StoredCluster:
    """A cluster's snapshot, and its members' features and its statements as JSON."""

    cluster: Cluster
    members: list[msgspec.Raw]
    first_claim: str
    statements: list[msgspec.Raw] = field(default_factory=list)


class State:
    """The tables of a connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        for statement in SCHEMA:
            db.execute(statement)

    # -- decisions

    def decision(self, scope: str, article_id: str, revision_id: str) -> Article | None:
        """Return the decision on a revision, or None."""
        query = "SELECT record FROM match_articles WHERE scope = ? AND article_id = ? AND revision_id = ?"
        row = self._db.execute(query, (scope, article_id, revision_id)).fetchone()
        return unpacked(row[0]) if row else None

    def decisions(self, scope: str, article_id: str) -> Iterator[tuple[str, Article]]:
        """Yield the hash of the text and the decision of an article's revisions, the latest first."""
        query = "SELECT text_hash, record FROM match_articles WHERE scope = ? AND article_id = ? ORDER BY seq DESC"
        for text_hash, record in self._db.execute(query, (scope, article_id)):
            yield text_hash, unpacked(record)

    def with_text(self, scope: str, text_hash: str) -> Iterator[Article]:
        """Yield the decisions on articles with a text, the oldest first."""
        query = "SELECT record FROM match_articles WHERE scope = ? AND text_hash = ? ORDER BY seq"
        return (unpacked(row[0]) for row in self._db.execute(query, (scope, text_hash)))

    def add_decisions(self, rows: Iterable[DecisionRow]) -> None:
        """Add decisions, in order."""
        self._db.executemany(
            "INSERT INTO match_articles(scope, article_id, revision_id, text_hash, day, record) VALUES(?, ?, ?, ?, ?, ?)",
            rows,
        )

    def expire_decisions(self, scope: str, day: int, kept: int) -> int:
        """Delete the decisions on articles of earlier days, but not the latest `kept` of all; return their number."""
        query = "DELETE FROM match_articles WHERE scope = ? AND day < ? AND seq <= (SELECT MAX(seq) FROM match_articles) - ?"
        return self._db.execute(query, (scope, day, kept)).rowcount

    def cap_decisions(self, scope: str, most: int) -> int:
        """Delete all but the latest `most` decisions; return their number."""
        query = "SELECT seq FROM match_articles WHERE scope = ? ORDER BY seq DESC LIMIT 1 OFFSET ?"
        last = self._db.execute(query, (scope, most - 1)).fetchone()
        if last is None:
            return 0
        return self._db.execute("DELETE FROM match_articles WHERE scope = ? AND seq < ?", (scope, last[0])).rowcount

    def drop_article(self, scope: str, article_id: str) -> None:
        """Delete an article's decisions and sketch."""
        self._db.execute("DELETE FROM match_articles WHERE scope = ? AND article_id = ?", (scope, article_id))
        self._db.execute("DELETE FROM match_sketches WHERE scope = ? AND article_id = ?", (scope, article_id))

    # -- sketches

    def sketches(self, scope: str, story_id: str, but: str, most: int) -> Iterator[tuple[str, str, bytes]]:
        """Yield article id, origin and sketch of a story's latest articles, without one of them."""
        return self._db.execute(
            "SELECT article_id, origin, sketch FROM match_sketches WHERE scope = ? AND story_id = ? AND article_id <> ?"
            " ORDER BY day DESC, article_id LIMIT ?",
            (scope, story_id, but, most),
        )

    def articles(self, scope: str, story_id: str) -> list[str]:
        """Return the ids of a story's articles by day."""
        query = "SELECT article_id FROM match_sketches WHERE scope = ? AND story_id = ? ORDER BY day, article_id"
        return [article_id for (article_id,) in self._db.execute(query, (scope, story_id))]

    def put_sketches(self, rows: Iterable[SketchRow]) -> None:
        """Add or replace sketches."""
        self._db.executemany("INSERT OR REPLACE INTO match_sketches VALUES(?, ?, ?, ?, ?, ?)", rows)

    def expire_sketches(self, scope: str, day: int) -> None:
        """Delete the sketches of articles of earlier days."""
        self._db.execute("DELETE FROM match_sketches WHERE scope = ? AND day < ?", (scope, day))

    # -- stories

    def story(self, scope: str, story_id: str) -> Story | None:
        """Return a story's snapshot, or None."""
        query = "SELECT snapshot FROM match_stories WHERE scope = ? AND story_id = ?"
        row = self._db.execute(query, (scope, story_id)).fetchone()
        return decode(row[0], Story) if row else None

    def centroids(self, scope: str) -> Iterator[tuple[StorySize, bytes]]:
        """Yield each story with its centroid as JSON."""
        query = "SELECT story_id, articles, last_day, centroid FROM match_stories WHERE scope = ?"
        return ((StorySize(*size), centroid) for *size, centroid in self._db.execute(query, (scope,)))

    def story_sizes(self, scope: str) -> list[StorySize]:
        """Return the stories of a scope."""
        query = "SELECT story_id, articles, last_day FROM match_stories WHERE scope = ?"
        return [StorySize(*row) for row in self._db.execute(query, (scope,))]

    def put_story(self, scope: str, story: Story, centroid: bytes, last_day: int) -> None:
        """Add or replace a story."""
        row = (scope, story.story_id, encode(story), centroid, story.articles, last_day)
        self._db.execute("INSERT OR REPLACE INTO match_stories VALUES(?, ?, ?, ?, ?, ?)", row)

    def shrink_story(self, scope: str, story: Story, centroid: bytes | None) -> None:
        """Replace a story by one with fewer articles; its centroid is kept if that is None."""
        self._db.execute(
            "UPDATE match_stories SET snapshot = ?, articles = ?, centroid = coalesce(?, centroid)"
            " WHERE scope = ? AND story_id = ?",
            (encode(story), story.articles, centroid, scope, story.story_id),
        )

    def drop_story(self, scope: str, story_id: str) -> None:
        """Delete a story, but not its clusters."""
        self._db.execute("DELETE FROM match_stories WHERE scope = ? AND story_id = ?", (scope, story_id))

    def expire_story(self, scope: str, story_id: str) -> int:
        """Delete a story, its sketches and its clusters; return the number of clusters."""
        self.drop_story(scope, story_id)
        self._db.execute("DELETE FROM match_sketches WHERE scope = ? AND story_id = ?", (scope, story_id))
        query = "DELETE FROM match_clusters WHERE scope = ? AND story_id = ?"
        return self._db.execute(query, (scope, story_id)).rowcount

    # -- clusters

    def clusters(self, scope: str, story_id: str) -> Iterator[StoredCluster]:
        """Yield a story's clusters by id."""
        query = "SELECT snapshot, members, first_claim FROM match_clusters WHERE scope = ? AND story_id = ? ORDER BY cluster_id"
        for snapshot, members, first_claim in self._db.execute(query, (scope, story_id)):
            data = msgspec.json.decode(members, type=Members)
            yield StoredCluster(decode(snapshot, Cluster), data.members, first_claim, data.statements)

    def put_clusters(self, scope: str, clusters: Iterable[StoredCluster]) -> None:
        """Add or replace clusters."""
        rows = (
            (
                scope, c.cluster.cluster_id, c.cluster.story_id, encode(c.cluster),
                msgspec.json.encode(Members(c.members, c.statements)), c.first_claim,
            )
            for c in clusters
        )  # fmt: skip
        self._db.executemany("INSERT OR REPLACE INTO match_clusters VALUES(?, ?, ?, ?, ?, ?)", rows)

    def drop_cluster(self, scope: str, cluster_id: str) -> None:
        """Delete a cluster."""
        self._db.execute("DELETE FROM match_clusters WHERE scope = ? AND cluster_id = ?", (scope, cluster_id))

    # -- scopes

    def scopes(self, prefix: str) -> list[str]:
        """Return the scopes that begin with `prefix`, a namespace or a lane of one."""
        rows = self._db.execute("SELECT scope FROM match_scopes ORDER BY scope").fetchall()
        return [scope for (scope,) in rows if scope.startswith(prefix)]

    def clock(self, scope: str) -> tuple[int, int]:
        """Return the latest day of a scope and the number of its articles so far."""
        row = self._db.execute("SELECT day, articles FROM match_scopes WHERE scope = ?", (scope,)).fetchone()
        return row or (0, 0)

    def put_clocks(self, rows: Iterable[tuple[str, int, int]]) -> None:
        """Write scopes with their latest day and number of articles."""
        self._db.executemany("INSERT OR REPLACE INTO match_scopes VALUES(?, ?, ?)", rows)

    # -- erased articles

    def is_forgotten(self, namespace: str, article_id: str) -> bool:
        """Return whether later revisions of an article are rejected."""
        query = "SELECT 1 FROM match_forgotten WHERE namespace = ? AND article_id = ?"
        return self._db.execute(query, (namespace, article_id)).fetchone() is not None

    @contextmanager
    def erasing(self, namespace: str, article_id: str) -> Iterator[None]:
        """Note that later revisions of an article are rejected; overwrite with zeros what the block deletes."""
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("INSERT OR IGNORE INTO match_forgotten VALUES(?, ?)", (namespace, article_id))
        try:
            yield
        finally:
            self._db.execute("PRAGMA secure_delete = OFF")
