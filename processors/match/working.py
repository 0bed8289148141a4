"""The clusters of a story while articles are folded into it, and which of them a claim is nearest to."""

import math
import sqlite3
from dataclasses import dataclass, field

import msgspec

from claimwire.records import Sighting, decode, encode
from claimwire.snapshots import Cluster
from claimwire.vocabulary import Modality
from processors.match.clusters import (
    MEMBERS_KEPT,
    THRESHOLD,
    Features,
    is_near_in_words,
    nearness,
    probability,
)


@dataclass
class Working:
    """A cluster while an article is folded: its snapshot, its members' features, the planned dates seen.

    `marks` are all that its members can share with a claim but words and types.
    """

    cluster: Cluster
    members: list[Features]
    first_claim: str
    dates: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.marks.update(*(m.marks for m in self.members))

    def add(self, features: Features) -> bool:
        """Take a claim's features in, of up to MEMBERS_KEPT claims that differ; returns whether they were."""
        if len(self.members) >= MEMBERS_KEPT or features in self.members:
            return False
        self.members.append(features)
        self.marks |= features.marks
        return True

    def note(self, sighting: Sighting) -> None:
        """Remember the date of what is planned."""
        if day := planned_day(sighting):
            self.dates.add(day)


def planned_day(sighting: Sighting) -> str | None:
    """The day for which a sighting says that something is planned."""
    claim = sighting.claim
    return str(claim.event_date.start) if claim.modality == Modality.PLANNED and claim.event_date else None


def nearest_cluster(features: Features, clusters: dict[str, Working]) -> tuple[str | None, float, dict[str, float]]:
    """The cluster with the most similar member, its score and the score's parts; None under the threshold.

    Clusters that cannot reach it, having nothing in common but a type or a few words, are not compared.
    """
    best: tuple[float, str, dict[str, float]] = (-math.inf, "", {})
    for cluster_id, working in clusters.items():
        if features.marks.isdisjoint(working.marks) and not is_near_in_words(features, working.members):
            continue
        odds, parts = nearness(features, working.members, best[0])
        if odds > best[0] or (odds == best[0] and cluster_id > best[1]):
            best = (odds, cluster_id, parts)
    score = probability(best[0]) if best[1] else 0.0
    return (best[1] if score >= THRESHOLD else None), score, best[2]


def stored_clusters(db: sqlite3.Connection, scope: str, story_id: str) -> dict[str, Working]:
    """The clusters of a story, by id."""
    rows = db.execute(
        "SELECT cluster_id, snapshot, members, first_claim FROM match_clusters"
        " WHERE scope = ? AND story_id = ? ORDER BY cluster_id",
        (scope, story_id),
    ).fetchall()
    found = {}
    for cluster_id, snapshot, members, first_claim in rows:
        data = msgspec.json.decode(members)
        features = [Features.from_json(m) for m in data["members"]]
        found[cluster_id] = Working(decode(snapshot, Cluster), features, first_claim, set(data["dates"]))
    return found


def save_cluster(db: sqlite3.Connection, scope: str, working: Working) -> None:
    """Write a cluster as it is now."""
    cluster = working.cluster
    members = {"members": [f.encoded for f in working.members], "dates": sorted(working.dates)}
    row = (scope, cluster.cluster_id, cluster.story_id, encode(cluster), msgspec.json.encode(members))
    db.execute("INSERT OR REPLACE INTO match_clusters VALUES(?, ?, ?, ?, ?, ?)", (*row, working.first_claim))


def delete_cluster(db: sqlite3.Connection, scope: str, cluster_id: str) -> None:
    """Delete a cluster of which nothing is left."""
    db.execute("DELETE FROM match_clusters WHERE scope = ? AND cluster_id = ?", (scope, cluster_id))
