"""The records on the topics: frozen structs, JSON on the wire.

Changes are additive: unknown fields are ignored, unknown words of a vocabulary are kept, a missing required field is a
ContractError. Times are aware UTC.
"""

from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import msgspec

from claimwire.errors import ContractError
from claimwire.vocabulary import (
    BodySource,
    ChangedField,
    ChangeKind,
    EventType,
    Modality,
    Operator,
    PageKind,
    Precision,
    QuantityRole,
    ReportReason,
    Route,
    Severity,
    Vocabulary,
)


class Verdict(Vocabulary):
    """Result of comparing a claim with earlier ones, in order of precedence."""

    RETRACTION = "retraction"
    CONTRADICTION = "contradiction"
    UPDATE = "update"
    NEW = "new"
    REPEAT = "repeat"


class OutcomeState(Vocabulary):
    """State of a revision in the ledger. All but OPENED are final; FORGOTTEN means erased by `claimwire forget`.

    MAYBE_LOST is a poll that may have missed entries, not a revision; it is not counted in sums.
    """

    OPENED = "opened"
    INDEXED = "indexed"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    DEAD_LETTERED = "dead_lettered"
    FORGOTTEN = "forgotten"
    MAYBE_LOST = "maybe_lost"


class RejectReason(Vocabulary):
    """Reason for which an article is not indexed; used as metric label and in logs."""

    TOO_SHORT = "too_short"
    TOO_LARGE = "too_large"
    NOT_HTML = "not_html"
    HOSTILE_MARKUP = "hostile_markup"
    NO_TEXT = "no_text"
    BOT_CHECK = "bot_check"
    CONSENT_WALL = "consent_wall"
    GONE = "gone"
    BLOCKED_ADDRESS = "blocked_address"
    ROBOTS = "robots"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    FORGOTTEN = "forgotten"
    EXPIRED = "expired"


class BlockType(Vocabulary):
    TITLE = "title"
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    CAPTION = "caption"
    QUOTE = "quote"
    LIST = "list"
    TABLE = "table"


# A time without an offset from UTC could not be compared with others.
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of every record on a topic."""

    schema_version: int = 1


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of structs inside a record."""


class Media(Part, frozen=True, kw_only=True):
    """A picture, audio or video file that a feed attaches to an article; `length` in bytes, if given."""

    url: str
    type: str | None = None
    length: int | None = None


class RawArticle(Record, frozen=True, kw_only=True):
    """A document as a producer fetched it. `body` is zstd in base64; `fetched_at` is the version.

    `withdrawn`: the page is gone, and the body is the beginning of its last text.
    """

    article_id: str
    revision_id: str
    url: str | None
    source: str
    lane: str
    fetched_at: Time
    first_seen_at: Time
    published_at: Time | None = None
    published_estimated: bool = False
    title: str | None = None
    summary: str | None = None
    language: str | None = None
    media_type: str = "text/html"
    charset: str | None = None
    body: str = ""
    body_source: BodySource = BodySource.PAGE
    feed_url: str | None = None
    backfill: bool = False
    authors: tuple[str, ...] = ()
    withdrawn: bool = False
    media: tuple[Media, ...] = ()


class Block(Part, frozen=True, kw_only=True):
    """A typed stretch of `CleanArticle.text`: `text[start:end]`."""

    type: BlockType
    start: int
    end: int


class Removed(Part, frozen=True, kw_only=True):
    """A line removed by cleaning: the rule, its 0-based line number, and the `evidence` if the rule was learned."""

    rule: str
    line: int
    text: str
    evidence: str | None = None


class Quantity(Part, frozen=True, kw_only=True):
    """A number in a claim with its precision (`op`) and the thing counted (`unit`, `role`)."""

    value: float
    unit: str
    role: QuantityRole
    op: Operator = Operator.EQ
    value_max: float | None = None
    ordinal: bool = False


class EventDate(Part, frozen=True, kw_only=True):
    """Date of an event, resolved against the publication date."""

    start: date
    end: date
    precision: Precision = Precision.DAY


class Claim(Part, frozen=True, kw_only=True):
    """One proposition in one article; offsets count characters of `CleanArticle.text`, half open. `content` is its start
    after a leading attribution; `refers_to` the id of the claim that it denies or repeats by reference; `claimant_text`
    the claimant in the words of the text, `claimant` the canonical names for matching."""

    claim_id: str
    start: int
    end: int
    content: int
    sentence_start: int
    sentence_end: int
    claimant: tuple[str, ...]
    cue: str | None
    event_type: EventType
    actor: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    places: tuple[str, ...] = ()
    event_date: EventDate | None = None
    modality: Modality = Modality.ASSERTED
    refers_to: str | None = None
    claimant_text: str = ""


class CleanArticle(Record, frozen=True, kw_only=True):
    """A cleaned article. `text` = title, blank line, body; every offset counts its characters.

    `route` and `confidence` (0 to 1) describe the extraction of the body; `canonical` is the URL that the page
    declares, `provenance` the URL that it was copied from, `host_rules` the version of its host's learned lines."""

    article_id: str
    revision_id: str
    url: str | None
    source: str
    lane: str
    language: str
    fetched_at: Time
    first_seen_at: Time
    published_at: Time | None
    published_estimated: bool
    title: str | None
    text: str
    blocks: tuple[Block, ...]
    removed: tuple[Removed, ...]
    claims: tuple[Claim, ...]
    dateline: str | None = None
    byline: str | None = None
    truncated: bool = False
    body_source: BodySource = BodySource.PAGE
    backfill: bool = False
    route: Route = Route.TEXT
    confidence: float = 1.0
    captions: tuple[str, ...] = ()
    canonical: str | None = None
    provenance: str | None = None
    host_rules: Time | None = None
    withdrawn_at: Time | None = None
    declared_language: str | None = None
    media: tuple[Media, ...] = ()
    page_kind: PageKind = PageKind.UNKNOWN


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

    `origin_count`: independent origins so far; `adds_origin`: this article is a new one. `reason` is why it is `reported`
    or not; `salience` (0 to 1) how likely it is worth reporting; `stands_for`: unreported claims that it represents."""

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


class Outcome(Record, frozen=True, kw_only=True):
    """One line of the ledger, keyed (article_id, revision_id)."""

    article_id: str
    revision_id: str
    state: OutcomeState
    stage: str
    at: Time
    reason: str | None = None
    url: str | None = None
    source: str | None = None
    backfill: bool = False


R = TypeVar("R", bound=Record)
_ENCODER = msgspec.json.Encoder()
_DECODERS: dict[type[Record], msgspec.json.Decoder[Any]] = {}


def encode(record: Record) -> bytes:
    """Encode `record` as JSON."""
    return _ENCODER.encode(record)


def decode(data: bytes | None, kind: type[R]) -> R:
    """Decode a record of `kind` from JSON. Raises ContractError with the reason if it is invalid."""
    if data is None:
        raise ContractError(f"{kind.__name__}: no value (a tombstone)")
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    try:
        record: R = decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError(f"{kind.__name__}: {error}") from None
    if record.schema_version != 1:
        raise ContractError(f"{kind.__name__}: schema_version {record.schema_version} is not known here (1 is)")
    return record


def version_of(fetched_at: datetime) -> int:
    """Return the version of an article's documents: its fetch time in ms."""
    return int(fetched_at.timestamp() * 1000)
