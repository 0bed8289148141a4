"""Explanation of a verdict: the twelve conditions of a change for one claim and an earlier one, as `show --why` prints them."""

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from claimwire.records.vocabulary import TOLLS, Modality, QuantityRole
from claimwire.text.numbers import number_text
from processors.match.verdicts.conditions import (
    SAME_PROPOSITION,
    GivenCount,
    is_anchored,
    is_due,
    is_known,
    is_named_dispute,
    is_of_another_article,
    is_own_correction,
    is_same_act,
    is_same_actor,
    is_same_day,
    is_same_group,
    is_same_place,
    is_same_thing,
    is_shared,
    may_take_back,
    same_claimant,
)
from processors.match.verdicts.counts import Count, Scope
from processors.match.verdicts.decision import NEAR_IDENTICAL
from processors.match.verdicts.statements import NARRATOR, Statement


class Condition(StrEnum):
    """The conditions, in the order of the output."""

    SOMEBODY_ELSE = "another article, or another named claimant"
    STATED = "a word near each number gives its role"
    SAME_THING = "the numbers count the same thing"
    TOTALS = "both numbers are totals"
    SCOPE = "neither number is of a year, a country or several events"
    OLD_VALUE = "the old value is the claimant's own last one, or else the outlets'"
    GROWTH = "a toll rises, or a word marks it as corrected"
    PLAN = "a plan has happened, or is called off"
    DENIAL = "a denial of the same thing"
    RETRACTION = "the same claimant takes it back"
    NEW_VALUE = "the number is new in the story"
    SAME_EVENT = "day, place and group of people do not differ"


class Check(msgspec.Struct, frozen=True):
    """Result of a condition; `holds` is None if it does not apply; `why` is the finding in words."""

    condition: Condition
    holds: bool | None
    why: str


def checks_of(
    mine: Statement, other: Statement, words: float, story: Callable[[QuantityRole], Iterable[GivenCount]]
) -> tuple[Check, ...]:
    """Return the results of all conditions for a claim and an earlier one.

    `words` is the similarity (0 to 1) of their words, `story` returns the earlier counts of a role.
    """
    pair = _pair(mine, other)
    numbers = _numbers(mine, other, *pair, story) if pair else _no_numbers()
    is_other = is_of_another_article(mine, other)
    somebody = is_other or is_named_dispute(mine, other)
    return (
        Check(Condition.SOMEBODY_ELSE, somebody, "another article" if is_other else "the same article"),
        *numbers,
        _plan(mine, other, words),
        _denial(mine, other, words),
        _retraction(mine, other, words),
        _event(mine, other),
    )


def _pair(mine: Statement, other: Statement) -> tuple[Count, Count] | None:
    """Return the first pair of counts of the same thing, or else the first pair; None if one claim has no count."""
    pairs = [(a, b) for a in mine.counts for b in other.counts]
    return next((p for p in pairs if is_same_thing(*p)), pairs[0] if pairs else None)


def _no_numbers() -> Iterable[Check]:
    of_numbers = (
        Condition.STATED, Condition.SAME_THING, Condition.TOTALS, Condition.SCOPE, Condition.OLD_VALUE, Condition.GROWTH,
        Condition.NEW_VALUE,
    )  # fmt: skip
    return [Check(condition, None, "one of the claims has no number") for condition in of_numbers]


