"""Origins of articles: who wrote first, kept for the articles of the window. A copy corroborates nothing."""

import sqlite3

from claimwire.records.articles import CleanArticle
from claimwire.records.sightings import Article
from processors.match.near_duplicates import COPIED, containment, credited

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS match_sketches(scope TEXT, story_id TEXT, article_id TEXT, day INTEGER NOT NULL,"
    # With a rowid: what is added stands together, where the key would scatter it over the whole window.
    " origin TEXT NOT NULL, sketch BLOB NOT NULL, PRIMARY KEY(scope, story_id, article_id))",
    # The latest of a story are found without reading all of it.
    "CREATE INDEX IF NOT EXISTS match_latest ON match_sketches(scope, story_id, day DESC, article_id)",
)
# Of a story with more articles the latest are looked at: what is copied later than that is copied from a copy.
COMPARED = 300


class Origins:
    """Owns the table `match_sketches` of a connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        for statement in SCHEMA:
            db.execute(statement)

    def of(self, scope: str, story_id: str, clean: CleanArticle, sketch: bytes) -> tuple[str, str | None]:
        """(origin, the article that this one copies or None): a copy has the origin of what it copies, another article
        the agency that it credits, or its own source."""
        rows = self._db.execute(
            "SELECT article_id, origin, sketch FROM match_sketches WHERE scope = ? AND story_id = ? AND article_id <> ?"
            " ORDER BY day DESC, article_id LIMIT ?",
            (scope, story_id, clean.article_id, COMPARED),
        )
        best: tuple[float, str, str] = (0.0, "", "")
        for article_id, origin, other in rows:
            shared = containment(sketch, other, max(COPIED, best[0]))
            if (shared, article_id) > best[:2]:
                best = (shared, article_id, origin)
        if best[0] >= COPIED:
            return best[2], best[1]
        return credited(clean.dateline, clean.text) or clean.source, None

    def put(self, scope: str, article: Article, day: int, sketch: bytes) -> None:
        """Remember an article's sketch and origin."""
        self._db.execute(
            "INSERT OR REPLACE INTO match_sketches VALUES(?, ?, ?, ?, ?, ?)",
            (scope, article.story_id, article.clean.article_id, day, article.origin, sketch),
        )

    def forget(self, scope: str, story_id: str) -> None:
        """Forget a story's articles."""
        self._db.execute("DELETE FROM match_sketches WHERE scope = ? AND story_id = ?", (scope, story_id))

    def forget_before(self, scope: str, day: int) -> None:
        """Forget the articles of earlier days."""
        self._db.execute("DELETE FROM match_sketches WHERE scope = ? AND day < ?", (scope, day))
