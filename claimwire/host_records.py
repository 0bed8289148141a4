"""Knowledge of hosts: how each article came out, the lines that repeat there, and whether extraction still works."""

from claimwire.ids import host_of
from claimwire.records import Part, Record, RejectReason, Time
from claimwire.vocabulary import BodySource, Route, Vocabulary


class Place(Vocabulary):
    """Place of a line on its page."""

    HEAD = "head"
    MIDDLE = "middle"
    TAIL = "tail"


class HostLine(Part, frozen=True, kw_only=True):
    """A short line of an article, folded: lower case, digits as 0."""

    text: str
    place: Place
    is_sentence: bool = False


class Extraction(Record, frozen=True, kw_only=True):
    """How the body of one revision came out. `rejected`: why there is none; `removed` counts the characters cleaned away.

    `fingerprint` is of the longest line of the text, so that one text under two addresses counts once.
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
    """A line that repeats on a host: on `articles` of `of` recent ones, on `days` days."""

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
    """A version of a host's rules that no article can need any more: its row is deleted. On no topic itself."""

    host: str
    body_source: BodySource
    valid_from: Time


class HostHealth(Record, frozen=True, kw_only=True):
    """How extraction goes on a host, as moving means: `problem` says what changed, `since` when, `examples` where.

    `empty`, `by_trafilatura` and `removed` are shares of articles or of their characters, `characters` a geometric mean.
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
    """The host of an address as these records name it; empty where there is none."""
    return host_of(url or "").removeprefix("www.")


def host_key(host: str, body_source: str) -> str:
    """Key of a host's records: what comes in feeds is not what stands on pages."""
    return f"{host} {body_source}"


def rules_key(rules: HostRules | OutdatedRules) -> str:
    """Key of a version of a host's rules."""
    return f"{host_key(rules.host, rules.body_source)} {rules.valid_from.isoformat()}"
