"""The conditions under which two claims may be compared, each a pure function with a name that `show --why` gives.

A change is reported only where all of them hold; where one does not, the claim is `new` or silent.
"""

from collections.abc import Iterable, Mapping, Sequence

from claimwire.records.vocabulary import HARD, VAGUE_TYPES, EventType, Modality
from processors.match.verdicts.counts import Count, Scope, agree, same_unit
from processors.match.verdicts.statements import NARRATOR, Statement

# A count this many times off is held until a second origin gives it too.
TENFOLD = 10.0
LEAST_NOUNS = 2
# Likeness of the words of two claims that are about one proposition.
SAME_PROPOSITION = 0.3
ADMITS = "admits"
SIDED = frozenset({EventType.ASSAULT, EventType.CONTROL, EventType.MOBILIZE, EventType.RETREAT})


def is_shared(a: Iterable[str], b: Iterable[str]) -> bool:
    """Say whether two claims have a name in common."""
    return not set(a).isdisjoint(b)


def is_of_another_article(mine: Statement, other: Statement) -> bool:
    """An article never changes what it says itself; a later revision may change what an earlier one said."""
    return mine.article_id != other.article_id or mine.revision_id != other.revision_id


def is_named_dispute(mine: Statement, other: Statement) -> bool:
    """Inside one article only two named claimants dispute."""
    return mine.is_named and other.is_named and not same_claimant(mine, other)


def is_disputed_count(mine: Statement, count: Count, other: Statement, old: Count) -> bool:
    """Two named claimants of one article give, in contrast, two totals of one thing on one day; neither counts a growing toll."""
    if is_of_another_article(mine, other) or not is_named_dispute(mine, other) or not mine.is_contrast:
        return False
    if count.role not in HARD or not is_total(count) or not is_total(old) or count.grows or agree(count, old):
        return False
    return is_asserted(other) and is_same_thing(count, old) and is_same_event(mine, other, grows=False)


def same_claimant(mine: Statement, other: Statement) -> bool:
    """The same somebody says both; outlets in their own words are one line."""
    if NARRATOR in mine.claimant and NARRATOR in other.claimant:
        return True
    return bool(set(mine.speakers) & set(other.claimant)) and NARRATOR not in other.claimant


def may_deny(mine: Statement, other: Statement) -> bool:
    """Somebody else says the other thing, in another article."""
    return is_asserted(other) and is_of_another_article(mine, other) and not same_claimant(mine, other)


def may_take_back(mine: Statement, other: Statement) -> bool:
    """The same claimant said the other thing in another article; only what was denied is admitted."""
    is_own = bool(set(mine.speakers) & set(other.speakers)) and is_of_another_article(mine, other)
    return is_own and (mine.takes_back != ADMITS or other.modality is Modality.DENIED)


def is_total(count: Count) -> bool:
    """Only a total whose role is said by a word near the number is compared."""
    return count.is_stated and count.scope is Scope.TOTAL


def is_same_thing(mine: Count, other: Count) -> bool:
    """Same role and unit; shares, sums and measures also the same nouns near the number."""
    if mine.role != other.role or not same_unit(mine.unit, other.unit):
        return False
    return mine.role in HARD or len(set(mine.nouns) & set(other.nouns)) >= LEAST_NOUNS


def is_same_group(mine: Statement, other: Statement) -> bool:
    """The people or things that it befell are not two groups; where sides fight, two claimants must name the same one."""
    if SIDED & {mine.event_type, other.event_type} and not same_claimant(mine, other):
        return is_shared(mine.targets, other.targets)
    return not mine.targets or not other.targets or is_shared(mine.targets, other.targets)


def is_same_doer(mine: Statement, other: Statement, count: Count) -> bool:
    """Shares, sums and measures are of one doer: the lead of one candidate is not that of another."""
    return count.role in HARD or not mine.actors or not other.actors or is_shared(mine.actors, other.actors)


def is_anchored(mine: Statement, other: Statement, count: Count) -> bool:
    """Shares, sums and measures need more than their words: the same names and no others, one named claimant, or a correction.

    "The council of Arles approved 4 million" and "the council of Sens approved 9 million" are of one form.
    """
    if count.role in HARD or count.is_revision or mine.contradicts:
        return True
    own, others = set(mine.names), set(other.names)
    is_one_name = bool(own & others) and (own <= others or others <= own)
    return is_one_name or is_shared((s for s in mine.speakers if s != s.lower()), other.claimant)


def is_same_place(mine: Statement, other: Statement) -> bool:
    """The places named do not differ. A claim that names none is of its article's scene, where the other article never is."""
    if mine.places and other.places:
        return is_shared(mine.places, other.places)
    if not mine.scene or not other.scene:
        return True
    return is_shared(mine.scene, other.around) or is_shared(other.scene, mine.around)


