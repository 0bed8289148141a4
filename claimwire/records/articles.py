"""Articles: as fetched, and as cleaned, with their claims."""

from claimwire.records.base import Part, Record, Time
from claimwire.records.claims import Claim
from claimwire.records.vocabulary import BlockType, BodySource, PageKind, Route


class Media(Part, frozen=True, kw_only=True):
    """A picture, audio or video file that a feed attaches to an article; `length` in bytes, if given."""

    url: str
    type: str | None = None
    length: int | None = None


class RawArticle(Record, frozen=True, kw_only=True):
    """A document as a producer fetched it. `body` is zstd in base64; `fetched_at` is the version.

    `withdrawn`: the page is gone, and there is no body.
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