def _numbers(
    mine: Statement, other: Statement, new: Count, old: Count, story: Callable[[QuantityRole], Iterable[GivenCount]]
) -> Iterable[Check]:
    scopes = {new.scope, old.scope}
    is_old = same_claimant(mine, other) or NARRATOR in other.claimant or new.role in TOLLS or mine.contradicts
    is_kept = NARRATOR in mine.claimant or not other.disputes
    is_one_thing = is_same_thing(new, old) and is_same_actor(mine, other, new) and is_anchored(mine, other, new)
    yield Check(Condition.STATED, new.is_stated and old.is_stated, f"{_named(old)}; {_named(new)}")
    yield Check(Condition.SAME_THING, is_one_thing, f"{_thing(old)}, {_thing(new)}")
    yield Check(Condition.TOTALS, not scopes & {Scope.PART, Scope.MORE}, f"{_scope(old)}, {_scope(new)}")
    yield Check(Condition.SCOPE, Scope.WIDE not in scopes, f"{_scope(old)}, {_scope(new)}")
    yield Check(Condition.OLD_VALUE, is_old and is_kept, f"{_who(other)} said {number_text(old.value)}")
    yield _growth(new, old)
    is_repeated = is_known(mine, new, story(new.role))
    is_corrected = is_own_correction(mine, new, other)
    finding = f"{number_text(new.value)} {'was' if is_repeated else 'was not'} said before"
    correction = f", but {_who(mine)} corrects its own number" if is_repeated and is_corrected else ""
    yield Check(Condition.NEW_VALUE, not is_repeated or is_corrected, finding + correction)


def _growth(new: Count, old: Count) -> Check:
    step = f"{number_text(old.value)} to {number_text(new.value)}"
    if new.role not in TOLLS:
        return Check(Condition.GROWTH, None, "no toll")
    return Check(Condition.GROWTH, new.value > old.value or new.is_revision, step)


def _plan(mine: Statement, other: Statement, words: float) -> Check:
    if other.modality is not Modality.PLANNED:
        return Check(Condition.PLAN, None, "nothing was planned")
    if mine.called_off:
        return Check(Condition.PLAN, is_shared(mine.names, other.names), "a word for called off or postponed")
    has_happened = mine.modality is Modality.ASSERTED and is_same_act(mine, other, words) and is_due(mine, other)
    return Check(Condition.PLAN, has_happened, f"planned for {other.first_day or 'an unknown day'}")


def _denial(mine: Statement, other: Statement, words: float) -> Check:
    if mine.modality is not Modality.DENIED:
        return Check(Condition.DENIAL, None, "nothing is denied")
    is_near = mine.denies and is_shared(mine.names, other.names) and words >= SAME_PROPOSITION
    is_opposite = mine.is_negated and words >= NEAR_IDENTICAL
    is_open = mine.is_named and other.modality is Modality.ASSERTED and not same_claimant(mine, other)
    return Check(Condition.DENIAL, is_open and (is_near or is_opposite), f"similarity of the words: {words:.0%}")


def _retraction(mine: Statement, other: Statement, words: float) -> Check:
    if not mine.takes_back:
        return Check(Condition.RETRACTION, None, "no word of retraction")
    is_own = may_take_back(mine, other) and is_shared(mine.names, other.names) and words >= SAME_PROPOSITION
    return Check(Condition.RETRACTION, is_own, f"{_who(mine)} on a claim of {_who(other)}")


def _event(mine: Statement, other: Statement) -> Check:
    apart = [
        name
        for name, is_same in (("day", is_same_day), ("place", is_same_place), ("group of people", is_same_group))
        if not is_same(mine, other)
    ]
    return Check(Condition.SAME_EVENT, not apart, f"another {' and '.join(apart)}" if apart else "nothing differs")


def _who(statement: Statement) -> str:
    return "the outlet" if NARRATOR in statement.claimant else ", ".join(statement.claimant) or "an unknown claimant"


def _named(count: Count) -> str:
    return f"{number_text(count.value)} {count.role if count.is_stated else 'without a role'}"


def _thing(count: Count) -> str:
    return f"{count.role} {count.unit.replace('_', ' ')}"


SCOPES = {
    Scope.TOTAL: "a total", Scope.PART: "a part", Scope.MORE: "an addition", Scope.WIDE: "a number of more than the event",
}  # fmt: skip


def _scope(count: Count) -> str:
    return f"{number_text(count.value)} is {SCOPES[count.scope]}"