def is_same_day(mine: Statement, other: Statement) -> bool:
    """The days named overlap; where one names none, nothing speaks against it."""
    if not mine.first_day or not other.first_day:
        return True
    return mine.first_day <= other.last_day and other.first_day <= mine.last_day


def is_same_event(mine: Statement, other: Statement, grows: bool) -> bool:
    """Two claims that name different days or places are of two events; a growing toll is of the day of its report."""
    is_report_day = grows and mine.last_day >= other.first_day and mine.last_day >= other.published[:10]
    return is_same_place(mine, other) and is_same_group(mine, other) and (is_same_day(mine, other) or is_report_day)


def could_be_one_event(mine: Statement, other: Statement) -> bool:
    """Say whether neither places nor days of two articles' claims differ, nor both names and numbers: else they are two events."""
    if not is_of_another_article(mine, other):
        return True
    is_moved = mine.called_off or Modality.PLANNED in (mine.modality, other.modality)
    if not is_same_place(mine, other) or not (is_moved or is_same_day(mine, other)):
        return False
    if not mine.names or not other.names or is_shared(mine.names, other.names):
        return True
    is_vague = mine.event_type in VAGUE_TYPES and other.event_type in VAGUE_TYPES
    return not is_vague and mine.figures == other.figures


def is_asserted(other: Statement) -> bool:
    """Only asserted values are compared: none that was denied, planned, demanded or doubted."""
    return other.modality is Modality.ASSERTED


Said = tuple[Statement, Count]


def comparable(mine: Statement, count: Count, said: Iterable[Said]) -> list[Said]:
    """The earlier counts that this one may be compared with, in the order in which they were published."""
    if not is_total(count):
        return []
    found = [
        (other, old)
        for other, old in said
        if is_total(old)
        and is_asserted(other)
        and is_same_thing(count, old)
        and is_same_doer(mine, other, count)
        and is_anchored(mine, other, count)
        and is_same_event(mine, other, count.grows)
    ]
    return sorted(found, key=lambda pair: pair[0].order)


def has_outlier(said: Iterable[Said]) -> bool:
    """Say whether any two of the counts are tenfold apart."""
    values = [count.value for _, count in said]
    return bool(values) and is_tenfold(min(values), max(values))


def trusted(said: Sequence[Said]) -> list[Said]:
    """The counts without those that are tenfold off the counts of every other origin: a copy confirms nothing.

    Where no origin confirms another, the first count is believed, with those near it.
    """
    if not has_outlier(said):
        return list(said)
    origins: dict[float, set[str]] = {}
    for statement, count in said:
        origins.setdefault(count.value, set()).add(statement.origin)
    near = {value: _origins_near(value, origins) for value in origins}
    kept = [(statement, count) for statement, count in said if near[count.value] - {statement.origin}]
    return kept or [pair for pair in said if not is_tenfold(pair[1].value, said[0][1].value)]


def _origins_near(value: float, origins: Mapping[float, set[str]]) -> set[str]:
    """Some origins that give a count within tenfold of a value; two are enough."""
    found: set[str] = set()
    for other, giving in origins.items():
        if not is_tenfold(value, other):
            found |= giving
        if len(found) > 1:
            break
    return found


def is_tenfold(a: float, b: float) -> bool:
    """Tenfold apart, which a slip of a digit also makes."""
    low, high = sorted((a, b))
    return high >= TENFOLD * max(low, 1.0)


def is_heard(mine: Statement, count: Count, said: Iterable[Said]) -> bool:
    """The story has had this value under this role, in whichever cluster."""
    return any(
        (old.value == count.value or agree(old, count))
        and old.is_stated
        and same_unit(old.unit, count.unit)
        and old.role == count.role
        and (count.role in HARD or is_same_thing(count, old))
        and is_same_place(mine, other)
        for other, old in said
    )


def is_own_correction(mine: Statement, count: Count, other: Statement) -> bool:
    """A claimant corrects its own number, which is news also where another one gave the new number first."""
    return mine.is_named and count.is_revision and same_claimant(mine, other)


def is_same_act(mine: Statement, other: Statement, words: float) -> bool:
    """One act: the same concrete type, a name in common and some of the words."""
    is_type = mine.event_type == other.event_type and mine.event_type not in VAGUE_TYPES
    return is_type and is_shared(mine.names, other.names) and words >= 0.2


def has_come(mine: Statement, planned: Statement) -> bool:
    """The planned day is known, and is here."""
    return bool(planned.first_day) and planned.first_day <= mine.published[:10]
