"""Clusters of a story while articles are folded, and the search of the nearest one to a claim."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from claimwire.records.articles import CleanArticle
from claimwire.records.stories import Cluster, Story
from claimwire.records.vocabulary import QuantityRole
from processors.claims.events.quantity_roles import HUMAN
from processors.match.clusters import (
    MEMBERS_KEPT,
    NEAR,
    THRESHOLD,
    TOLL_ROLES,
    Features,
    has_evidence,
    is_near_in_words,
    is_same_wording,
    nearness,
    probability,
)
from processors.match.state import StoredCluster
from processors.match.vectors import overlap
from processors.match.verdicts.conditions import (
    GivenCount,
    comparable,
    could_be_one_event,
    is_disputed_count,
    may_deny,
    may_take_back,
)
from processors.match.verdicts.statements import MOST_STATEMENTS, Statement

# Name of the comparison if a claim denies or takes back a claim of the cluster.
MEANT = "meant"
# Least share of the shorter claim's words in the other one, if one denies or takes back the other.
MOST_WORDS = 0.5
# Length in characters of a title made from the beginning of a text.
TITLE_LENGTH = 120


# Roles whose counts of people join the cluster of a comparable count without similar words.
JOINING = TOLL_ROLES | {QuantityRole.INFECTED, QuantityRole.AFFECTED, QuantityRole.PARTICIPATED}


@dataclass
class ClusterState:
    """A cluster while an article is folded: its snapshot, the features of its members, and its latest statements.

    `marks` and `words` are those of all members; `counted` are the counts of its statements by role, `encoded` the statements
    as JSON, cached because a cluster is written with all of them each time that it grows.
    """

    cluster: Cluster
    members: list[Features]
    first_claim: str
    statements: list[Statement] = field(default_factory=list)
    encoded: list[msgspec.Raw] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    counted: dict[QuantityRole, list[GivenCount]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._mark(self.members)
        for statement in self.statements:
            self._count(statement)

    @classmethod
    def of(cls, stored: StoredCluster) -> "ClusterState":
        """Return the state of a stored cluster."""
        features = [Features.from_json(msgspec.json.decode(m)) for m in stored.members]
        statements = [msgspec.json.decode(s, type=Statement) for s in stored.statements]
        return cls(stored.cluster, features, stored.first_claim, statements, stored.statements)

    def stored(self) -> StoredCluster:
        """Return the cluster in the form in which it is stored."""
        return StoredCluster(self.cluster, [f.encoded for f in self.members], self.first_claim, self.encoded)

    def stated(self) -> set[str]:
        """Return the numbers with a known role (`role/unit/value`) of its members."""
        return set(chain.from_iterable(member.stated for member in self.members))

    def add(self, features: Features) -> bool:
        """Add the features of a claim and return True, unless they are known or there are MEMBERS_KEPT already."""
        if len(self.members) >= MEMBERS_KEPT or features in self.members:
            return False
        self.members.append(features)
        self._mark([features])
        return True

    def _mark(self, members: Iterable[Features]) -> None:
        for features in members:
            self.marks |= features.marks
            self.words.update(features.words)

    def state(self, statement: Statement) -> bytes:
        """Add a statement, remove the oldest over MOST_STATEMENTS, and return the statement's JSON."""
        data = msgspec.json.encode(statement)
        self.statements.append(statement)
        self.encoded.append(msgspec.Raw(data))
        self._count(statement)
        del self.encoded[:-MOST_STATEMENTS]
        while len(self.statements) > MOST_STATEMENTS:
            for count in self.statements.pop(0).counts:
                del self.counted[count.role][0]
        return data

    def _count(self, statement: Statement) -> None:
        for count in statement.counts:
            self.counted.setdefault(count.role, []).append((statement, count))


def nearest_cluster(
    features: Features, mine: Statement, clusters: dict[str, ClusterState]
) -> tuple[str | None, float, dict[str, float]]:
    """Return the cluster with the most similar member, its score and the parts of the score; None below NEAR.

    Clusters that have only an event type or a few words in common are not compared. If none reaches THRESHOLD, a toll joins
    the cluster with most comparable tolls of the story, and a count the cluster of the count that it disputes.
    """
    if mine.takes_back and (found := _cluster_meant(features, mine, clusters, may_take_back)):
        return found[1], THRESHOLD, {"claimant": 1.0, MEANT: found[0], "words": found[0]}
    if mine.denies and (found := _cluster_meant(features, mine, clusters, may_deny)):
        return found[1], THRESHOLD, {MEANT: found[0], "words": found[0]}
    best: tuple[float, str, dict[str, float]] = (-math.inf, "", {})
    for cluster_id, working in clusters.items():
        if features.marks.isdisjoint(working.marks) and (
            features.heavy.isdisjoint(working.words) or not is_near_in_words(features, working.members)
        ):
            continue
        if not any(could_be_one_event(mine, other) for other in working.statements):
            continue
        odds, parts = nearness(features, working.members, best[0])
        if not has_evidence(parts):
            continue
        if odds > best[0] or (odds == best[0] and cluster_id > best[1]):
            best = (odds, cluster_id, parts)
    score = probability(best[0]) if best[1] else 0.0
    if is_same_wording(best[2]):
        score = max(score, THRESHOLD)
    if score >= THRESHOLD:
        return best[1], score, best[2]
    if toll := _cluster_of_toll(mine, clusters) or _cluster_disputed(mine, clusters):
        return toll, THRESHOLD, {"toll": 1.0}
    return best[1] if score >= NEAR else None, score, best[2]


def _cluster_meant(
    features: Features,
    mine: Statement,
    clusters: dict[str, ClusterState],
    may_mean: Callable[[Statement, Statement], bool],
) -> tuple[float, str] | None:
    """Return (overlap, cluster) of the claim that this one denies or takes back; None without one.

    Words have equal weights here: with weights, one rare word in all claims of a story would make any two of them similar.
    """
    found = [
        (max(overlap(features.words, member.words) for member in working.members), cluster_id)
        for cluster_id, working in clusters.items()
        if working.members and any(may_mean(mine, other) for other in working.statements)
    ]
    best = max(found, default=None)
    return best if best is not None and best[0] >= MOST_WORDS else None


def _cluster_of_toll(mine: Statement, clusters: dict[str, ClusterState]) -> str | None:
    """Return the cluster with most counts of people that are comparable with one of the claim; None without one."""
    found = Counter(
        cluster_id
        for count in mine.counts
        if count.role in JOINING and count.unit in HUMAN
        for cluster_id, working in clusters.items()
        for _ in comparable(mine, count, working.counted.get(count.role, ()))
    )
    return max(found, key=lambda cluster_id: (found[cluster_id], cluster_id), default=None)


def _cluster_disputed(mine: Statement, clusters: dict[str, ClusterState]) -> str | None:
    """Return the cluster of the count that another named claimant of the article gives for the same thing, or None."""
    if not mine.is_contrast:
        return None
    found = [
        (other.order, cluster_id)
        for count in mine.counts
        for cluster_id, working in clusters.items()
        for other, old in working.counted.get(count.role, ())
        if is_disputed_count(mine, count, other, old)
    ]
    return max(found)[1] if found else None


def story_title(story: Story | None, clean: CleanArticle) -> str:
    """Return the title of a story before an article is added, else the article's title or first words."""
    known = story.title if story else None
    return known or clean.title or clean.text.split("\n", 1)[0][:TITLE_LENGTH]
