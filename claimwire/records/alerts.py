"""Alerts, and the policy by which they are sent."""

from claimwire.records.base import Part, Record, Time
from claimwire.records.sightings import Change
from claimwire.records.vocabulary import Modality, Severity, Verdict


class Policy(Part, frozen=True, kw_only=True):
    """Delays before a rule's alerts are sent, in seconds (0: at once); `quiet_hours` as "22:00-06:00 Europe/Paris"."""

    hold: float = 0.0
    at_most_every: float = 0.0
    digest: float = 0.0
    quiet_hours: str = ""


class Alert(Record, frozen=True, kw_only=True):
    """A rule's match on a sighting or an article, with its evidence.

    For an article, `cluster_id`, `claim_id` and `event_type` are empty and `verdict` is None.
    """

    alert_id: str
    rule: str
    severity: Severity
    notify: tuple[str, ...]
    group: str
    story_id: str
    cluster_id: str
    claim_id: str
    article_id: str
    url: str | None
    source: str
    claimant: tuple[str, ...]
    cue: str | None
    title: str | None
    sentence: str
    evidence: str
    event_type: str
    verdict: Verdict | None
    changes: tuple[Change, ...]
    why: str
    fetched_at: Time
    first_seen_at: Time
    policy: Policy = Policy()
    claimant_text: str = ""
    modality: Modality = Modality.ASSERTED
    story_title: str | None = None
    published_at: Time | None = None
