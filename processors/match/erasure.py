"""Erasure: removes an article from the matcher's state. Its story and clusters are recomputed from the other articles of the
window; decisions on those are not changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from claimwire.records.articles import CleanArticle
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story, Value
from processors.match.cluster_history import marked
from processors.match.cluster_state import ClusterState
from processors.match.clusters import features_of
from processors.match.fingerprint import Fingerprint
from processors.match.state import State
from processors.match.stories import EMPTY, StoryVector, joined

Sightings = dict[str, tuple[Sighting, Article]]


@dataclass(frozen=True)
class Forgotten:
    """Snapshots of clusters and stories without the article, None for removed ones, and its decided `revisions`."""

    clusters: dict[str, Cluster | None] = field(default_factory=dict)
    stories: dict[str, Story | None] = field(default_factory=dict)
    revisions: list[str] = field(default_factory=list)


def forget(state: State, namespace: str, article_id: str) -> Forgotten:
    """Remove an article from all scopes of a namespace, and reject later revisions."""
    found = Forgotten()
    with state.erasing(namespace, article_id):
        for scope in state.scopes(f"{namespace}/"):
            _forget_in(state, scope, article_id, found)
    return found


def _forget_in(state: State, scope: str, article_id: str, found: Forgotten) -> None:
    gone = _decisions(state, scope, article_id)
    if not gone:
        return
    found.revisions.extend(a.clean.revision_id for a in gone)
    state.drop_article(scope, article_id)
    story_id = gone[-1].story_id
    others = [decisions for name in state.articles(scope, story_id) if (decisions := _decisions(state, scope, name))]
    story = state.story(scope, story_id)
    if story is None:
        return
    found.stories[story_id] = _story_left(state, scope, story, gone[-1].clean, [d[0].clean for d in others])
    removed, kept = _sightings(gone), _sightings(a for decisions in others for a in decisions)
    for working in [ClusterState.of(stored) for stored in state.clusters(scope, story_id)]:
        cluster_id = working.cluster.cluster_id
        mine = {i: s for i, s in removed.items() if s[0].cluster_id == cluster_id}
        if mine:
            rest = {i: s for i, s in kept.items() if s[0].cluster_id == cluster_id}
            found.clusters[cluster_id] = _cluster_left(state, scope, working, mine, rest)
    # Expired clusters cannot be recomputed, so their snapshots are removed.
    found.clusters.update({s.cluster_id: None for s, _ in removed.values() if s.cluster_id not in found.clusters})


def _decisions(state: State, scope: str, article_id: str) -> list[Article]:
    return [article for _, article in state.decisions(scope, article_id)][::-1]


def _sightings(articles: Iterable[Article]) -> Sightings:
    """Return the sightings of all revisions by claim, each as it was first folded."""
    found: Sightings = {}
    for article in articles:
        for sighting in article.sightings:
            found.setdefault(sighting.claim_id, (sighting, article))
    return found


def _story_left(state: State, scope: str, old: Story, gone: CleanArticle, left: list[CleanArticle]) -> Story | None:
    if old.articles <= 1:
        state.drop_story(scope, old.story_id)
        return None
    titles = [clean.title for clean in left if clean.title]
    story = msgspec.structs.replace(
        old,
        articles=old.articles - 1,
        forgotten=old.forgotten + 1,
        title=old.title if old.title != gone.title or old.title in titles else next(iter(titles), None),
        sources=_kept(old.sources, (gone.source,), (clean.source for clean in left)),
    )
    vector = StoryVector(story.story_id, EMPTY, 0, 0)
    for clean in left:
        fingerprint = Fingerprint.of(clean)
        vector = joined(vector, fingerprint.vectors, fingerprint.day)
    state.shrink_story(scope, story, msgspec.json.encode(vector.centroid) if left else None)
    return story


def _cluster_left(state: State, scope: str, working: ClusterState, gone: Sightings, left: Sightings) -> Cluster | None:
    old = working.cluster
    if old.sightings <= len(gone):
        state.drop_cluster(scope, old.cluster_id)
        return None
    values: tuple[Value, ...] = ()
    for value in old.values:
        if value.claim_id not in gone:
            values = (*values, marked(msgspec.structs.replace(value, conflicts=False), values))
    first = next(iter(left.values()), None)
    is_first_gone = old.evidence in {s.evidence for s, _ in gone.values()}
    working.cluster = msgspec.structs.replace(
        _without_names(old, gone, left, values),
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
    state.put_clusters(scope, [working.stored()])
    return working.cluster


def _without_names(old: Cluster, gone: Sightings, left: Sightings, values: tuple[Value, ...]) -> Cluster:
    """Return the cluster without claimants, sources and origins that only the removed article had."""
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
    """Return `known` without the names that are in `gone` but not in `left`."""
    only = set(gone) - set(left)
    return tuple(k for k in known if k not in only)
