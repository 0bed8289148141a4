"""Clusters as they grow: claimants, origins, and the series of values with what conflicts marked. Pure."""

from typing import TypeVar

import msgspec

from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story, Value
from processors.match.verdicts.counts import agree, same_unit

S = TypeVar("S", bound=str)
NARRATOR = "narrator"
PUBLISHED_VALUES = 40
# An article nearly as central as the most central one brings the newer headline.
NEARLY = 0.85


def extended(known: tuple[S, ...], new: tuple[S, ...], limit: int = 100) -> tuple[S, ...]:
    """`known` with what is new in `new`, bounded."""
    if len(new) == 1:
        return known[:limit] if new[0] in known else (known + new)[:limit]
    return tuple(dict.fromkeys(known + new))[:limit]


def folded(old: Cluster | None, sighting: Sighting, origin: str, most_values: int) -> Cluster:
    """The cluster with one more sighting; of more values than `most_values` the oldest fall out, counted."""
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
    """The story with one more article, of now `articles`; it has the newest headline of those about as central as any."""
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
    """The numbers of a sighting as values of its cluster; `as_of` is the claim's own date, else the publication's."""
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
    """The snapshot for readers: of its values the latest PUBLISHED_VALUES, without those that only repeat one.

    A cluster grows with each sighting and is published as often: with all its values it would be most of the log.
    """
    first: dict[tuple[object, ...], Value] = {}
    for value in cluster.values:
        first.setdefault(_sameness(value), value)
    values = tuple(first.values())
    overflow = max(0, len(values) - PUBLISHED_VALUES)
    if len(values) - overflow == len(cluster.values):
        return cluster
    dropped = cluster.dropped_values + overflow
    return msgspec.structs.replace(cluster, values=values[overflow:], dropped_values=dropped)


def _sameness(value: Value) -> tuple[object, ...]:
    """The same number of the same thing on the same day, by the same claimant from the same origin, says nothing new."""
    return (
        value.role, value.unit, value.op, value.value, value.value_max, value.claimant, value.origin, value.as_of,
        value.conflicts,
    )  # fmt: skip


def marked(value: Value, before: tuple[Value, ...]) -> Value:
    """The value, marked where another claimant gave another one for the same day, or a higher one for an earlier day."""
    # An outlet has from somebody what it says in its own words: the later report is news, not dissent.
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
    """A sighting with its origin, and how many independent origins have said it, itself among them."""
    before = old.origins if old else ()
    counted = extended(before, (origin,))
    return msgspec.structs.replace(
        sighting, origin=origin, origin_count=len(counted), adds_origin=len(counted) > len(before)
    )
