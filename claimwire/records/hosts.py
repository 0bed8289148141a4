"""Records about hosts: extraction results, repeated lines (boilerplate), and the health of extraction."""

from claimwire.ids import host_of
from claimwire.records.base import Part, Record, Time
from claimwire.records.vocabulary import BodySource, RejectReason, Route, Vocabulary


class Place(Vocabulary):
    """Position of a line on its page."""

    HEAD = "head"
    MIDDLE = "middle"
    TAIL = "tail"


class HostLine(Part, frozen=True, kw_only=True):
    """A short line of an article, normalised: lower case, digits as 0."""

    text: str
    place: Place
    is_sentence: bool = False


class Extraction(Record, frozen=True, kw_only=True):
    """Extraction result of one revision.

    `rejected` is the reason if there is no body; `removed` counts discarded characters.

    `fingerprint` is of the text's longest line, so that one text under two addresses counts once.
    """

    host: str
    body_source: BodySource
    article_id: str
    revision_id: str
    url: str
    first_seen_at: Time
    rejected: RejectReason | None = None
    title: str | None = None
    fingerprint: str = ""
    route: Route = Route.TEXT
    confidence: float = 1.0
    characters: int = 0
    removed: int = 0
    lines: tuple[HostLine, ...] = ()


class LearnedLine(Part, frozen=True, kw_only=True):
    """A line that repeats on a host: in `articles` of the latest `of` articles, on `days` days."""

    text: str
    place: Place
    articles: int
    of: int
    days: int


class HostRules(Record, frozen=True, kw_only=True):
    """The lines that are boilerplate on a host, for articles first seen at `valid_from` or later."""

    host: str
    body_source: BodySource
    valid_from: Time
    lines: tuple[LearnedLine, ...]


class OutdatedRules(Record, frozen=True, kw_only=True):
    """Deletes an expired version of a host's rules: it becomes a tombstone and is never a record itself."""

    host: str
    body_source: BodySource
    valid_from: Time


class HostHealth(Record, frozen=True, kw_only=True):
    """Health of extraction on a host, as moving averages; `problem` describes a change, `since` dates it.

    `empty`, `by_trafilatura` and `removed` are fractions of articles or characters, `characters` is a geometric mean,
    `examples` are URLs.
    """

    host: str
    body_source: BodySource
    articles: int
    empty: float
    characters: float
    by_trafilatura: float
    confidence: float
    removed: float
    updated_at: Time
    problem: str | None = None
    since: Time | None = None
    examples: tuple[str, ...] = ()


def host_name(url: str | None) -> str:
    """Return the host of a URL in the form that these records use; empty if it has none."""
    return host_of(url or "").removeprefix("www.")


def host_key(host: str, body_source: str) -> str:
    """Return the key of a host's records; feed bodies and pages of one host are kept apart."""
    return f"{host} {body_source}"


def rules_key(rules: HostRules | OutdatedRules) -> str:
    """Return the key of a version of a host's rules."""
    return f"{host_key(rules.host, rules.body_source)} {rules.valid_from.isoformat()}"
