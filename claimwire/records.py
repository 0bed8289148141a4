"""The records on the topics: frozen structs, JSON on the wire.

Changes are additive: unknown fields are ignored, unknown words of a vocabulary kept, a missing required field is a
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
    """A claim compared with what was known. The first that holds is the verdict."""

    RETRACTION = "retraction"
    CONTRADICTION = "contradiction"
    UPDATE = "update"
    NEW = "new"
    REPEAT = "repeat"


class OutcomeState(Vocabulary):
    """State of a revision in the ledger. All but OPENED are final; FORGOTTEN was taken out by `claimwire forget`.

    MAYBE_LOST is no revision: a poll that may have missed some, in a line of its own, and in no sum.
    """

    OPENED = "opened"
    INDEXED = "indexed"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    DEAD_LETTERED = "dead_lettered"
    FORGOTTEN = "forgotten"
    MAYBE_LOST = "maybe_lost"


class RejectReason(Vocabulary):
    """Why an article is not indexed; a closed list, used as metric label and log word."""

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


# Without its offset from UTC a time could not be compared with ours.
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of every record on a topic."""

    schema_version: int = 1


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what lies inside a record."""


class Media(Part, frozen=True, kw_only=True):
    """A picture, sound or film that a feed names beside an article; `length` in bytes, where it says so."""

    url: str
    type: str | None = None
    length: int | None = None


class RawArticle(Record, frozen=True, kw_only=True):
    """A document as a producer fetched it, unjudged. `body` is zstd in base64; `fetched_at` is the version.

    `withdrawn`: the page is gone, and the body is the beginning of what it said.
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
    """A line that cleaning took out, by which rule, and where it stood (0-based line); `evidence`: why it is learned."""

    rule: str
    line: int
    text: str
    evidence: str | None = None


class Quantity(Part, frozen=True, kw_only=True):
    """A number in a claim: `op` says how exact it is, `role` what it counts."""

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
    """One proposition in one article; offsets count characters of `CleanArticle.text`, half open. `content` is where it
    begins, behind a leading attribution; `refers_to` the claim there that it only points to; `claimant_text` the claimant in
    the words of the text, where `claimant` has the names to compare by."""

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
    """`text` = title, blank line, body; every offset counts its characters.

    `route` and `confidence` (0 to 1) say how the body was found; `canonical` is the address that the page gives itself,
    `provenance` the one that it was copied from, `host_rules` the version of its host's learned lines."""

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
    """A change of a value of (role, unit), of a plan, or of a statement: from whose old one to whose new one.

    `field` is quantity, plan or statement; `old` and `new` are as people read them; the articles are those that gave them.
    The old one was published by `old_source` at `old_at`, with the claimant in the words of `old_claimant_text`.
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
    """One claim in one article, with its verdict, what it was compared with, and why.

    `origin_count`: independent origins so far; `adds_origin`: this one is new. `reported`, or not, for this `reason`; `salience`
    (0 to 1) is how likely it is to be worth it; `stands_for`: the claims of its article that say the same, not reported."""

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
    """The matcher's decision on one revision. `clean_partition` and `clean_offset` say which record it decides.

    `clean` and `sightings` make it whole: state is rebuilt from these records alone. `copy_of` is the article that a
    near duplicate copies, `changes` what a later revision says otherwise.
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
    """A rule that fired on a sighting, or on an article, with its evidence.

    Of an article, `cluster_id`, `claim_id` and `event_type` are empty and there is no verdict.
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
    """JSON of `record`."""
    return _ENCODER.encode(record)


def decode(data: bytes | None, kind: type[R]) -> R:
    """A record of `kind` from its JSON. Raises ContractError, with what is wrong, where it is not one."""
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
    """Version of an article's documents: its fetch time in ms."""
    return int(fetched_at.timestamp() * 1000)
