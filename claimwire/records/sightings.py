"""Decisions on an article: each claim with its verdict, and what it changed."""

from claimwire.records.articles import CleanArticle
from claimwire.records.base import Part, Record, Time
from claimwire.records.claims import Claim
from claimwire.records.vocabulary import ChangedField, ChangeKind, QuantityRole, ReportReason, Verdict


class Change(Part, frozen=True, kw_only=True):
    """A change of a quantity (by role and unit), a plan or a statement, with claimant and article of both values.

    `old` and `new` are formatted for readers. The old value was published by `old_source` at `old_at`;
    `old_claimant_text` is its claimant in the words of that article.
    """

    field: ChangedField
    old: str
    new: str
    role: QuantityRole | None = None
    unit: str | None = None
    value: float | None = None
    kind: ChangeKind = ChangeKind.UPDATE
    old_claimant: tuple[str, ...] = ()
    new_claimant: tuple[str, ...] = ()
    old_article: str | None = None
    new_article: str | None = None
    old_claimant_text: str = ""
    old_source: str = ""
    old_at: Time | None = None


class Sighting(Record, frozen=True, kw_only=True):
    """One claim in one article, with its verdict, the claim it was compared with, and the explanation.

    `origin` is the article's; `origin_count`: independent origins so far; `adds_origin`: this one is new. `reason` is why
    it is `reported` or not; `salience` (0 to 1) how likely it is worth reporting; `stands_for`: unreported claims that it
    represents."""

    claim_id: str
    cluster_id: str
    story_id: str
    article_id: str
    revision_id: str
    url: str | None
    source: str
    lane: str
    language: str
    fetched_at: Time
    first_seen_at: Time
    published_at: Time | None
    title: str | None
    sentence: str
    evidence: str
    claim: Claim
    verdict: Verdict
    why: str
    changes: tuple[Change, ...] = ()
    compared_with: str | None = None
    score: float = 0.0
    backfill: bool = False
    withdrawn_in: str | None = None
    origin: str = ""
    origin_count: int = 1
    adds_origin: bool = True
    reported: bool = True
    reason: ReportReason = ReportReason.FACT
    salience: float = 0.0
    stands_for: tuple[str, ...] = ()
    story_title: str | None = None


class Article(Record, frozen=True, kw_only=True):
    """The matcher's decision on one revision, the record of articles.clean at `clean_partition` and `clean_offset`.

    It is self-contained (`clean`, `sightings`): matcher state can be rebuilt from these records alone. `copy_of` is the
    article that a near-duplicate copies, `changes` are differences from the previous revision.
    """

    clean: CleanArticle
    story_id: str
    duplicate_of: str | None
    origin: str
    revision: int
    sightings: tuple[Sighting, ...]
    clean_partition: int
    clean_offset: int
    story_score: float = 0.0
    copy_of: str | None = None
    changes: tuple[Change, ...] = ()
