"""Rebuilds the matcher's tables from recorded decisions that took their folds along.

The tables end up as `Matcher.process` left them. Nothing is computed from the text, and rows are written together.
"""

import sqlite3
from dataclasses import dataclass, field

import msgspec
import zstandard

from claimwire.records.base import decode, encode
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story
from claimwire.topics import lane_key
from processors.match.cluster_history import folded, grown
from processors.match.cluster_state import Members
from processors.match.decisions import LEVEL
from processors.match.folds import Fold, Kept
from processors.match.origins import Origins
from processors.match.stories import EMPTY, StoryVector
from processors.match.verdicts.statements import MOST_STATEMENTS
from processors.match.window import Limits, Window

# A story may have clusters of `cluster_values` values: some 500 KB.
STORIES_IN_MEMORY = 120


@dataclass
class _Cluster:
    """As `ClusterState`, with its members' features and its statements as JSON."""

    cluster: Cluster
    members: list[msgspec.Raw]
    first_claim: str
    statements: list[msgspec.Raw] = field(default_factory=list)


@dataclass
class _Story:
    """Clusters and snapshot of a story, and what of it is to be written."""

    clusters: dict[str, _Cluster]
    snapshot: Story | None = None
    centroid: bytes | None = None
    changed: dict[str, None] = field(default_factory=dict)


class Refold:
    """Owns the `match_*` tables while a state is rebuilt."""

    def __init__(self, db: sqlite3.Connection, namespace: str, limits: Limits) -> None:
        self._db, self._namespace, self._limits = db, namespace, limits
        self._window = Window(db, limits, Origins(db), self.flush, self._drop)
        self._vectors: dict[str, dict[str, StoryVector]] = {}
        self._stories: dict[tuple[str, str], _Story] = {}
        self._articles: list[tuple[str, str, str, str, int, bytes]] = []
        self._sketches: list[tuple[str, str, str, int, str, bytes]] = []
        self._compressor = zstandard.ZstdCompressor(level=LEVEL)

    def apply(self, article: Article, data: bytes, fold: Fold) -> None:
        """Fold a decision; `data` is its JSON."""
        clean = article.clean
        scope = f"{self._namespace}/{lane_key(clean.lane, clean.language)}"
        vectors = self._of_scope(scope)
        self._window.advance(scope, fold.day, vectors)
        story = self._story(scope, article.story_id, article.story_id in vectors)
        for sighting, kept in zip(article.sightings, fold.kept, strict=True):
            if kept is not None:
                self._fold(story, sighting, article.origin, kept)
        for cluster_id in self._window.cap_clusters(scope, story.clusters):
            story.changed.pop(cluster_id, None)
        ids = (clean.article_id, clean.revision_id)
        self._articles.append((scope, *ids, fold.text_hash, fold.day, self._compressor.compress(data)))
        self._sketches.append((scope, article.story_id, ids[0], fold.day, article.origin, fold.sketch))
        if fold.centroid is not None:
            self._grow(vectors, story, article, fold, fold.centroid)

    def _of_scope(self, scope: str) -> dict[str, StoryVector]:
        found = self._vectors.get(scope)
        if found is None:
            query = "SELECT story_id, articles, last_day FROM match_stories WHERE scope = ?"
            rows = self._db.execute(query, (scope,)).fetchall()
            found = self._vectors[scope] = {i: StoryVector(i, EMPTY, articles, day) for i, articles, day in rows}
        return found

    def _story(self, scope: str, story_id: str, is_known: bool) -> _Story:
        found = self._stories.pop((scope, story_id), None)
        if found is None:
            if len(self._stories) >= STORIES_IN_MEMORY:
                self.flush()
                for key in list(self._stories)[: STORIES_IN_MEMORY // 2]:
                    del self._stories[key]
            found = self._stored(scope, story_id) if is_known else _Story({})
        self._stories[scope, story_id] = found
        return found

    def _stored(self, scope: str, story_id: str) -> _Story:
        place = (scope, story_id)
        query = "SELECT snapshot FROM match_stories WHERE scope = ? AND story_id = ?"
        row = self._db.execute(query, place).fetchone()
        story = _Story({}, decode(row[0], Story) if row else None)
        query = "SELECT snapshot, members, first_claim FROM match_clusters WHERE scope = ? AND story_id = ?"
        for snapshot, members, first_claim in self._db.execute(query, place):
            data, cluster = msgspec.json.decode(members, type=Members), decode(snapshot, Cluster)
            story.clusters[cluster.cluster_id] = _Cluster(cluster, data.members, first_claim, data.statements)
        return story

    def _fold(self, story: _Story, sighting: Sighting, origin: str, kept: Kept) -> None:
        known = story.clusters.get(sighting.cluster_id)
        cluster = folded(known.cluster if known else None, sighting, origin, self._limits.cluster_values)
        if known is None:
            known = story.clusters[sighting.cluster_id] = _Cluster(cluster, [], sighting.claim_id)
        known.cluster = cluster
        if kept.features:
            known.members.append(msgspec.Raw(kept.features))
        known.statements.append(msgspec.Raw(kept.statement))
        del known.statements[:-MOST_STATEMENTS]
        story.changed[sighting.cluster_id] = None

    def _grow(
        self, vectors: dict[str, StoryVector], story: _Story, article: Article, fold: Fold, centroid: bytes
    ) -> None:
        old, day = vectors.get(article.story_id), fold.day
        articles, last_day = (old.articles + 1, max(old.last_day, day)) if old else (1, day)
        vectors[article.story_id] = StoryVector(article.story_id, EMPTY, articles, last_day)
        story.snapshot, story.centroid = grown(story.snapshot, article, articles, fold.centrality), centroid

    def _drop(self, scope: str, story_id: str) -> None:
        del self._vectors[scope][story_id]
        self._stories.pop((scope, story_id), None)

    def flush(self) -> None:
        """Write all that is not written yet."""
        self._window.save()
        self._db.executemany(
            "INSERT INTO match_articles(scope, article_id, revision_id, text_hash, day, record) VALUES(?, ?, ?, ?, ?, ?)",
            self._articles,
        )
        self._db.executemany("INSERT OR REPLACE INTO match_sketches VALUES(?, ?, ?, ?, ?, ?)", self._sketches)
        self._articles.clear()
        self._sketches.clear()
        stories, clusters = [], []
        for (scope, story_id), story in self._stories.items():
            if story.centroid is not None and story.snapshot is not None:
                vector = self._vectors[scope][story_id]
                row = (scope, story_id, encode(story.snapshot), story.centroid, vector.articles, vector.last_day)
                stories.append(row)
                story.centroid = None
            clusters += [_row(scope, story.clusters[cluster_id]) for cluster_id in story.changed]
            story.changed.clear()
        self._db.executemany("INSERT OR REPLACE INTO match_stories VALUES(?, ?, ?, ?, ?, ?)", stories)
        self._db.executemany("INSERT OR REPLACE INTO match_clusters VALUES(?, ?, ?, ?, ?, ?)", clusters)


def _row(scope: str, known: _Cluster) -> tuple[str, str, str, bytes, bytes, str]:
    cluster, members = known.cluster, msgspec.json.encode(Members(known.members, known.statements))
    return scope, cluster.cluster_id, cluster.story_id, encode(cluster), members, known.first_claim
