"""Health of extraction on a host: a fast moving average against a slow one, for each of five indicators.

The slow average is frozen during a problem. After MOST_PATIENCE articles it takes the value of the fast one: the change
is then considered permanent.
"""

import math
from collections import Counter
from datetime import datetime
from typing import NamedTuple

import msgspec

from claimwire.records.hosts import Extraction, HostHealth
from claimwire.records.vocabulary import Route

FAST, SLOW = 0.2, 0.03
LEAST_ARTICLES = 20
MOST_PATIENCE = 100
RECENT, EXAMPLES = 12, 3
BY_TRAFILATURA = (Route.CAREFUL, Route.WIDE, Route.PARAGRAPHS)


class Means(msgspec.Struct, frozen=True):
    """Moving averages of the indicators of one host."""

    empty: float
    length: float
    by_trafilatura: float
    confidence: float
    removed: float

    def moved(self, to: "Means", share: float) -> "Means":
        """Return the averages after a step towards new values; without a body its indicators do not change."""
        names = ("empty",) if to.empty else self.__struct_fields__
        changed = {n: getattr(self, n) + share * (getattr(to, n) - getattr(self, n)) for n in names}
        return msgspec.structs.replace(self, **changed)


class Recent(msgspec.Struct, frozen=True):
    """A recent article."""

    url: str
    first_seen_at: datetime
    signs: Means
    rejected: str | None


class Health(msgspec.Struct):
    """State of a host's health."""

    articles: int = 0
    fast: Means | None = None
    slow: Means | None = None
    recent: list[Recent] = []
    problem: str | None = None
    since: datetime | None = None
    examples: list[str] = []
    patience: int = 0


class Sign(NamedTuple):
    """A problem of one indicator: it begins at distance `far` from the slow average, and ends below half of that."""

    name: str
    direction: int
    far: float


SIGNS = (
    Sign("empty", 1, 0.35),
    # Logarithms: below 40% of the usual length.
    Sign("length", -1, -math.log(0.4)),
    Sign("by_trafilatura", 1, 0.6),
    Sign("confidence", -1, 0.35),
    Sign("removed", 1, 0.3),
)


def signs_of(extraction: Extraction) -> Means:
    """Return the indicators of one article."""
    is_empty = extraction.rejected is not None
    whole = extraction.characters + extraction.removed
    return Means(
        empty=float(is_empty),
        length=math.log(max(1, extraction.characters)),
        by_trafilatura=float(extraction.route in BY_TRAFILATURA),
        confidence=extraction.confidence,
        removed=extraction.removed / whole if whole else 0.0,
    )


def observed(health: Health, extraction: Extraction) -> bool:
    """Fold one article; return whether a problem began or ended."""
    signs = signs_of(extraction)
    health.articles += 1
    rejected = extraction.rejected.value if extraction.rejected else None
    health.recent = [*health.recent, Recent(extraction.url, extraction.first_seen_at, signs, rejected)][-RECENT:]
    if health.fast is None or health.slow is None:
        health.fast = health.slow = signs
        return False
    health.fast = health.fast.moved(signs, FAST)
    before = health.problem
    sign = _worst(health)
    if sign is None:
        health.slow = health.slow.moved(signs, max(SLOW, 1 / health.articles))
        health.problem, health.since, health.examples, health.patience = None, None, [], 0
        return before is not None
    health.patience += 1
    if health.patience > MOST_PATIENCE:
        health.slow, health.problem, health.since, health.examples, health.patience = health.fast, None, None, [], 0
        return True
    _tell(health, sign, is_first=before is None)
    return health.problem != before and before is None


def _worst(health: Health) -> Sign | None:
    """Return the indicator furthest beyond its limit; half the limit during a problem."""
    if health.articles < LEAST_ARTICLES:
        return None
    limit = 0.5 if health.problem else 1.0
    far = {sign: _distance(health.fast, health.slow, sign) / sign.far for sign in SIGNS}
    worst = max(SIGNS, key=lambda sign: far[sign])
    return worst if far[worst] >= limit else None


def _distance(fast: Means | None, slow: Means | None, sign: Sign) -> float:
    distance: float = sign.direction * (getattr(fast, sign.name) - getattr(slow, sign.name))
    return distance


def _tell(health: Health, sign: Sign, is_first: bool) -> None:
    assert health.fast is not None
    assert health.slow is not None
    told = [r for r in health.recent if sign.name == "empty" or not r.rejected]
    bad = [r for r in told if _distance(r.signs, health.slow, sign) >= sign.far]
    if is_first:
        health.since = bad[0].first_seen_at if bad else health.recent[-1].first_seen_at
    health.examples = [r.url for r in bad[-EXAMPLES:]] or health.examples
    now, usual = getattr(health.fast, sign.name), getattr(health.slow, sign.name)
    reason = Counter(r.rejected for r in bad if r.rejected).most_common(1)
    health.problem = {
        "empty": f"{now:.0%} of articles have no body, usually {usual:.0%}" + (f" ({reason[0][0]})" if reason else ""),
        "length": f"bodies have {math.exp(now):.0f} characters, usually {math.exp(usual):.0f}",
        "by_trafilatura": f"{now:.0%} of pages are extracted by trafilatura, usually {usual:.0%}",
        "confidence": f"confidence of extraction is {now:.0%}, usually {usual:.0%}",
        "removed": f"{now:.0%} of the text is removed as boilerplate, usually {usual:.0%}",
    }[sign.name]


def snapshot(health: Health, extraction: Extraction) -> HostHealth:
    """Return the record of a host's current health."""
    fast = health.fast or signs_of(extraction)
    return HostHealth(
        host=extraction.host, body_source=extraction.body_source, articles=health.articles, empty=round(fast.empty, 3),
        characters=round(math.exp(fast.length)), by_trafilatura=round(fast.by_trafilatura, 3),
        confidence=round(fast.confidence, 3), removed=round(fast.removed, 3), updated_at=extraction.first_seen_at,
        problem=health.problem, since=health.since, examples=tuple(health.examples),
    )  # fmt: skip
