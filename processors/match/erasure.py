"""Takes an article out of what the matcher knows: clusters and its story are as if it were never read, as far as the
articles of the window show.

Comparisons of other articles with it stay decided.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode, encode
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story, Value
from processors.match.cluster_history import marked
from processors.match.cluster_state import ClusterState, delete_cluster, save_cluster, stored_clusters
from processors.match.clusters import features_of
from processors.match.fingerprint import Fingerprint
from processors.match.state import decisions_of, known_scopes
from processors.match.stories import EMPTY, StoryVector, joined

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS match_forgotten(namespace TEXT, article_id TEXT, PRIMARY KEY(namespace, article_id))"
)
Told = dict[str, tuple[Sighting, Article]]


@dataclass(frozen=True)
class Forgotten:
    """The snapshots that are left without the article, None where nothing is; and the `revisions` that were decided."""

    clusters: dict[str, Cluster | None] = field(default_factory=dict)
    stories: dict[str, Story | None] = field(default_factory=dict)
    revisions: list[str] = field(default_factory=list)


def is_forgotten(db: sqlite3.Connection, namespace: str, article_id: str) -> bool:
    """Return whether the article is to be taken no more."""
    query = "SELECT 1 FROM match_forgotten WHERE namespace = ? AND article_id = ?"
    return db.execute(query, (namespace, article_id)).fetchone() is not None


def forget(db: sqlite3.Connection, namespace: str, article_id: str) -> Forgotten:
    """Take an article out of all scopes of a namespace, and remember that it is to be taken no more."""
    db.execute("PRAGMA secure_delete = ON")
    db.execute("INSERT OR IGNORE INTO match_forgotten VALUES(?, ?)", (namespace, article_id))
    found = Forgotten()
    for scope in known_scopes(db, f"{namespace}/"):
        _forget_in(db, scope, article_id, found)
    db.execute("PRAGMA secure_delete = OFF")
    return found


def _forget_in(db: sqlite3.Connection, scope: str, article_id: str, found: Forgotten) -> None:
    gone = _decisions(db, scope, article_id)
    if not gone:
        return
    found.revisions.extend(a.clean.revision_id for a in gone)
    db.execute("DELETE FROM match_articles WHERE scope = ? AND article_id = ?", (scope, article_id))
    db.execute("DELETE FROM match_sketches WHERE scope = ? AND article_id = ?", (scope, article_id))
    story_id = gone[-1].story_id
    others = "SELECT article_id FROM match_sketches WHERE scope = ? AND story_id = ? ORDER BY day, article_id"
    names = [name for (name,) in db.execute(others, (scope, story_id)).fetchall()]
    left = [decisions for name in names if (decisions := _decisions(db, scope, name))]
    row = db.execute(
        "SELECT snapshot FROM match_stories WHERE scope = ? AND story_id = ?", (scope, story_id)
    ).fetchone()
    if row is None:
        return
    found.stories[story_id] = _story_left(db, scope, decode(row[0], Story), gone[-1].clean, [d[0].clean for d in left])
    taken, kept = _told(gone), _told(a for decisions in left for a in decisions)
    for cluster_id, working in stored_clusters(db, scope, story_id).items():
        mine = {i: s for i, s in taken.items() if s[0].cluster_id == cluster_id}
        if mine:
            rest = {i: s for i, s in kept.items() if s[0].cluster_id == cluster_id}
            found.clusters[cluster_id] = _cluster_left(db, scope, working, mine, rest)
    # Of those that have fallen out of their story nothing is left to say how they were without the article.
    found.clusters.update({s.cluster_id: None for s, _ in taken.values() if s.cluster_id not in found.clusters})


def _decisions(db: sqlite3.Connection, scope: str, article_id: str) -> list[Article]:
    return [article for _, article in decisions_of(db, scope, article_id)][::-1]


def _told(articles: Iterable[Article]) -> Told:
    """The sightings of all revisions, each claim once, as it was first folded."""
    found: Told = {}
    for article in articles:
        for sighting in article.sightings:
            found.setdefault(sighting.claim_id, (sighting, article))
    return found


def _story_left(
    db: sqlite3.Connection, scope: str, old: Story, gone: CleanArticle, left: list[CleanArticle]
) -> Story | None:
    if old.articles <= 1:
        db.execute("DELETE FROM match_stories WHERE scope = ? AND story_id = ?", (scope, old.story_id))
        return None
    titles = [clean.title for clean in left if clean.title]
    story = msgspec.structs.replace(
        old,
        articles=old.articles - 1,
        forgotten=old.forgotten + 1,
        title=old.title if old.title != gone.title or old.title in titles else next(iter(titles), None),
        sources=_kept(old.sources, (gone.source,), (clean.source for clean in left)),
    )
    place = (scope, story.story_id)
    values = (encode(story), story.articles, *place)
    db.execute("UPDATE match_stories SET snapshot = ?, articles = ? WHERE scope = ? AND story_id = ?", values)
    if left:
        vector = StoryVector(story.story_id, EMPTY, 0, 0)
        for clean in left:
            look = Fingerprint.of(clean)
            vector = joined(vector, look.vectors, look.day)
        centroid = msgspec.json.encode(vector.centroid)
        db.execute("UPDATE match_stories SET centroid = ? WHERE scope = ? AND story_id = ?", (centroid, *place))
    return story


def _cluster_left(db: sqlite3.Connection, scope: str, working: ClusterState, gone: Told, left: Told) -> Cluster | None:
    old = working.cluster
    if old.sightings <= len(gone):
        delete_cluster(db, scope, old.cluster_id)
        return None
    values: tuple[Value, ...] = ()
    for value in old.values:
        if value.claim_id not in gone:
            values = (*values, marked(msgspec.structs.replace(value, conflicts=False), values))
    first = next(iter(left.values()), None)
    is_first_gone = old.evidence in {s.evidence for s, _ in gone.values()}
    working.cluster = msgspec.structs.replace(
        _told_by(old, gone, left, values),
        evidence=old.evidence if not is_first_gone else first[0].evidence if first else "",
        sightings=old.sightings - len(gone),
        forgotten=old.forgotten + len(gone),
        values=values,
    )
    if working.first_claim in gone and first:
        working.first_claim = first[0].claim_id
    out = [features_of(s.claim, s.evidence, s.language) for s, _ in gone.values()]
    working.members = [m for m in working.members if m not in out]
    left_said = [
        (s, data) for s, data in zip(working.statements, working.encoded, strict=True) if s.claim_id not in gone
    ]
    working.statements, working.encoded = [s for s, _ in left_said], [data for _, data in left_said]
    for sighting, _ in left.values():
        working.add(features_of(sighting.claim, sighting.evidence, sighting.language))
    save_cluster(db, scope, working)
    return working.cluster


def _told_by(old: Cluster, gone: Told, left: Told, values: tuple[Value, ...]) -> Cluster:
    """The cluster without the claimants, sources and origins that only the article that is gone had."""
    there = [(s.claim.claimant, s.source, a.origin) for s, a in left.values()]
    there += [(v.claimant, v.source, v.origin) for v in values]
    return msgspec.structs.replace(
        old,
        claimants=_kept(
            old.claimants, (c for s, _ in gone.values() for c in s.claim.claimant), (c for t in there for c in t[0])
        ),
        sources=_kept(old.sources, (s.source for s, _ in gone.values()), (source for _, source, _ in there)),
        origins=_kept(old.origins, (a.origin for _, a in gone.values()), (origin for _, _, origin in there)),
    )


def _kept(known: tuple[str, ...], gone: Iterable[str], left: Iterable[str]) -> tuple[str, ...]:
    """`known` without what only the article that is gone had said."""
    only = set(gone) - set(left)
    return tuple(k for k in known if k not in only)
