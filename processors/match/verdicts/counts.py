"""Comparable counts: the numbers of a claim with role, scope and nouns, read from the words near them."""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

import msgspec

from claimwire.records.claims import Claim, Quantity
from claimwire.records.stories import Value
from claimwire.records.vocabulary import HARD, Operator, QuantityRole
from processors.claims.events.quantity_roles import HUMAN
from processors.claims.syntax.figures import number_value
from processors.match.vectors import stem_of
from processors.match.verdicts import cues
from processors.match.verdicts.cues import Kind

SOFT = frozenset({QuantityRole.CONTEXT, QuantityRole.DURATION})
BEFORE, AFTER = 12, 7
# Cache size, for the claims of the current article, whose counts are needed more than once.
RECENT = 512
# A number above a lower bound times this factor does not agree with it: "more than 60" does not mean 100.
FAR_ABOVE = 1.5
Figure = tuple[int, int, float]
FIGURE = re.compile(
    r"(?<![\w-])\d[\d.,\u00a0\u202f]*(?:\s?(?:hundred|thousand|million|billion|trillion|dozen|bn|m|k)\b)?"
    r"|\b(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|dozen|a dozen|"
    r"a hundred)(?:[ -](?:and )?(?=one|two|three|four|five|six|seven|eight|nine|ten|hundred|thousand|million|billion)|\b))+",
    re.IGNORECASE,
)
AGED = re.compile(r"(?:\baged?|\b(?:man|woman|boy|girl|child|teenager|son|daughter) of|,)\s*$", re.IGNORECASE)
AGE_AFTER = re.compile(r"^\s*(?:-?\s?years?[- ]old|,)", re.IGNORECASE)
LABEL = re.compile(
    r"\b(?:no\.?|number|page|image|article|section|room|flat|chapter|route|line|age|day|week)\s*$", re.IGNORECASE
)
WORD = re.compile(r"[^\W\d_][\w’'-]*")
CLAUSE = re.compile(r"[;:–—]|, (?:while|but|and|which|who)\b|\b(?:while|but)\b")


class Scope(StrEnum):
    """Scope of a number: the whole event, a part of it, an addition to a total, or more than one event."""

    TOTAL = "total"
    PART = "part"
    MORE = "more"
    WIDE = "wide"


class Count(msgspec.Struct, frozen=True, array_like=True):
    """A number of a claim; `is_stated` if a word near it gives its role; `nouns` are the stems of the words near it."""

    role: QuantityRole
    unit: str
    value: float
    op: Operator
    value_max: float | None
    scope: Scope
    is_stated: bool
    grows: bool
    is_revision: bool
    is_lowered: bool
    nouns: tuple[str, ...]


@lru_cache(maxsize=RECENT)
def counts_of(claim: Claim, evidence: str) -> tuple[Count, ...]:
    """Return the counts of a claim whose number is in its evidence, without ages, labels, ordinals and SOFT roles."""
    found: list[Count] = []
    figures = figures_in(evidence)
    for quantity in claim.quantities:
        at = next((n for n, (_, _, value) in enumerate(figures) if value == quantity.value), None)
        if quantity.role in SOFT or quantity.ordinal or at is None:
            continue
        count = _count(quantity, evidence, figures, at)
        if count is not None:
            found.append(_summed(count, found, near_words(evidence, figures, at)))
    return tuple(found)


def _summed(count: Count, before: Sequence[Count], near: str) -> Count:
    """Return the count with role and unit of the addition if it is a sum: "another 12 died, bringing the total to 21"."""
    added = next((c for c in before if c.scope is Scope.MORE and c.is_stated and c.role in HARD), None)
    if count.role is not QuantityRole.OTHER or added is None or added.value > count.value:
        return count
    if not same_unit(count.unit, added.unit) or not cues.found(Kind.SUM, near):
        return count
    return msgspec.structs.replace(count, role=added.role, unit=added.unit, is_stated=True, grows=True)


def near_words(text: str, figures: Sequence[Figure], at: int) -> str:
    """Return the words nearest to a figure, with `#` in its place."""
    return marked(_before(text, figures, at), _after(text, figures, at))


def marked(before: str, after: str) -> str:
    """Return the last four words before a number and the first three after it, with `#` in its place."""
    return f"{' '.join(before.split()[-4:])} # {' '.join(after.split()[:3])}"


