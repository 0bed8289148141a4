"""The matcher's tables of decisions and scopes."""

import sqlite3
from collections.abc import Iterator

from claimwire.records.sightings import Article
from processors.match.decisions import unpacked

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
)


def recorded(db: sqlite3.Connection, scope: str, article_id: str, revision_id: str) -> Article | None:
    """The decision on a revision, or None."""
    query = "SELECT record FROM match_articles WHERE scope = ? AND article_id = ? AND revision_id = ?"
    row = db.execute(query, (scope, article_id, revision_id)).fetchone()
    return unpacked(row[0]) if row else None


def decisions_of(db: sqlite3.Connection, scope: str, article_id: str) -> Iterator[tuple[str, Article]]:
    """Hash of the text and decision of an article's revisions, the latest first."""
    query = "SELECT text_hash, record FROM match_articles WHERE scope = ? AND article_id = ? ORDER BY seq DESC"
    for text_hash, record in db.execute(query, (scope, article_id)):
        yield text_hash, unpacked(record)


def known_scopes(db: sqlite3.Connection, prefix: str) -> list[str]:
    """The scopes that begin with `prefix`, a namespace or a lane of one."""
    rows = db.execute("SELECT scope FROM match_scopes ORDER BY scope").fetchall()
    return [scope for (scope,) in rows if scope.startswith(prefix)]
