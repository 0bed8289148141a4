"""The closed vocabularies of records, readable by an older version that does not know all of their words.

On the wire each word is a plain string.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import Self

UNKNOWN = "unknown"


class Vocabulary(StrEnum):
    """Base of every StrEnum in a record: decoding a word that this version does not know keeps it, as it stands.

    A newer process may write words that an older one has never seen, and a record is readable all the same. Such a word is
    a member that equals its text, is encoded as it came, is no member of the list (`list(Verdict)`, `word in Verdict`) and
    has `is_known` False. `Verdict("typo")` therefore raises nothing: check what a user typed by `known`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        # msgspec and Enum both ask here for a value that is no member's (docs.python.org, "Supported _sunder_ names").
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_, word._value_ = UNKNOWN.upper(), value
        return word

    @property
    def is_known(self) -> bool:
        """Return whether this version has the word in its list."""
        return self._value_ in type(self)._value2member_map_

    @property
    def label(self) -> str:
        """The word, or `unknown`: for metrics and tables, whose values are a closed list."""
        return str(self.value) if self.is_known else UNKNOWN

    @classmethod
    def known(cls, text: str) -> Self | None:
        """The member of this list, None where `text` is not one."""
        word = cls(text)
        return word if word.is_known else None


class EventType(Vocabulary):
    """Kind of event that a claim is about: PLOVER's sixteen, and nine for outcomes and states.

    The order decides between types of equal score.
    """

    AGREE = "AGREE"
    CONSULT = "CONSULT"
    SUPPORT = "SUPPORT"
    CONCEDE = "CONCEDE"
    COOPERATE = "COOPERATE"
    AID = "AID"
    RETREAT = "RETREAT"
    REQUEST = "REQUEST"
    ACCUSE = "ACCUSE"
    REJECT = "REJECT"
    THREATEN = "THREATEN"
    PROTEST = "PROTEST"
    SANCTION = "SANCTION"
    MOBILIZE = "MOBILIZE"
    COERCE = "COERCE"
    ASSAULT = "ASSAULT"
    CASUALTY = "CASUALTY"
    DAMAGE = "DAMAGE"
    CONTROL = "CONTROL"
    DISASTER = "DISASTER"
    HEALTH = "HEALTH"
    LEGAL = "LEGAL"
    ELECTION = "ELECTION"
    SITUATION = "SITUATION"
    STATEMENT = "STATEMENT"


class Modality(Vocabulary):
    """How a claim is put; `planned` is scheduled or promised, `requested` a call or a demand."""

    ASSERTED = "asserted"
    DENIED = "denied"
    PLANNED = "planned"
    REQUESTED = "requested"
    UNCERTAIN = "uncertain"


class QuantityRole(Vocabulary):
    """Role of a number in a claim; `context` places the scene, `other` is any count without a word that says it."""

    KILLED = "killed"
    INJURED = "injured"
    CRITICAL = "critical"
    MISSING = "missing"
    DISPLACED = "displaced"
    INFECTED = "infected"
    AFFECTED = "affected"
    ARRESTED = "arrested"
    RELEASED = "released"
    SENTENCED = "sentenced"
    DESTROYED = "destroyed"
    DAMAGED = "damaged"
    CAPTURED = "captured"
    LOST = "lost"
    DEPLOYED = "deployed"
    DELIVERED = "delivered"
    VOTES = "votes"
    TURNOUT = "turnout"
    PARTICIPATED = "participated"
    MONEY = "money"
    OTHER = "other"
    CONTEXT = "context"
    DURATION = "duration"


class Operator(Vocabulary):
    """How exact a number is: "60", "at least 60", "up to 60", "about 60", "50 to 60"."""

    EQ = "eq"
    MIN = "min"
    MAX = "max"
    APPROX = "approx"
    RANGE = "range"


class Precision(Vocabulary):
    """How exact a date is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class ChangedField(Vocabulary):
    """Part of a claim that an update, a contradiction or a retraction changes."""

    QUANTITY = "quantity"
    PLAN = "plan"
    STATEMENT = "statement"
    # Of records before changes had a kind.
    MODALITY = "modality"
    EVENT_DATE = "event_date"


class ChangeKind(Vocabulary):
    """How a claim changes what was said before."""

    UPDATE = "update"
    DISPUTE = "dispute"
    RETRACTION = "retraction"
    CALLED_OFF = "called_off"


class ReportReason(Vocabulary):
    """Why a claim is reported, or kept without being reported."""

    LEAD = "lead"
    FACT = "fact"
    CHANGE = "change"
    DISPUTE = "dispute"
    RETRACTION = "retraction"
    REPEAT = "repeat"
    DETAIL = "detail"
    BACKGROUND = "background"
    COLOUR = "colour"
    OPINION = "opinion"
    NOT_NEWS = "not_news"
    FRAGMENT = "fragment"
    UNSURE = "unsure"


# The reasons of the claims that a reader is shown.
REPORTED = (
    ReportReason.LEAD, ReportReason.FACT, ReportReason.CHANGE, ReportReason.DISPUTE, ReportReason.RETRACTION,
)  # fmt: skip


class Severity(Vocabulary):
    """How urgent a rule's alerts are; the high ones are delivered first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class BodySource(Vocabulary):
    """Origin of an article's text: its page, the full text or the summary in the feed, or a text given as it is."""

    PAGE = "page"
    ENTRY = "entry"
    SUMMARY = "summary"
    TEXT = "text"


class PageKind(Vocabulary):
    """The kind of page by what it says of itself (JSON-LD); `unknown` where it says nothing."""

    NEWS = "news"
    LIVE = "live"
    OPINION = "opinion"
    REVIEW = "review"
    ADVICE = "advice"
    SCORES = "scores"
    SATIRE = "satire"
    ADVERTISEMENT = "advertisement"
    UNKNOWN = "unknown"


# Pages of these kinds report no news, however their claims are worded.
NOT_NEWS = frozenset({
    PageKind.OPINION, PageKind.REVIEW, PageKind.ADVICE, PageKind.SCORES, PageKind.SATIRE, PageKind.ADVERTISEMENT,
})  # fmt: skip


class Route(Vocabulary):
    """How a body was found: by our own model, by trafilatura with care or widely, by its paragraphs; or it came alone, as a
    fragment of HTML or as text.
    """

    BLOCKS = "blocks"
    CAREFUL = "careful"
    WIDE = "wide"
    PARAGRAPHS = "paragraphs"
    FRAGMENT = "fragment"
    TEXT = "text"


# ISO 639-1 as articles declare it, or `und` where nobody knows.
LANGUAGE = r"[a-z]{2}|und"


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return ` (did you mean X?)` with the nearest of `words`, in any case of letters; empty where none is near."""
    folded = {w.casefold(): w for w in words}
    near = get_close_matches(word.casefold(), folded, 1)
    return f" (did you mean {folded[near[0]]}?)" if near else ""


# Types of a claim of which nothing more is known: that two claims have them says nothing.
VAGUE_TYPES = frozenset({EventType.SITUATION, EventType.STATEMENT})
# Counts of what befell people or things. The others (shares, sums, measures) need the same noun or wording to be compared.
TOLLS = frozenset({
    QuantityRole.KILLED, QuantityRole.INJURED, QuantityRole.CRITICAL, QuantityRole.MISSING, QuantityRole.DISPLACED,
    QuantityRole.INFECTED, QuantityRole.DESTROYED, QuantityRole.DAMAGED,
})  # fmt: skip
HARD = TOLLS | {QuantityRole.ARRESTED, QuantityRole.RELEASED, QuantityRole.CAPTURED, QuantityRole.PARTICIPATED}