@lru_cache(maxsize=RECENT)
def figures_in(text: str) -> tuple[Figure, ...]:
    """Return (start, end, value) of each number in a text, in digits or words."""
    found = ((m.start(), m.end(), number_value(m.group().rstrip(".,"))) for m in FIGURE.finditer(text))
    return tuple((start, end, value) for start, end, value in found if value is not None)


def _count(quantity: Quantity, text: str, figures: Sequence[Figure], at: int) -> Count | None:
    start, end, _ = figures[at]
    if is_age(text[:start], text[end:]) or LABEL.search(text[:start]):
        return None
    before, after = _before(text, figures, at), _after(text, figures, at)
    near = f"{before} {after}"
    return Count(
        role=quantity.role,
        unit=quantity.unit,
        value=quantity.value,
        op=quantity.op,
        value_max=quantity.value_max,
        scope=scope_of(before, after, text),
        is_stated=is_stated(quantity.role, before, after),
        grows=cues.found(Kind.GROWTH, near) is not None,
        is_revision=cues.found(Kind.REVISION, text) is not None,
        is_lowered=cues.found(Kind.LOWERED, text) is not None,
        nouns=tuple(sorted({stem_of(w.casefold()) for w in WORD.findall(near) if len(w) > 3})),
    )


def is_age(before: str, after: str) -> bool:
    """Return whether a number is an age: "a man of 41", "girl, 4,", "41-year-old"."""
    if AGE_AFTER.match(after) and AGED.search(before):
        return True
    return bool(re.match(r"\s*-?\s?years?[- ]old", after)) or bool(
        re.search(AGED.pattern.replace("|,", ""), before, re.IGNORECASE)
    )


def _before(text: str, figures: Sequence[Figure], at: int) -> str:
    """Return up to BEFORE words before the figure, from its clause and after the previous figure."""
    start = figures[at][0]
    low = figures[at - 1][1] if at else 0
    words = CLAUSE.split(text[low:start])[-1].rsplit(", ", 1)[-1].split()
    return " ".join(words[-BEFORE:])


def _after(text: str, figures: Sequence[Figure], at: int) -> str:
    """Return up to AFTER words after the figure, from its clause and before the next figure."""
    end = figures[at][1]
    high = figures[at + 1][0] if at + 1 < len(figures) else len(text)
    words = CLAUSE.split(text[end:high])[0].split(", ", 1)[0].split()
    return " ".join(words[:AFTER])


def is_stated(role: QuantityRole, before: str, after: str) -> bool:
    """Return whether the role word nearest to the number is one of this role; always true for roles not in HARD."""
    if role not in HARD:
        return True
    kinds = cues.of_kind(Kind.ROLE)
    hits = [(first.start(), cue.id) for cue in kinds if (first := cue.pattern.search(after))]
    hits += [(len(before) - m.end(), cue.id) for cue in kinds for m in cue.pattern.finditer(before)]
    nearest = min((at for at, _ in hits), default=-1)
    return role in {name for at, name in hits if at == nearest}


def scope_of(before: str, after: str, text: str) -> Scope:
    """Return the scope by the words near a number; by the whole text for statistics of a year or a country."""
    near = marked(before, after)
    for cue in cues.of_kind(Kind.SCOPE):
        if cue.pattern.search(text if cue.id == "wide" else near):
            return Scope(cue.id) if cue.id != "age" else Scope.PART
    return Scope.TOTAL


def same_unit(a: str, b: str) -> bool:
    """Return whether two units are compatible: "person" matches any unit of people, and cases of a disease."""
    return {a, b} == {"case", "person"} or a == b or (a in HUMAN and b == "person") or (b in HUMAN and a == "person")


def agree(a: Count | Value, b: Count | Value) -> bool:
    """Return whether two counts agree: equal, or one is vague ("more than 60") and the other within it."""
    if a.value == b.value:
        return True
    return (a.op is not Operator.EQ and _is_within(a, b)) or (b.op is not Operator.EQ and _is_within(b, a))


def _is_within(vague: Count | Value, exact: Count | Value) -> bool:
    """Return whether a vague count includes another one: "more than 60" includes 64, "about 100" includes 104."""
    match vague.op:
        case Operator.MIN:
            return vague.value <= exact.value <= FAR_ABOVE * vague.value
        case Operator.MAX:
            return exact.value <= vague.value
        case Operator.APPROX:
            return abs(exact.value - vague.value) <= 0.15 * vague.value
        case Operator.RANGE:
            return vague.value <= exact.value <= (vague.value_max or vague.value)
    return False
