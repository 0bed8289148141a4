"""Snapshots of claim clusters and stories: the newest of each key is what is known."""

from datetime import date

from claimwire.records import Part, Record, Time
from claimwire.vocabulary import EventType, Modality, Operator, QuantityRole


class Value(Part, frozen=True, kw_only=True):
    """One value seen in a cluster; `as_of` is the day that it is reported for; `conflicts`: another claimant says otherwise."""

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
    """Snapshot of a claim cluster. A copy adds no origin; `forgotten` sightings were taken out of it again."""

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
    def version(self) -> int:
        """Grows with each sighting folded in, and with each taken out."""
        return self.sightings + 2 * self.forgotten


class Story(Record, frozen=True, kw_only=True):
    """Snapshot of a story; `forgotten` articles were removed again, `title_score` is how central the title's article is."""

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
        """Grows with each article folded in, and with each taken out."""
        return self.articles + 2 * self.forgotten
