"""Matcher of one partition: an ordered fold for each lane and language, with its state in SQLite.

`process` decides on an article and folds it; `apply` and `refold` fold a recorded decision, to rebuild a lost state.
A decision is a function of state and article, without clock or randomness, and is stored with the article.
"""

import sqlite3
from collections.abc import Iterator
from functools import cache
from itertools import chain

import msgspec

from claimwire.ids import digest
from claimwire.ledger import rejection, same_text
from claimwire.records.articles import CleanArticle
from claimwire.records.base import Record
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story
from claimwire.records.vocabulary import QuantityRole, RejectReason, Verdict
from claimwire.topics import lane_key
from processors.match.cluster_history import folded, grown, with_origin
from processors.match.cluster_state import (
    MEANT,
    ClusterState,
    nearest_cluster,
    story_title,
)
from processors.match.clusters import THRESHOLD, Features, features_of
from processors.match.erasure import Forgotten, forget
from processors.match.fingerprint import Fingerprint, text_hash_of
from processors.match.folds import Fold, Kept
from processors.match.near_duplicates import origin_of
from processors.match.refold import Refold
from processors.match.sightings import body_first, claim_ids, renewed, sighting_of, withdrawal, withdrawn
from processors.match.state import DecisionRow, SketchRow, State, packed
from processors.match.stories import EMPTY, StoryIndex, StoryVector, Vectors, centrality, joined
from processors.match.vectors import shared
from processors.match.verdicts import Decision, Earlier, decide
from processors.match.verdicts.conditions import GivenCount
from processors.match.verdicts.statements import Statement, as_of, scene_of, statement_of
from processors.match.window import Limits, Window
from processors.report import reported

NOT_NEAR = "no earlier claim of the story is similar enough"
STORIES_IN_MEMORY = 500


