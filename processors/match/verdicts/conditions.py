"""Conditions under which two claims may be compared, each a pure function; `show --why` prints them.

A change is reported only if all of them hold; otherwise the claim is new or a repeat.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from claimwire.records.vocabulary import HARD, VAGUE_TYPES, EventType, Modality, QuantityRole
from processors.match.verdicts.counts import Count, Scope, agree, same_unit
from processors.match.verdicts.statements import NARRATOR, Statement

# A count that differs by this factor is held back until a second origin confirms it.
TENFOLD = 10.0
LEAST_NOUNS = 2
# A claim without a day is taken to be of the last days.
RECENT_DAYS = 7
# Least similarity of the words of two claims with the same proposition.
SAME_PROPOSITION = 0.3
ADMITS = "admits"
SIDED = frozenset({EventType.ASSAULT, EventType.CONTROL, EventType.MOBILIZE, EventType.RETREAT})


def is_shared(a: Iterable[str], b: Iterable[str]) -> bool:
    """Return whether two lists of names have one in common."""
    return not set(a).isdisjoint(b)


def is_of_another_article(mine: Statement, other: Statement) -> bool:
    """Return whether the claims are of two articles, or of two revisions: a revision does not change its own claims."""
    return mine.article_id != other.article_id or mine.revision_id != other.revision_id


def is_named_dispute(mine: Statement, other: Statement) -> bool:
    """Return whether two different named claimants make the claims, the only dispute possible inside one article."""
    return mine.is_named and other.is_named and not same_claimant(mine, other)


def is_disputed_count(mine: Statement, count: Count, other: Statement, old: Count) -> bool:
    """Return whether two named claimants of one article give contrasting totals of the same thing on the same day.

    `count` must not be of a growing toll.
    """
    if is_of_another_article(mine, other) or not is_named_dispute(mine, other) or not mine.is_contrast:
        return False
    if count.role not in HARD or not is_total(count) or not is_total(old) or count.grows or agree(count, old):
        return False
    return is_asserted(other) and is_same_thing(count, old) and is_same_event(mine, other, grows=False)


def same_claimant(mine: Statement, other: Statement) -> bool:
    """Return whether both claims have a claimant in common; all outlets in their own words count as one claimant."""
    if NARRATOR in mine.claimant and NARRATOR in other.claimant:
        return True
    return bool(set(mine.speakers) & set(other.claimant)) and NARRATOR not in other.claimant


def may_deny(mine: Statement, other: Statement) -> bool:
    """Return whether the other claim is asserted by another claimant in another article."""
    return is_asserted(other) and is_of_another_article(mine, other) and not same_claimant(mine, other)


def may_take_back(mine: Statement, other: Statement) -> bool:
    """Return whether both claims are by one claimant in two articles; only an earlier denial can be followed by admission."""
    is_own = bool(set(mine.speakers) & set(other.speakers)) and is_of_another_article(mine, other)
    return is_own and (mine.takes_back != ADMITS or other.modality is Modality.DENIED)


def is_total(count: Count) -> bool:
    """Return whether the count is a total with a word for its role near the number. Only such counts are compared."""
    return count.is_stated and count.scope is Scope.TOTAL


def is_same_thing(mine: Count, other: Count) -> bool:
    """Return whether role and unit are the same and, for shares, sums and measures, two nouns near the numbers."""
    if mine.role != other.role or not same_unit(mine.unit, other.unit):
        return False
    return mine.role in HARD or len(set(mine.nouns) & set(other.nouns)) >= LEAST_NOUNS


def is_same_group(mine: Statement, other: Statement) -> bool:
    """Return whether the targets do not differ; on SIDED events, different claimants must have one in common."""
    if SIDED & {mine.event_type, other.event_type} and not same_claimant(mine, other):
        return is_shared(mine.targets, other.targets)
    return not mine.targets or not other.targets or is_shared(mine.targets, other.targets)


def is_same_actor(mine: Statement, other: Statement, count: Count) -> bool:
    """Return whether the actors do not differ, for shares, sums and measures: each candidate has a share of its own."""
    return count.role in HARD or not mine.actors or not other.actors or is_shared(mine.actors, other.actors)


def is_anchored(mine: Statement, other: Statement, count: Count) -> bool:
    """Return whether shares, sums and measures also have the same names, one named claimant, or a correction.

    Words do not suffice: "the council of Arles approved 4 million" and "the council of Sens approved 9 million". A number
    without a role changes no other except by a correction: "10 kilometres deep" and "55 kilometres from the town".
    """
    if count.role in HARD or count.is_revision or mine.contradicts:
        return True
    if count.role is QuantityRole.OTHER:
        return False
    own, others = set(mine.names), set(other.names)
    is_one_name = bool(own & others) and (own <= others or others <= own)
    return is_one_name or is_shared((s for s in mine.speakers if s != s.lower()), other.claimant)


def is_same_place(mine: Statement, other: Statement) -> bool:
    """Return whether the places do not differ.

    If a claim has no place, one of the two articles must name a place of the other's scene.
    """
    if mine.places and other.places:
        return is_shared(mine.places, other.places)
    if not mine.scene or not other.scene:
        return True
    return is_shared(mine.scene, other.around) or is_shared(other.scene, mine.around)


def is_same_day(mine: Statement, other: Statement) -> bool:
    """Return whether the days overlap; without one, whether the other day is recent when the earlier claim is published."""
    if mine.first_day and other.first_day:
        return mine.first_day <= other.last_day and other.first_day <= mine.last_day
    last = mine.last_day or other.last_day
    recent = date.fromisoformat(other.published[:10]) - timedelta(days=RECENT_DAYS)
    return not last or last >= recent.isoformat()


def is_same_event(mine: Statement, other: Statement, grows: bool) -> bool:
    """Return whether places, targets and days do not differ; a growing toll has the day of its report."""
    is_report_day = grows and mine.last_day >= other.first_day and mine.last_day >= other.published[:10]
    return is_same_place(mine, other) and is_same_group(mine, other) and (is_same_day(mine, other) or is_report_day)


def could_be_one_event(mine: Statement, other: Statement) -> bool:
    """Return whether two articles' claims differ neither in place nor day, nor in both names and numbers.

    A country does not differ from a place in it.
    """
    if not is_of_another_article(mine, other):
        return True
    is_inside = is_shared(mine.countries, other.places) or is_shared(other.countries, mine.places)
    is_moved = mine.called_off or Modality.PLANNED in (mine.modality, other.modality)
    if not (is_inside or is_same_place(mine, other)) or not (is_moved or is_same_day(mine, other)):
        return False
    if is_inside or not mine.names or not other.names or is_shared(mine.names, other.names):
        return True
    is_vague = mine.event_type in VAGUE_TYPES and other.event_type in VAGUE_TYPES
    return not is_vague and mine.figures == other.figures


def is_asserted(other: Statement) -> bool:
    """Return whether the claim is asserted, not denied, planned, requested or uncertain."""
    return other.modality is Modality.ASSERTED


# A count and the claim that gives it.
GivenCount = tuple[Statement, Count]


def comparable(mine: Statement, count: Count, earlier: Iterable[GivenCount]) -> list[GivenCount]:
    """Return the earlier counts that this one may be compared with, in order of publication."""
    if not is_total(count):
        return []
    found = [
        (other, old)
        for other, old in earlier
        if is_total(old)
        and is_asserted(other)
        and is_same_thing(count, old)
        and is_same_actor(mine, other, count)
        and is_anchored(mine, other, count)
        and is_same_event(mine, other, count.grows)
    ]
    return sorted(found, key=lambda pair: pair[0].order)


def has_outlier(earlier: Iterable[GivenCount]) -> bool:
    """Return whether any two of the counts differ tenfold."""
    values = [count.value for _, count in earlier]
    return bool(values) and is_tenfold(min(values), max(values))


def trusted(earlier: Sequence[GivenCount]) -> list[GivenCount]:
    """Return the counts without those that differ tenfold from the counts of all other origins.

    If no origin confirms another, returns the first count and those within tenfold of it.
    """
    if not has_outlier(earlier):
        return list(earlier)
    origins: dict[float, set[str]] = {}
    for statement, count in earlier:
        origins.setdefault(count.value, set()).add(statement.origin)
    near = {value: _origins_near(value, origins) for value in origins}
    kept = [(statement, count) for statement, count in earlier if near[count.value] - {statement.origin}]
    return kept or [pair for pair in earlier if not is_tenfold(pair[1].value, earlier[0][1].value)]


def _origins_near(value: float, origins: Mapping[float, set[str]]) -> set[str]:
    """Return at least two of the origins whose counts are within tenfold of a value, or all if there are fewer."""
    found: set[str] = set()
    for other, giving in origins.items():
        if not is_tenfold(value, other):
            found |= giving
        if len(found) > 1:
            break
    return found


def is_tenfold(a: float, b: float) -> bool:
    """Return whether two counts differ tenfold or more, as after a typing error."""
    low, high = sorted((a, b))
    return high >= TENFOLD * max(low, 1.0)


def is_known(mine: Statement, count: Count, earlier: Iterable[GivenCount]) -> bool:
    """Return whether the story already has this value in this role, in any cluster."""
    return any(
        (old.value == count.value or agree(old, count))
        and old.is_stated
        and same_unit(old.unit, count.unit)
        and old.role == count.role
        and (count.role in HARD or is_same_thing(count, old))
        and is_same_place(mine, other)
        for other, old in earlier
    )


def is_own_correction(mine: Statement, count: Count, other: Statement) -> bool:
    """Return whether a claimant corrects its own number, which is news even if another one gave the new number first."""
    return mine.is_named and count.is_revision and same_claimant(mine, other)


def is_same_act(mine: Statement, other: Statement, words: float) -> bool:
    """Return whether claims have one concrete type, similar words and an actor or target, or a name at a place or day."""
    is_type = mine.event_type == other.event_type and mine.event_type not in VAGUE_TYPES
    is_by_same = is_shared(mine.actors, other.actors) or is_shared(mine.targets, other.targets)
    is_somewhere = bool(mine.places or mine.first_day) and is_shared(mine.names, other.names)
    return is_type and (is_by_same or is_somewhere) and words >= SAME_PROPOSITION


def is_due(mine: Statement, planned: Statement) -> bool:
    """Return whether the day of a plan is known, past when the later claim is published, and not another than its day."""
    is_past = bool(planned.first_day) and planned.first_day <= mine.published[:10]
    return is_past and (not mine.first_day or is_same_day(mine, planned))
