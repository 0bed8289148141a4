"""Snapshots of claim clusters and stories; the newest record of a key is its current state."""

from datetime import date

from claimwire.records.base import Part, Record, Time
from claimwire.records.vocabulary import EventType, Modality, Operator, QuantityRole


class Value(Part, frozen=True, kw_only=True):
    """One value in a cluster, for the day `as_of`; `conflicts`: another claimant gives a different one."""

    role: QuantityRole
    unit: str
    value: float
    op: Operator
    value_max: float | None
    claim_id: str
    claimant: tuple[str, ...]
    source: str
    seen_at: Time
    origin: str = ""
    as_of: date | None = None
    conflicts: bool = False


class Cluster(Record, frozen=True, kw_only=True):
    """Snapshot of a claim cluster. Copies add no origin; `forgotten` counts erased sightings."""

    cluster_id: str
    story_id: str
    lane: str
    language: str
    event_type: EventType
    evidence: str
    sightings: int
    claimants: tuple[str, ...]
    sources: tuple[str, ...]
    origins: tuple[str, ...] = ()
    values: tuple[Value, ...]
    modalities: tuple[Modality, ...]
    first_seen_at: Time
    last_seen_at: Time
    dropped_values: int = 0
    forgotten: int = 0

    @property
    def is_shared(self) -> bool:
        """Return whether more than one sighting is in it: a snapshot of one shows nothing that its claim does not."""
        return self.sightings > 1

    @property
    def version(self) -> int:
        """Version of the snapshot: grows with each sighting folded in and each one erased."""
        return self.sightings + 2 * self.forgotten


class Story(Record, frozen=True, kw_only=True):
    """Snapshot of a story; `forgotten` counts erased articles, `title_score` is how central the title is."""

    story_id: str
    lane: str
    language: str
    title: str | None
    articles: int
    sources: tuple[str, ...]
    first_seen_at: Time
    last_seen_at: Time
    forgotten: int = 0
    title_score: float = 0.0

    @property
    def version(self) -> int:
        """Version of the snapshot: grows with each article folded in and each one erased."""
        return self.articles + 2 * self.forgotten