class Matcher:
    """Matcher with its state in a database. The caller opens and ends the transactions."""

    def __init__(self, db: sqlite3.Connection, limits: Limits | None = None, namespace: str = "claimwire") -> None:
        self._state, self._namespace = State(db), namespace
        self._limits = limits or Limits()
        self._indexes: dict[str, StoryIndex] = {}
        self._working: dict[tuple[str, str], dict[str, ClusterState]] = {}
        self._window = Window(self._state, self._limits, lambda: None, self._drop)
        self._rebuilding: Refold | None = None

    @property
    def record_bytes(self) -> int:
        """Largest size of a decision with its fold."""
        return self._limits.record_bytes

    def forget_caches(self) -> None:
        """Clear the caches after a rolled back transaction, as they may be ahead of the tables."""
        self._rebuilding = None
        self._indexes.clear()
        self._working.clear()
        self._window.forget_caches()

    def flush(self) -> None:
        """Write the rows that `refold` keeps in memory, before a transaction ends."""
        if self._rebuilding is not None:
            self._rebuilding.flush()

    def refold(self, article: Article, data: bytes, fold: Fold) -> None:
        """Fold a recorded decision by the fold in its header; `data` is its JSON."""
        if self._rebuilding is None:
            self.forget_caches()
            self._rebuilding = Refold(self._state, self._namespace, self._limits)
        self._rebuilding.apply(article, data, fold)

    def _end_refold(self) -> None:
        if self._rebuilding is not None:
            self._rebuilding.flush()
            self._rebuilding = None

    def process(self, clean: CleanArticle, partition: int, offset: int) -> list[Record]:
        """Return the decision on a clean article, its sightings and the changed snapshots, in this order.

        For a redelivered revision, returns the recorded decision only.
        """
        return self.decide(clean, partition, offset)[0]

    def decide(self, clean: CleanArticle, partition: int, offset: int) -> tuple[list[Record], Fold | None]:
        """Return the records of `process` and the fold of a new decision; None without one.

        A revision with the text of the previous one has only an outcome, the withdrawal of an unknown article no record.
        """
        self._end_refold()
        if self._state.is_forgotten(self._namespace, clean.article_id):
            return [msgspec.structs.replace(rejection(clean, RejectReason.FORGOTTEN, "match"), url=None)], None
        if clean.withdrawn_at is not None:
            return self._withdraw(clean, partition, offset)
        scope = self._scope(clean)
        if before := self._state.decision(scope, clean.article_id, clean.revision_id):
            return [before], None
        if self._is_same_text(scope, clean):
            return [same_text(clean, "match")], None
        return self._decide(scope, clean, partition, offset)

    def _decide(self, scope: str, clean: CleanArticle, partition: int, offset: int) -> tuple[list[Record], Fold | None]:
        fingerprint = Fingerprint.of(clean)
        self._advance(scope, fingerprint.day)
        previous = self._latest(scope, clean.article_id)
        story_id, score = self._story_of(scope, clean, fingerprint, previous)
        duplicate_of, origin, copy_of = self._duplicate(scope, clean, fingerprint, story_id, previous)
        clusters = self._clusters(scope, story_id)
        known = claim_ids(previous)
        found = list(self._sightings(clean, story_id, origin, previous, clusters))
        chosen = reported(clean, [sighting for sighting, _ in found], known, self._limits.reports)
        title = story_title(self._state.story(scope, story_id), clean)
        sightings = tuple(msgspec.structs.replace(sighting, story_title=title) for sighting in chosen)
        article = Article(
            clean=clean,
            story_id=story_id,
            duplicate_of=duplicate_of,
            copy_of=copy_of,
            origin=origin,
            revision=previous.revision + 1 if previous else 1,
            sightings=sightings,
            changes=tuple(c for s in sightings if previous and s.claim_id not in known for c in s.changes),
            clean_partition=partition,
            clean_offset=offset,
            story_score=score,
        )
        story, centroid = self._fold_article(scope, article, fingerprint, previous)
        changed = self._save_clusters(scope, clusters, sightings, previous)
        kept, central = tuple(kept for _, kept in found), self._centrality(scope, fingerprint, story_id)
        fold = Fold(fingerprint.day, fingerprint.text_hash, fingerprint.sketch, kept, centroid, central)
        return [article, *sightings, *withdrawn(previous, article), *changed, *story], fold

    def _withdraw(self, clean: CleanArticle, partition: int, offset: int) -> tuple[list[Record], Fold | None]:
        """Return the decision on a removed page, whose language is unknown; nothing if the article is not in the window."""
        scopes = self._state.scopes(f"{self._namespace}/{lane_key(clean.lane, '')}")
        for scope in scopes:
            if known := self._state.decision(scope, clean.article_id, clean.revision_id):
                return [known], None
        latest = ((scope, self._latest(scope, clean.article_id)) for scope in scopes)
        scope, previous = next((found for found in latest if found[1]), ("", None))
        if previous is None:
            return [], None
        article, *sightings = withdrawal(previous, clean, partition, offset)
        assert isinstance(article, Article)
        fingerprint = Fingerprint.of(article.clean)
        self._advance(scope, fingerprint.day)
        self._fold_article(scope, article, fingerprint, previous)
        kept = (None,) * len(sightings)
        return [article, *sightings], Fold(fingerprint.day, fingerprint.text_hash, fingerprint.sketch, kept, None, 0.0)

    def forget(self, article_id: str) -> Forgotten:
        """Remove an article permanently: later revisions are rejected."""
        self._end_refold()
        self.forget_caches()
        return forget(self._state, self._namespace, article_id)

    def apply(self, article: Article) -> None:
        """Fold a recorded decision, unless it is folded already."""
        self._end_refold()
        clean = article.clean
        scope = self._scope(clean)
        if self._state.decision(scope, clean.article_id, clean.revision_id) is not None:
            return
        fingerprint = Fingerprint.of(clean)
        self._advance(scope, fingerprint.day)
        previous = self._latest(scope, clean.article_id)
        clusters = self._clusters(scope, article.story_id)
        known, scene = claim_ids(previous), scene_of(clean)
        for sighting in article.sightings:
            if sighting.claim_id not in known:
                features = features_of(sighting.claim, sighting.evidence, clean.language)
                mine = statement_of(sighting.claim, sighting.evidence, features, clean, article.origin, scene)
                self._fold(clusters, sighting, article.origin, features, mine)
        self._fold_article(scope, article, fingerprint, previous)
        self._save_clusters(scope, clusters, article.sightings, previous)

    def _advance(self, scope: str, day: int) -> None:
        self._window.advance(scope, day, self._index(scope).stories)
        self._window.save()

    def _drop(self, scope: str, story_id: str) -> None:
        self._index(scope).drop(story_id)
        self._working.pop((scope, story_id), None)

    def _scope(self, clean: CleanArticle) -> str:
        return f"{self._namespace}/{lane_key(clean.lane, clean.language)}"

    # -- articles

    def _latest(self, scope: str, article_id: str) -> Article | None:
        _, article = next(self._state.decisions(scope, article_id), ("", None))
        return self._in_window(scope, article)

    def _is_same_text(self, scope: str, clean: CleanArticle) -> bool:
        """Return whether a revision has the text of the revision fetched before it, if that is in the window.

        The latest revision may be a later one, if this one is delivered again.
        """
        revisions = self._state.decisions(scope, clean.article_id)
        text, before = next(((t, a) for t, a in revisions if a.clean.fetched_at <= clean.fetched_at), ("", None))
        known = self._in_window(scope, before)
        return known is not None and known.clean.withdrawn_at is None and text == text_hash_of(clean)

    def _in_window(self, scope: str, article: Article | None) -> Article | None:
        """Return the decision; None if its story has expired."""
        return article if article is not None and article.story_id in self._index(scope).stories else None

    def _duplicate(
        self, scope: str, clean: CleanArticle, fingerprint: Fingerprint, story_id: str, previous: Article | None
    ) -> tuple[str | None, str, str | None]:
        """Return (the earlier article with the same words, origin, the article that this one copies)."""
        same = self._state.with_text(scope, fingerprint.text_hash)
        first = next((a for a in same if self._in_window(scope, a)), None)
        if first is not None and first.clean.article_id != clean.article_id:
            return first.clean.article_id, first.origin, None
        if previous is not None:
            return None, previous.origin, previous.copy_of
        return None, *origin_of(self._state, scope, story_id, clean, fingerprint.sketch)

    def _fold_article(
        self, scope: str, article: Article, fingerprint: Fingerprint, previous: Article | None
    ) -> tuple[list[Story], bytes | None]:
        clean = article.clean
        ident, day = clean.article_id, fingerprint.day
        row = DecisionRow(scope, ident, clean.revision_id, fingerprint.text_hash, day, packed(article))
        self._state.add_decisions([row])
        self._state.put_sketches([SketchRow(scope, article.story_id, ident, day, article.origin, fingerprint.sketch)])
        if previous:
            return [], None
        story, centroid = self._fold_story(scope, article, fingerprint)
        return [story], centroid

    # -- stories

    def _index(self, scope: str) -> StoryIndex:
        index = self._indexes.get(scope)
        if index is None:
            index = self._indexes[scope] = StoryIndex()
            for size, centroid in self._state.centroids(scope):
                vectors = Vectors(*map(shared, msgspec.json.decode(centroid)))
                index.put(StoryVector(size.story_id, vectors, size.articles, size.last_day))
        return index

    def _story_of(
        self, scope: str, clean: CleanArticle, fingerprint: Fingerprint, previous: Article | None
    ) -> tuple[str, float]:
        if previous is not None:
            return previous.story_id, previous.story_score
        story_id, score = self._index(scope).nearest(fingerprint.vectors, fingerprint.day)
        return story_id or digest("story", clean.article_id), score

    def _centrality(self, scope: str, fingerprint: Fingerprint, story_id: str) -> float:
        return centrality(fingerprint.vectors, self._index(scope).stories[story_id])

    def _fold_story(self, scope: str, article: Article, fingerprint: Fingerprint) -> tuple[Story, bytes]:
        index, day = self._index(scope), fingerprint.day
        old = self._state.story(scope, article.story_id)
        vector = index.stories.get(article.story_id) or StoryVector(article.story_id, EMPTY, 0, day)
        vector = joined(vector, fingerprint.vectors, day)
        index.put(vector)
        centroid = msgspec.json.encode(vector.centroid)
        story = grown(old, article, vector.articles, centrality(fingerprint.vectors, vector))
        self._state.put_story(scope, story, centroid, vector.last_day)
        return story, centroid

    # -- claims

    def _clusters(self, scope: str, story_id: str) -> dict[str, ClusterState]:
        """Return the clusters of a story, cached for recent stories."""
        found = self._working.pop((scope, story_id), None)
        if found is None:
            found = {c.cluster.cluster_id: ClusterState.of(c) for c in self._state.clusters(scope, story_id)}
            if len(self._working) >= STORIES_IN_MEMORY:
                del self._working[next(iter(self._working))]
        self._working[scope, story_id] = found
        return found

    def _sightings(
        self,
        clean: CleanArticle,
        story_id: str,
        origin: str,
        previous: Article | None,
        clusters: dict[str, ClusterState],
    ) -> Iterator[tuple[Sighting, Kept | None]]:
        known = {s.claim_id: s for s in previous.sightings} if previous else {}
        placed: dict[str, str] = {}
        scene = scene_of(clean)
        for claim in body_first(clean):
            before = known.get(claim.claim_id)
            if before is not None:
                placed[claim.claim_id] = before.cluster_id
                yield renewed(before, clean, claim), None
                continue
            evidence = clean.text[claim.start : claim.end]
            features = features_of(claim, evidence, clean.language)
            mine = statement_of(claim, evidence, features, clean, origin, scene)
            refers = placed.get(claim.refers_to or "")
            cluster_id, score, parts = refers, 1.0, {"refers": 1.0}
            if cluster_id not in clusters:
                cluster_id, score, parts = nearest_cluster(features, mine, clusters)
            decision, compared = _decided(mine, clean, clusters, cluster_id, score, parts)
            if cluster_id is None or decision.verdict is Verdict.NEW:
                # A new claim begins a cluster, so that no cluster has two new ones.
                cluster_id = digest("cluster", claim.claim_id)
            placed[claim.claim_id] = cluster_id
            base = sighting_of(clean, claim, story_id, cluster_id, decision, compared, score)
            sighting = with_origin(base, clusters[cluster_id].cluster if cluster_id in clusters else None, origin)
            yield sighting, self._fold(clusters, sighting, origin, features, mine)

    def _fold(
        self, clusters: dict[str, ClusterState], sighting: Sighting, origin: str, features: Features, mine: Statement
    ) -> Kept:
        """Add a sighting to its cluster, and return the data that the cluster keeps."""
        working = clusters.get(sighting.cluster_id)
        old = working.cluster if working else None
        cluster = folded(old, sighting, origin, self._limits.cluster_values)
        if working is None:
            working = clusters[sighting.cluster_id] = ClusterState(cluster, [], sighting.claim_id)
        working.cluster = cluster
        statement = msgspec.structs.replace(mine, disputes=sighting.verdict is Verdict.CONTRADICTION)
        data = working.state(statement)
        # A claim that only refers to another ("disputed the figure") does not describe the cluster.
        is_description = sighting.claim.refers_to is None or not working.members
        is_kept = is_description and working.add(features)
        return Kept(bytes(features.encoded) if is_kept else b"", data)

    def _save_clusters(
        self, scope: str, clusters: dict[str, ClusterState], sightings: tuple[Sighting, ...], previous: Article | None
    ) -> list[Cluster]:
        known = claim_ids(previous)
        changed = list(dict.fromkeys(s.cluster_id for s in sightings if s.claim_id not in known))
        self._state.put_clusters(scope, (clusters[cluster_id].stored() for cluster_id in changed))
        snapshots = [clusters[c].cluster for c in changed]
        self._window.cap_clusters(scope, clusters)
        return snapshots


