"""The conditions under which two claims may be compared, each a pure function with a name that `show --why` gives.

A change is reported only where all of them hold; where one does not, the claim is `new` or silent.
"""

from collections.abc import Mapping, Sequence

from claimwire.vocabulary import HARD, VAGUE_TYPES, EventType, Modality
from processors.match.verdicts.counts import Count, Scope, agree, same_unit
from processors.match.verdicts.statements import NARRATOR, Statement

# A count this many times off is held until a second origin gives it too.
TENFOLD = 10.0
LEAST_NOUNS = 2
# Likeness of the words of two claims that are about one proposition.
SAME_PROPOSITION = 0.3
ADMITS = "admits"
SIDED = frozenset({EventType.ASSAULT, EventType.CONTROL, EventType.MOBILIZE, EventType.RETREAT})


def is_of_another_article(mine: Statement, other: Statement) -> bool:
    """An article never changes what it says itself; a later revision may change what an earlier one said."""
    return mine.article != other.article


def is_named_dispute(mine: Statement, other: Statement) -> bool:
    """Inside one article only two named claimants dispute."""
    return mine.is_named and other.is_named and not same_claimant(mine, other)


def same_claimant(mine: Statement, other: Statement) -> bool:
    """The same somebody says both; outlets in their own words are one line."""
    if NARRATOR in mine.claimant and NARRATOR in other.claimant:
        return True
    return bool(set(mine.speakers) & set(other.claimant)) and NARRATOR not in other.claimant


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
        return bool(set(mine.targets) & set(other.targets))
    return not mine.targets or not other.targets or bool(set(mine.targets) & set(other.targets))


def is_same_place(mine: Statement, other: Statement) -> bool:
    """The places named do not differ. A claim that names none is of its article's scene, where the other article never is."""
    if mine.places and other.places:
        return bool(set(mine.places) & set(other.places))
    if not mine.scene or not other.scene:
        return True
    return bool(set(mine.scene) & set(other.around) or set(other.scene) & set(mine.around))


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
    is_other_names = bool(mine.names and other.names) and not set(mine.names) & set(other.names)
    is_vague = mine.event_type in VAGUE_TYPES and other.event_type in VAGUE_TYPES
    return not (is_other_names and (is_vague or set(mine.figures) ^ set(other.figures)))


def is_asserted(other: Statement) -> bool:
    """Only asserted values are compared: none that was denied, planned, demanded or doubted."""
    return other.modality is Modality.ASSERTED


Said = tuple[Statement, Count]


def comparable(mine: Statement, count: Count, said: Sequence[Statement]) -> list[Said]:
    """The earlier counts that this one may be compared with, in the order in which they were said."""
    if not is_total(count):
        return []
    return [
        (other, old)
        for other in said
        if is_asserted(other)
        for old in other.counts
        if is_total(old) and is_same_thing(count, old) and is_same_event(mine, other, count.grows)
    ]


def trusted(said: Sequence[Said]) -> list[Said]:
    """The counts without those that are tenfold off the counts of every other article."""
    articles: dict[float, set[tuple[str, str]]] = {}
    for statement, count in said:
        articles.setdefault(count.value, set()).add(statement.article)
    if len(set[tuple[str, str]]().union(*articles.values())) < 2:
        return list(said)
    near = {value: _articles_near(value, articles) for value in articles}
    kept = [(statement, count) for statement, count in said if near[count.value] - {statement.article}]
    # A count that stands alone is believed; of several that all differ tenfold, the first.
    return kept or list(said[:1])


def _articles_near(value: float, articles: Mapping[float, set[tuple[str, str]]]) -> set[tuple[str, str]]:
    """Some articles that give a count within tenfold of a value; two are enough."""
    found: set[tuple[str, str]] = set()
    for other, giving in articles.items():
        if not is_tenfold(value, other):
            found |= giving
        if len(found) > 1:
            break
    return found


def is_tenfold(a: float, b: float) -> bool:
    """Tenfold apart, which a slip of a digit also makes."""
    low, high = sorted((a, b))
    return high >= TENFOLD * max(low, 1.0)


def is_heard(mine: Statement, count: Count, said: Sequence[Statement]) -> bool:
    """The story has had this value under this role, in whichever cluster."""
    return any(
        old.role == count.role and same_unit(old.unit, count.unit) and (old.value == count.value or agree(old, count))
        for other in said
        for old in other.counts
        if old.is_stated and (count.role in HARD or is_same_thing(count, old)) and is_same_place(mine, other)
    )


def is_same_act(mine: Statement, other: Statement, words: float) -> bool:
    """One act: the same concrete type, a name in common and some of the words."""
    is_type = mine.event_type == other.event_type and mine.event_type not in VAGUE_TYPES
    return is_type and bool(set(mine.names) & set(other.names)) and words >= 0.2


def has_come(mine: Statement, planned: Statement) -> bool:
    """The planned day is known, and is here."""
    return bool(planned.first_day) and planned.first_day <= mine.published[:10]
