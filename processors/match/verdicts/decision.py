"""Verdict of a claim: the first that applies of retraction, contradiction, update and repeat, or `new` without comparable claims.

In doubt the verdict is `new` or `repeat`, so that no false change is reported.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from claimwire.records.sightings import Change
from claimwire.records.vocabulary import HARD, TOLLS, ChangedField, ChangeKind, Modality, QuantityRole, Verdict
from claimwire.text.numbers import number_text
from processors.match.clusters import stated_value
from processors.match.verdicts.conditions import (
    ADMITS,
    SAME_PROPOSITION,
    GivenCount,
    comparable,
    has_outlier,
    is_disputed_count,
    is_due,
    is_known,
    is_named_dispute,
    is_of_another_article,
    is_own_correction,
    is_same_act,
    is_same_day,
    is_same_thing,
    is_tenfold,
    may_take_back,
    same_claimant,
    trusted,
)
from processors.match.verdicts.counts import Count, agree
from processors.match.verdicts.statements import NARRATOR, Statement

NEAR_IDENTICAL = 0.55
# Crowd counts further apart than this may be of two gatherings.
CROWD_DAYS = 3


@dataclass(frozen=True)
class Decision:
    """A verdict, its changes, and the explanation for people."""

    verdict: Verdict
    changes: tuple[Change, ...]
    why: str


@dataclass(frozen=True)
class Earlier:
    """Earlier claims: `joined` are those of the cluster that the claim joins, `story` returns all counts of a role in its story.

    `words` is the similarity (0 to 1) to the most similar claim of the cluster; `refers` is true if the claim only refers to the
    cluster's claim ("denied it"), `is_meant` if it denies or retracts it. `stated` are the numbers with a known role of the
    cluster, also those that are no total ("the third case").
    """

    joined: Sequence[Statement]
    story: Callable[[QuantityRole], Sequence[GivenCount]]
    words: float = 0.0
    refers: bool = False
    is_meant: bool = False
    stated: Set[str] = frozenset()


def decide(mine: Statement, earlier: Earlier) -> Decision:
    """Return the verdict of a claim that joins a cluster."""
    found = (
        _retraction(mine, earlier)
        or _denial(mine, earlier)
        or _called_off(mine, earlier)
        or _counted(mine, earlier)
        or _happened(mine, earlier)
    )
    if found is not None:
        return found
    if _has_own_number(mine, earlier):
        return Decision(Verdict.NEW, (), "its number counts something that was not counted before")
    if mine.modality not in {other.modality for other in earlier.joined}:
        # A demand that is met, or a denial of a report, is not a repeat.
        return Decision(Verdict.NEW, (), "earlier claims differ in kind: fact, plan, demand or denial")
    return Decision(Verdict.REPEAT, (), "it adds nothing to the earlier claims")


def _has_own_number(mine: Statement, earlier: Earlier) -> bool:
    """Return whether the claim has a count that is new in its cluster and story and not comparable with any there."""
    return any(
        count.role in HARD
        and count.is_stated
        and stated_value(count.role, count.unit, count.value) not in earlier.stated
        and not is_known(mine, count, earlier.story(count.role))
        and not comparable(mine, count, earlier.story(count.role))
        for count in mine.counts
    )


def _who(statement: Statement) -> str:
    return ", ".join(statement.claimant if NARRATOR not in statement.claimant else statement.speakers) or "the outlet"


def _change(kind: ChangeKind, field: ChangedField, mine: Statement, other: Statement, old: str, new: str) -> Change:
    return Change(
        kind=kind, field=field, old=old, new=new, old_claimant=other.claimant, new_claimant=mine.claimant,
        old_article=other.article_id, new_article=mine.article_id, old_claimant_text=other.claimant_text,
        old_source=other.source, old_at=datetime.fromisoformat(other.published),
    )  # fmt: skip


def _retraction(mine: Statement, earlier: Earlier) -> Decision | None:
    """Return the retraction or admission of a claim of the same claimant in another article; None without one."""
    if not mine.takes_back:
        return None
    about = {name for s in earlier.joined for name in s.names}
    # An admission often refers to the earlier denial by "it" alone, without a shared name.
    if not earlier.is_meant or not (mine.takes_back == ADMITS or set(mine.names) & about):
        return None
    for other in reversed(earlier.joined):
        if may_take_back(mine, other):
            change = _change(ChangeKind.RETRACTION, ChangedField.STATEMENT, mine, other, other.modality, mine.modality)
            return Decision(Verdict.RETRACTION, (change,), f"{_who(mine)} takes back what {_who(mine)} said before")
    return None


def _denial(mine: Statement, earlier: Earlier) -> Decision | None:
    """Return the denial of another claimant's claim; None without one.

    It needs a verb of denial with a shared name or a reference to one claim, or a near-identical negation.
    """
    if mine.modality is not Modality.DENIED or not mine.is_named:
        return None
    if any(s.modality is Modality.DENIED and same_claimant(mine, s) for s in earlier.joined):
        return None
    for other in reversed(earlier.joined):
        if other.modality is not Modality.ASSERTED or same_claimant(mine, other):
            continue
        is_pointing = earlier.refers and is_named_dispute(mine, other)
        if not (is_of_another_article(mine, other) or is_pointing) or not is_same_day(mine, other):
            continue
        is_near = not set(mine.names).isdisjoint(other.names) or earlier.words >= NEAR_IDENTICAL
        is_shared = earlier.is_meant and is_near
        is_negated = earlier.words >= NEAR_IDENTICAL and mine.is_negated
        if (mine.denies and (is_shared or earlier.refers)) or is_negated:
            change = _change(ChangeKind.DISPUTE, ChangedField.STATEMENT, mine, other, other.modality, mine.modality)
            return Decision(Verdict.CONTRADICTION, (change,), f"{_who(mine)} denies it")
    return None


def _plans(mine: Statement, earlier: Earlier) -> list[Statement]:
    return [s for s in earlier.joined if s.modality is Modality.PLANNED and is_of_another_article(mine, s)]


def _called_off(mine: Statement, earlier: Earlier) -> Decision | None:
    """Return the first cancellation or postponement of a plan; None otherwise."""
    plans = [s for s in _plans(mine, earlier) if not s.called_off]
    if not mine.called_off or not plans or any(s.called_off for s in earlier.joined):
        return None
    other = plans[-1]
    if not set(mine.names) & set(other.names) or earlier.words < SAME_PROPOSITION:
        return None
    new = mine.first_day if mine.modality is Modality.PLANNED else ""
    change = _change(ChangeKind.CALLED_OFF, ChangedField.PLAN, mine, other, other.first_day, new)
    return Decision(Verdict.UPDATE, (change,), "a plan is called off or postponed")


def _happened(mine: Statement, earlier: Earlier) -> Decision | None:
    """Return the execution of a plan that is due; None otherwise."""
    if (
        mine.called_off
        or mine.modality is not Modality.ASSERTED
        or any(s.modality is Modality.ASSERTED for s in earlier.joined)
    ):
        return None
    for other in reversed(_plans(mine, earlier)):
        if is_same_act(mine, other, earlier.words) and is_due(mine, other):
            change = _change(ChangeKind.UPDATE, ChangedField.PLAN, mine, other, "planned", "happened")
            return Decision(Verdict.UPDATE, (change,), "a plan has happened")
    return None


def _counted(mine: Statement, earlier: Earlier) -> Decision | None:
    """Return the first update or dispute of a comparable count; None without one."""
    if mine.modality is not Modality.ASSERTED:
        return None
    for count in mine.counts:
        found = _count_change(mine, count, earlier) or _disputed_inside(mine, count, earlier)
        if found is not None:
            return found
    return None


def _count_change(mine: Statement, count: Count, earlier: Earlier) -> Decision | None:
    counted = earlier.story(count.role)
    is_repeated = is_known(mine, count, counted)
    # A known number is news only as a toll that was held back and is now confirmed, or as a claimant's own correction.
    if is_repeated and not count.is_revision and not (count.role in TOLLS and has_outlier(counted)):
        return None
    others = [s for s in comparable(mine, count, counted) if is_of_another_article(mine, s[0])]
    if is_repeated and (own := [s for s in others if is_own_correction(mine, count, s[0])]):
        others, is_repeated = own, False
    if not others:
        return None
    known = trusted(others)
    held = {s.claim_id for s, _ in others} - {s.claim_id for s, _ in known}
    confirmed = [s for s, old in others if s.claim_id in held and old.value == count.value and s.origin != mine.origin]
    if is_repeated and not confirmed:
        return None
    if not confirmed and all(is_tenfold(count.value, c.value) for _, c in known):
        return None
    return _against(mine, count, known, is_confirmed=bool(confirmed))


def _disputed_inside(mine: Statement, count: Count, earlier: Earlier) -> Decision | None:
    """Return a dispute between two claimants of one article on a number that no other article has; one for each thing counted."""
    counted = earlier.story(count.role)
    inside = [pair for pair in counted if not is_of_another_article(mine, pair[0])]
    disputed = [pair for pair in inside if is_disputed_count(mine, count, *pair)]
    is_reported = any(other.disputes and is_same_thing(count, old) for other, old in inside)
    if not disputed or is_reported or is_known(mine, count, [pair for pair in counted if pair not in inside]):
        return None
    return _number(ChangeKind.DISPUTE, Verdict.CONTRADICTION, mine, count, *disputed[-1])


def _against(mine: Statement, count: Count, known: Sequence[GivenCount], *, is_confirmed: bool) -> Decision | None:
    """Return an update of the claimant's own last value, or else the outlets', or a dispute with a named claimant.

    A toll may also update the last value of any other claimant that disputed none.
    """
    own = [s for s in known if same_claimant(mine, s[0])]
    line = [s for s in known if NARRATOR in s[0].claimant]
    named = [s for s in known if s[0].is_named]
    is_toll = count.role in TOLLS
    others = [s for s in known if not s[0].disputes] if is_toll else line
    base = own if mine.is_named and own else others
    if is_toll and any(s.published > mine.published and old.value >= count.value for s, old in others):
        # Tolls only grow: a report published before a higher toll is out of date.
        return None
    if base:
        other, old = base[-1]
        if is_tenfold(count.value, old.value) and not is_confirmed:
            return None
        is_higher = count.value > old.value and not count.is_lowered
        if is_higher or (count.value < old.value and count.is_revision):
            return _number(ChangeKind.UPDATE, Verdict.UPDATE, mine, count, other, old)
    for other, old in reversed(named):
        # A crowd does not grow after the event, so that a higher count is a dispute as well as a lower one.
        is_crowd = (
            count.role is QuantityRole.PARTICIPATED and not agree(count, old) and _days_apart(mine, other) <= CROWD_DAYS
        )
        is_lower = count.value < old.value and _days_apart(mine, other) == 0
        is_contradicted = mine.contradicts and not is_toll and count.value != old.value
        if mine.is_named and not same_claimant(mine, other) and (is_lower or is_crowd or is_contradicted):
            return _number(ChangeKind.DISPUTE, Verdict.CONTRADICTION, mine, count, other, old)
    return None


def _days_apart(mine: Statement, other: Statement) -> int:
    return abs((date.fromisoformat(mine.published[:10]) - date.fromisoformat(other.published[:10])).days)


def _number(
    kind: ChangeKind, verdict: Verdict, mine: Statement, count: Count, other: Statement, old: Count
) -> Decision:
    before, after = number_text(old.value), number_text(count.value)
    change = Change(
        kind=kind, field=ChangedField.QUANTITY, role=count.role, unit=count.unit, value=count.value, old=before, new=after,
        old_claimant=other.claimant, new_claimant=mine.claimant, old_article=other.article_id,
        new_article=mine.article_id, old_claimant_text=other.claimant_text, old_source=other.source,
        old_at=datetime.fromisoformat(other.published),
    )  # fmt: skip
    return Decision(verdict, (change,), f"{count.role}: {before} → {after}")