def _decided(
    mine: Statement,
    clean: CleanArticle,
    clusters: dict[str, ClusterState],
    cluster_id: str | None,
    score: float,
    parts: dict[str, float],
) -> tuple[Decision, str | None]:
    """Return the decision on a claim that joins a cluster, or begins one (None), and the claim that it was compared with."""
    if cluster_id is None:
        why = NOT_NEAR + (f" (best {score:.2f})" if score else "")
        return Decision(Verdict.NEW, (), why), None
    working = clusters[cluster_id]
    joined = [as_of(s, clean) for s in working.statements]

    ident = clean.article_id

    @cache
    def story(role: QuantityRole) -> list[GivenCount]:
        counts = chain.from_iterable(w.counted.get(role, ()) for w in clusters.values())
        return [pair if pair[0].article_id != ident else (as_of(pair[0], clean), pair[1]) for pair in counts]

    words = parts.get("words", 0.0)
    decision = decide(mine, Earlier(joined, story, words, "refers" in parts, MEANT in parts, working.stated()))
    if decision.verdict is Verdict.REPEAT and score < THRESHOLD:
        return Decision(Verdict.NEW, (), f"{NOT_NEAR} (best {score:.2f})"), None
    matched = ", ".join(f"{name} {value:.2f}" for name, value in sorted(parts.items()))
    return Decision(decision.verdict, decision.changes, f"{decision.why} (matched by {matched})"), working.first_claim
