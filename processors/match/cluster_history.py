"""History of clusters and stories: claimants, origins, and the values over time with conflicts marked. Pure."""

from typing import TypeVar

import msgspec

from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story, Value
from processors.match.verdicts.counts import agree, same_unit

S = TypeVar("S", bound=str)
NARRATOR = "narrator"
PUBLISHED_VALUES = 40
# A story takes the headline of a newer article whose centrality is at least this share of the greatest.
NEARLY = 0.85


def extended(known: tuple[S, ...], new: tuple[S, ...], limit: int = 100) -> tuple[S, ...]:
    """Return `known` with the new elements of `new` appended, at most `limit` in all."""
    if len(new) == 1:
        return known[:limit] if new[0] in known else (known + new)[:limit]
    return tuple(dict.fromkeys(known + new))[:limit]


def folded(old: Cluster | None, sighting: Sighting, origin: str, most_values: int) -> Cluster:
    """Return the cluster with one more sighting; it keeps the latest `most_values` values and counts the removed ones."""
    values = old.values if old else ()
    for value in values_of(sighting, origin):
        values = (*values, marked(value, values))
    overflow = max(0, len(values) - most_values)
    seen_at = sighting.first_seen_at
    return Cluster(
        cluster_id=sighting.cluster_id,
        story_id=sighting.story_id,
        lane=sighting.lane,
        language=sighting.language,
        event_type=old.event_type if old else sighting.claim.event_type,
        evidence=old.evidence if old else sighting.evidence,
        sightings=old.sightings + 1 if old else 1,
        claimants=extended(old.claimants if old else (), sighting.claim.claimant),
        sources=extended(old.sources if old else (), (sighting.source,)),
        origins=extended(old.origins if old else (), (origin,)),
        values=values[overflow:],
        modalities=extended(old.modalities if old else (), (sighting.claim.modality,)),
        first_seen_at=min(old.first_seen_at, seen_at) if old else seen_at,
        last_seen_at=max(old.last_seen_at, seen_at) if old else seen_at,
        dropped_values=(old.dropped_values if old else 0) + overflow,
        forgotten=old.forgotten if old else 0,
    )


def grown(old: Story | None, article: Article, articles: int, centrality: float) -> Story:
    """Return the story with one more article, the last of `articles`; it may take the headline of that article."""
    clean = article.clean
    is_headline = old is None or bool(clean.title and centrality >= NEARLY * old.title_score)
    return Story(
        story_id=article.story_id,
        lane=clean.lane,
        language=clean.language,
        title=clean.title if old is None or is_headline else old.title,
        title_score=max(centrality, old.title_score) if old and is_headline else old.title_score if old else centrality,
        articles=articles,
        sources=extended(old.sources if old else (), (clean.source,)),
        first_seen_at=old.first_seen_at if old else clean.first_seen_at,
        last_seen_at=max(old.last_seen_at, clean.first_seen_at) if old else clean.first_seen_at,
        forgotten=old.forgotten if old else 0,
    )


def values_of(sighting: Sighting, origin: str) -> tuple[Value, ...]:
    """Return the numbers of a sighting as values of its cluster; `as_of` is the date of the claim or of publication."""
    event_date = sighting.claim.event_date
    seen = sighting.published_at or sighting.first_seen_at
    return tuple(
        Value(
            role=q.role,
            unit=q.unit,
            value=q.value,
            op=q.op,
            value_max=q.value_max,
            claim_id=sighting.claim_id,
            claimant=sighting.claim.claimant,
            source=sighting.source,
            origin=origin,
            as_of=event_date.end if event_date else seen.date(),
            seen_at=sighting.first_seen_at,
        )
        for q in sighting.claim.quantities
    )


def published(cluster: Cluster) -> Cluster:
    """Return the snapshot to publish, with the latest PUBLISHED_VALUES distinct values.

    Clusters are published for each sighting; with all values they would take most of the log.
    """
    first: dict[tuple[object, ...], Value] = {}
    for value in cluster.values:
        first.setdefault(_key(value), value)
    values = tuple(first.values())
    overflow = max(0, len(values) - PUBLISHED_VALUES)
    if len(values) - overflow == len(cluster.values):
        return cluster
    dropped = cluster.dropped_values + overflow
    return msgspec.structs.replace(cluster, values=values[overflow:], dropped_values=dropped)


def _key(value: Value) -> tuple[object, ...]:
    """Return the fields in which repeated values are equal."""
    return (
        value.role, value.unit, value.op, value.value, value.value_max, value.claimant, value.origin, value.as_of,
        value.conflicts,
    )  # fmt: skip


def marked(value: Value, before: tuple[Value, ...]) -> Value:
    """Return the value; `conflicts` is set if it differs from another claimant's of its day, or contradicts the order of days."""
    # Outlets report numbers of others in their own words: a later number is an update, not a dispute.
    if NARRATOR in value.claimant:
        return value
    is_conflict = any(other.role == value.role and _conflicts(value, other) for other in before)
    return msgspec.structs.replace(value, conflicts=True) if is_conflict else value


def _conflicts(value: Value, other: Value) -> bool:
    if NARRATOR in other.claimant or not same_unit(value.unit, other.unit):
        return False
    if set(value.claimant) & set(other.claimant) or agree(value, other):
        return False
    if value.as_of is None or other.as_of is None or value.as_of == other.as_of:
        return True
    return (value.value < other.value) == (value.as_of > other.as_of)


def with_origin(sighting: Sighting, old: Cluster | None, origin: str) -> Sighting:
    """Return the sighting with its origin and the number of independent origins of its cluster, including this one."""
    before = old.origins if old else ()
    counted = extended(before, (origin,))
    return msgspec.structs.replace(
        sighting, origin=origin, origin_count=len(counted), adds_origin=len(counted) > len(before)
    )
