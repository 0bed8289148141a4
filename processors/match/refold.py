"""Rebuild of the matcher's tables from recorded decisions with their folds.

The tables become the same as after `Matcher.process`. Nothing is computed from the text, and rows are written in batches.
"""

from dataclasses import dataclass, field

import msgspec
import zstandard

from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Story
from claimwire.topics import lane_key
from processors.match.cluster_history import folded, grown
from processors.match.folds import Fold, Kept
from processors.match.state import LEVEL, DecisionRow, SketchRow, State, StoredCluster
from processors.match.stories import EMPTY, StoryVector
from processors.match.verdicts.statements import MOST_STATEMENTS
from processors.match.window import Limits, Window

# A story with long clusters takes some 500 KB.
STORIES_IN_MEMORY = 120


@dataclass
class _Story:
    """Clusters, snapshot and centroid of a story; `changed` are the ids of clusters to write."""

    clusters: dict[str, StoredCluster]
    snapshot: Story | None = None
    centroid: bytes | None = None
    changed: dict[str, None] = field(default_factory=dict)


class Refold:
    """Writer of the state during a rebuild."""

    def __init__(self, state: State, namespace: str, limits: Limits) -> None:
        self._state, self._namespace, self._limits = state, namespace, limits
        self._window = Window(state, limits, self.flush, self._drop)
        self._vectors: dict[str, dict[str, StoryVector]] = {}
        self._stories: dict[tuple[str, str], _Story] = {}
        self._decisions: list[DecisionRow] = []
        self._sketches: list[SketchRow] = []
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
        ident, record = clean.article_id, self._compressor.compress(data)
        self._decisions.append(DecisionRow(scope, ident, clean.revision_id, fold.text_hash, fold.day, record))
        self._sketches.append(SketchRow(scope, article.story_id, ident, fold.day, article.origin, fold.sketch))
        if fold.centroid is not None:
            self._grow(vectors, story, article, fold, fold.centroid)

    def _of_scope(self, scope: str) -> dict[str, StoryVector]:
        found = self._vectors.get(scope)
        if found is None:
            sizes = self._state.story_sizes(scope)
            found = self._vectors[scope] = {i: StoryVector(i, EMPTY, articles, day) for i, articles, day in sizes}
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
        clusters = {c.cluster.cluster_id: c for c in self._state.clusters(scope, story_id)}
        return _Story(clusters, self._state.story(scope, story_id))

    def _fold(self, story: _Story, sighting: Sighting, origin: str, kept: Kept) -> None:
        known = story.clusters.get(sighting.cluster_id)
        cluster = folded(known.cluster if known else None, sighting, origin, self._limits.cluster_values)
        if known is None:
            known = story.clusters[sighting.cluster_id] = StoredCluster(cluster, [], sighting.claim_id)
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
        """Write all rows that are not written yet."""
        self._window.save()
        self._state.add_decisions(self._decisions)
        self._state.put_sketches(self._sketches)
        self._decisions.clear()
        self._sketches.clear()
        for (scope, story_id), story in self._stories.items():
            if story.centroid is not None and story.snapshot is not None:
                last_day = self._vectors[scope][story_id].last_day
                self._state.put_story(scope, story.snapshot, story.centroid, last_day)
                story.centroid = None
            self._state.put_clusters(scope, [story.clusters[cluster_id] for cluster_id in story.changed])
            story.changed.clear()
