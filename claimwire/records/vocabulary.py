"""Closed vocabularies of records, which keep unknown words of newer versions.

On the wire each word is a plain string.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import Self

UNKNOWN = "unknown"


class Vocabulary(StrEnum):
    """Base of every StrEnum in a record: decoding keeps words that this version does not know.

    Records of newer processes stay readable. An unknown word equals its text, is encoded unchanged, is not in the list
    (`list(Verdict)`, `word in Verdict`) and has `is_known` False. `Verdict("typo")` therefore does not raise: check
    user input by `known`.
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
        """Return the word, or `unknown`: for metric labels, which are a closed list."""
        return str(self.value) if self.is_known else UNKNOWN

    @classmethod
    def known(cls, text: str) -> Self | None:
        """Return the member for `text`; None if there is none."""
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
    """Modality of a claim; `planned` is scheduled or promised, `requested` a call or a demand."""

    ASSERTED = "asserted"
    DENIED = "denied"
    PLANNED = "planned"
    REQUESTED = "requested"
    UNCERTAIN = "uncertain"


class QuantityRole(Vocabulary):
    """Role of a number in a claim; `context` is background (an age, a distance), `other` a count with no known role."""

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
    """Precision of a number: "60", "at least 60", "up to 60", "about 60", "50 to 60"."""

    EQ = "eq"
    MIN = "min"
    MAX = "max"
    APPROX = "approx"
    RANGE = "range"


class Precision(Vocabulary):
    """Precision of a date."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class ChangedField(Vocabulary):
    """Part of a claim that an update, a contradiction or a retraction changes."""

    QUANTITY = "quantity"
    PLAN = "plan"
    STATEMENT = "statement"
    # In records written before changes had a kind.
    MODALITY = "modality"
    EVENT_DATE = "event_date"


class ChangeKind(Vocabulary):
    """Kind of a change to earlier claims."""

    UPDATE = "update"
    DISPUTE = "dispute"
    RETRACTION = "retraction"
    CALLED_OFF = "called_off"


class ReportReason(Vocabulary):
    """Reason for which a claim is reported or not."""

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


# Reasons of reported claims.
REPORTED = (
    ReportReason.LEAD, ReportReason.FACT, ReportReason.CHANGE, ReportReason.DISPUTE, ReportReason.RETRACTION,
)  # fmt: skip


class Severity(Vocabulary):
    """Urgency of a rule's alerts; high ones are delivered first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class BodySource(Vocabulary):
    """Source of an article's text: its page, the full text or the summary in the feed, or plain text."""

    PAGE = "page"
    ENTRY = "entry"
    SUMMARY = "summary"
    TEXT = "text"


class PageKind(Vocabulary):
    """Kind of page as declared in its JSON-LD; `unknown` if it declares none."""

    NEWS = "news"
    LIVE = "live"
    OPINION = "opinion"
    REVIEW = "review"
    ADVICE = "advice"
    SCORES = "scores"
    SATIRE = "satire"
    ADVERTISEMENT = "advertisement"
    UNKNOWN = "unknown"


# Pages of these kinds are not news.
NOT_NEWS = frozenset({
    PageKind.OPINION, PageKind.REVIEW, PageKind.ADVICE, PageKind.SCORES, PageKind.SATIRE, PageKind.ADVERTISEMENT,
})  # fmt: skip


class Route(Vocabulary):
    """Extraction method of a body: our model, trafilatura (precision, recall), paragraphs; or input that is no page."""

    BLOCKS = "blocks"
    CAREFUL = "careful"
    WIDE = "wide"
    PARAGRAPHS = "paragraphs"
    FRAGMENT = "fragment"
    TEXT = "text"


# ISO 639-1, or `und` for an unknown language.
LANGUAGE = r"[a-z]{2}|und"


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return ` (did you mean X?)` with the nearest of `words`, ignoring case; empty if none is close."""
    folded = {w.casefold(): w for w in words}
    near = get_close_matches(word.casefold(), folded, 1)
    return f" (did you mean {folded[near[0]]}?)" if near else ""


# Fallback event types: that two claims share one is no evidence that they are the same.
VAGUE_TYPES = frozenset({EventType.SITUATION, EventType.STATEMENT})
# Counts of affected people or things. Other roles (shares, sums, measures) need the same noun or wording to be
# compared.
TOLLS = frozenset({
    QuantityRole.KILLED, QuantityRole.INJURED, QuantityRole.CRITICAL, QuantityRole.MISSING, QuantityRole.DISPLACED,
    QuantityRole.INFECTED, QuantityRole.DESTROYED, QuantityRole.DAMAGED,
})  # fmt: skip
HARD = TOLLS | {QuantityRole.ARRESTED, QuantityRole.RELEASED, QuantityRole.CAPTURED, QuantityRole.PARTICIPATED}


class Verdict(Vocabulary):
    """Result of comparing a claim with earlier ones, in order of precedence."""

    RETRACTION = "retraction"
    CONTRADICTION = "contradiction"
    UPDATE = "update"
    NEW = "new"
    REPEAT = "repeat"


class OutcomeState(Vocabulary):
    """State of a revision in the ledger. All but OPENED are final; FORGOTTEN means erased by `claimwire forget`.

    SAME_TEXT has the words of the revision before it, and is not stored; DUPLICATE has those of another article.
    MAYBE_LOST is a poll that may have missed entries, not a revision; it is not counted in sums.
    """

    OPENED = "opened"
    INDEXED = "indexed"
    DUPLICATE = "duplicate"
    SAME_TEXT = "same_text"
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
