"""Role of a number by the words near it, such as killed or arrested; `other` without any.

`role_words` gives these words and the place of each.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claimwire.records.vocabulary import QuantityRole
from processors.claims.events.role_words import At, RoleWord, any_at, outcome_of, role_words, words_at
from processors.claims.lexicon import currencies, listed, word_list
from processors.claims.model import Token
from processors.claims.syntax.predicates import HEDGES, LINKS, NEAR, REACH, groups_after, is_adjective, is_hedge
from processors.claims.syntax.tokenizer import AFFLICTED, BE, NOMINAL, VERBAL, VERBAL_OR_MODAL

TIME_UNITS = frozenset("year month week day hour minute second".split())
LENGTHS = frozenset("metre kilometre centimetre mile foot yard inch degree".split())
HUMAN = frozenset("person civilian soldier fighter worker police_officer protester prisoner".split())
MONEY = frozenset(currencies())
PRISON = frozenset("prison jail jailed imprisoned imprisonment bars sentence sentences sentenced behind".split())
# Nobody is sentenced yet in "could mean a prison term of five years".
THREATENED = frozenset({"could", "may", "might"})
SAVED = frozenset("saved saves save saving rescued rescues rescuing".split())
POLLED = listed("polled")
BODIES = frozenset("bodies corpses deaths fatalities lives".split())
DEATHS = frozenset({"death", "deaths"})
JOINING_DEATHS = frozenset({"and", "including", "with"})
VICTIMS = frozenset({QuantityRole.KILLED, QuantityRole.INJURED, QuantityRole.MISSING, QuantityRole.CRITICAL})
BEFALLEN = frozenset({
    QuantityRole.KILLED, QuantityRole.INJURED, QuantityRole.ARRESTED, QuantityRole.INFECTED, QuantityRole.DISPLACED,
})  # fmt: skip
HARM = VICTIMS | BEFALLEN | {QuantityRole.SENTENCED}
MEASURES = frozenset({QuantityRole.MONEY, QuantityRole.DURATION})
REACHES = listed("reaches")
GIVES = listed("gives")
LINKING = listed("linking")
# Verbs whose object takes part, as in "the march drew 9,000 protesters".
DRAWS = listed("draws") | BE
# Unions of tags and words, built once because every number uses them.
JOINED_TO = NOMINAL | LINKS | {"DT", "JJ", "PRP$", "POS", "PRP"}
IN_GROUP = VERBAL | {"MD", "RB", "TO"}
IN_LIST = LINKS | NOMINAL | {"DT", "JJ", "IN", "CD"}
LISTED = NOMINAL | {"CD"}
COPULAS = BE | LINKING | {"get", "got", "gets"}
PAST = frozenset({"VBN", "VBD", "JJ"})


@dataclass(frozen=True)
class Counted:
    """A number among the tokens of its sentence: its figure begins at token `first`, its noun ends at `last`."""

    tokens: Sequence[Token]
    first: int
    last: int
    unit: str

    def words(self, begin: int, end: int) -> str:
        return " ".join(t.low for t in self.tokens[max(0, begin) : max(0, end)])

    def first_of(self, at: Iterable[At], begin: int) -> QuantityRole | None:
        """Return the role by the words that begin at a token."""
        text = self.words(begin, begin + NEAR)
        return next(
            (
                w.role
                for a in at
                if any_at(a).match(text)
                for w in words_at(a)
                if w.pattern.match(text) and self.fits(w)
            ),
            None,
        )

    def fits(self, word: RoleWord) -> bool:
        """Return whether a role suits the counted noun: people are not destroyed, things are not killed."""
        if word.of and (self.unit in HUMAN or self.unit == "case") != (word.of == "people"):
            return False
        forms = (self.words(self.last, self.last + 1), self.unit) if word.counted else ()
        return word.counted is None or any(word.counted.match(form) for form in forms)


def role_of(
    tokens: Sequence[Token], first: int, last: int, unit: str, before: tuple[int, QuantityRole] | None = None
) -> QuantityRole:
    """Return the role of the number whose figure and unit are `tokens[first..last]`.

    `before` is the last token and the role of the number before it in the same clauses.
    """
    if unit in MONEY:
        return QuantityRole.MONEY
    if unit == "vote":
        return QuantityRole.VOTES
    if unit == "percent":
        return _of_share(tokens, first, last, before)
    if unit in TIME_UNITS:
        near = tokens[max(0, first - NEAR) : last + 4]
        words = {t.low for t in near}
        is_threat = any(t.low in THREATENED for t in tokens[max(0, first - REACH) : first])
        is_term = unit in ("year", "month") and words & PRISON and not is_threat
        return QuantityRole.SENTENCED if is_term else QuantityRole.DURATION
    counted = Counted(tokens, first, last, unit)
    return said_of(counted) or _joined(counted, before) or _by_group(counted) or QuantityRole.OTHER


def said_of(counted: Counted) -> QuantityRole | None:
    """Return the role by the number's own words: its noun, its verb, its predicate, the words before it."""
    inside = _inside(counted, At.NOUN)
    if inside is not None:
        is_saved = any(t.low in SAVED for t in counted.tokens[max(0, counted.first - REACH) : counted.first])
        return QuantityRole.OTHER if is_saved and inside is QuantityRole.KILLED else inside
    if _is_whole(counted):
        after = counted.tokens[counted.last + 1 : counted.last + 2]
        is_named = bool(after) and after[0].low in AFFLICTED
        named = counted.first_of((At.IS, At.DONE), counted.last + 1) if is_named else _inside(counted, At.IS)
        return named or QuantityRole.OTHER
    governor, is_next = _governor(counted.tokens, counted.first)
    ruled = counted.first_of((At.DONE,), governor) if governor >= 0 else None
    if ruled is not None and is_next and not _is_passive(counted.tokens, governor):
        return ruled
    return _before(counted) or _predicate(counted) or _inside(counted, At.IS) or ruled or _of_tally(counted)


def _is_whole(counted: Counted) -> bool:
    """Return whether a number is the whole of another: the 14 of "two of the 14 climbers", the four of "all but four"."""
    before = [t for t in counted.tokens[max(0, counted.first - 3) : counted.first] if t.tag not in ("DT", "PRP$")]
    if counted.words(counted.first - 2, counted.first) == "all but":
        return True
    return len(before) > 1 and before[-1].low == "of" and (before[-2].tag == "CD" or before[-2].low == "out")


def is_compound(tokens: Sequence[Token], stop: int) -> bool:
    """Return whether a figure that ends at `stop` belongs to a compound: "a 12,000-seat arena", "10-year notes"."""
    after = tokens[stop + 1 : stop + 3]
    return len(after) == 2 and after[0].text == "-" and after[0].start == tokens[stop].end and after[1].text.isalpha()


def _of_share(tokens: Sequence[Token], first: int, last: int, before: tuple[int, QuantityRole] | None) -> QuantityRole:
    """Return the role of a share: of votes in "31 percent of the vote" and a poll that "has the party on 31 percent"."""
    near = [t.low for t in tokens[max(0, first - NEAR) : last + 5]]
    if "turnout" in near:
        return QuantityRole.TURNOUT
    after = [t.low for t in tokens[last + 1 : last + 4]]
    is_standing = first > 0 and tokens[first - 1].low in ("on", "at", "with")
    if "of" in after and any(w in ("vote", "votes", "ballots") for w in after):
        return QuantityRole.VOTES
    if is_standing and any(t.low in POLLED for t in tokens[max(0, first - REACH) : last + NEAR]):
        return QuantityRole.VOTES
    return QuantityRole.OTHER


def _inside(counted: Counted, at: At) -> QuantityRole | None:
    """Return the role by the counted phrase itself: "31 deaths", "12 dead climbers", "two other plague cases"."""
    for index in range(counted.first + 1, counted.last + 1):
        # "12 injured climbers"
        token = counted.tokens[index]
        is_done = at is At.IS and (token.low in AFFLICTED or (token.tag in PAST and index < counted.last))
        role = counted.first_of((at, At.DONE) if is_done else (at,), index)
        if role is not None:
            return role
    if at is At.NOUN and counted.unit == "case" and _is_of_disease(counted):
        return QuantityRole.INFECTED
    return None


def _is_of_disease(counted: Counted) -> bool:
    near = counted.tokens[max(0, counted.first - REACH) : counted.last + REACH]
    ahead = [t.low for t in counted.tokens[max(0, counted.first - 3) : counted.first]]
    after = [t.low for t in counted.tokens[counted.last + 1 : counted.last + REACH]]
    if JOINING_DEATHS & set(after) and DEATHS & set(after):
        # "81 cases and one death", "81 cases reported, including one death"
        return True
    return any(t.low in word_list("diseases.txt") for t in near) and not any(outcome_of(w) for w in ahead)


def _governor(tokens: Sequence[Token], first: int) -> tuple[int, bool]:
    """Return the verb that the number is the object of, or -1, and whether only hedges stand between."""
    index = first - 1
    while index >= 0 and (is_hedge(tokens, index) or tokens[index].tag == "RB") and first - index < NEAR:
        if tokens[index].tag in VERBAL:
            break
        index -= 1
    if index >= 0 and tokens[index].tag in VERBAL:
        return index, True
    if index >= 1 and tokens[index].low in ("down", "off", "up", "out", "away") and tokens[index - 1].tag in VERBAL:
        return index - 1, True
    if index < 1 or tokens[index].tag not in LINKS:
        return -1, False
    # "killed a policeman and two guards": over the phrases that are joined to it.
    while index > 0 and first - index < NEAR + 4 and tokens[index].tag in JOINED_TO:
        index -= 1
    return (index, False) if tokens[index].tag in VERBAL and tokens[index].low not in BE else (-1, False)


def _is_passive(tokens: Sequence[Token], verb: int) -> bool:
    return any(t.low in BE for t in tokens[max(0, verb - 3) : verb])


def _predicate(counted: Counted) -> QuantityRole | None:
    """Return the role by a predicate: "12 people in the village were killed", "12 dead", "300 who fled"."""
    found: QuantityRole | None = None
    for begin, is_relative in groups_after(counted.tokens, counted.last):
        role = _of_group(counted, begin)
        found = role or found
        if not is_relative:
            break
    return found


def _of_group(counted: Counted, begin: int) -> QuantityRole | None:
    """Return the role by a verb group: "were killed", "have died", "are feared dead", "taken to hospital", "dead"."""
    tokens = counted.tokens
    end = begin
    while end < min(len(tokens), begin + NEAR) and (tokens[end].tag in IN_GROUP or _is_due(tokens, end)):
        end += 1
    group = tokens[begin:end]
    is_passive = any(t.low in COPULAS for t in group)
    verbs = [t for t in group if t.tag != "RB"]
    if not is_passive and len(verbs) == 1 and verbs[0].tag in ("VBD", "VBN"):
        # "12 people killed in the blast", "6,000 displaced"
        is_passive = verbs[0].tag == "VBN" or not _has_object(tokens, end)
    kinds = (At.DONE, At.IS, At.DOES) if is_passive else (At.DOES, At.IS)
    for index in range(max(begin, end - 1), begin - 1, -1):
        role = counted.first_of(kinds, index)
        if role is not None:
            return role
    if is_passive and end + 1 < len(tokens) and tokens[end].low == "and" and tokens[end + 1].tag in ("VBN", "VBD"):
        # "were stabbed and killed"
        return _of_group(counted, end + 1)
    is_linked = not group or is_passive or group[-1].low in LINKING
    return counted.first_of((At.IS,), end) if is_linked else None


def _is_due(tokens: Sequence[Token], index: int) -> bool:
    """Return whether an adjective opens an infinitive: "due to be released", "likely to have died"."""
    return tokens[index].tag == "JJ" and index + 1 < len(tokens) and tokens[index + 1].tag == "TO"


def _has_object(tokens: Sequence[Token], end: int) -> bool:
    """Return whether the verb has an object, as in "two gunmen shot dead a journalist"."""
    at = end + 1 if end < len(tokens) and tokens[end].low in ("dead", "down") else end
    return at < len(tokens) and tokens[at].tag in ("DT", "CD", "NNP", "NNPS", "PRP$", "NNS", "NN", "PRP")


def _before(counted: Counted) -> QuantityRole | None:
    """Return the role by the words directly before the number: "the arrest of 12", "missing: 9", "injured 37"."""
    tokens, start = counted.tokens, _start(counted)
    text = counted.words(start - NEAR, start)
    if _ends_with(any_at(At.BEFORE), text):
        for word in words_at(At.BEFORE):
            if counted.fits(word) and _ends_with(word.pattern, text):
                return word.role
    at = start - 2 if start > 1 and (tokens[start - 1].tag == "RB" or tokens[start - 1].text == ":") else start - 1
    is_list = at > 0 and tokens[at - 1].tag in LISTED
    return counted.first_of((At.IS, At.DONE), at) if at >= 0 and not is_list and is_adjective(tokens[at]) else None


def _start(counted: Counted) -> int:
    """Return the first token of the number's phrase, with "at least", "the other" and the like."""
    start = counted.first
    while start > 0 and is_hedge(counted.tokens, start - 1) and counted.first - start < NEAR:
        start -= 1
    return start


def _ends_with(pattern: re.Pattern[str], text: str) -> bool:
    words = text.split()
    return any(pattern.fullmatch(" ".join(words[i:])) for i in range(len(words)))


def _of_tally(counted: Counted) -> QuantityRole | None:
    """Return the role by a tally: "the death toll from the fire rose to 31", "put the crowd at 2,500"."""
    tokens, start = counted.tokens, _start(counted)
    reach = [t.low for t in tokens[max(0, start - 2) : start]]
    if not reach or not (reach[-1] in REACHES or reach[-1] in GIVES):
        return None
    for index in range(start - 1, max(-1, start - REACH), -1):
        if tokens[index].low in ("and", ";") and index < start - NEAR:
            return None
        role = counted.first_of((At.TALLY,), index)
        if role is not None:
            return role
    return None


def _joined(counted: Counted, before: tuple[int, QuantityRole] | None) -> QuantityRole | None:
    """Return the role of the previous number: "destroyed 12 tanks and 3 drones", "killed 14, including three children"."""
    if before is None or before[1] in MEASURES or counted.first <= before[0]:
        return None
    between = list(counted.tokens[before[0] + 1 : counted.first])
    words = {t.low for t in between}
    is_part = bool(words & {"including", "whom", "which", "among"}) and len(between) < NEAR
    is_list = bool(between) and all(t.tag in IN_LIST or t.low in HEDGES for t in between)
    if not is_part and not (is_list and any(t.tag in LINKS for t in between)):
        return None
    rows = [w for w in role_words() if w.role is before[1]]
    fits = any(counted.fits(w) for w in [w for w in rows if w.at is At.DONE] or rows)
    return before[1] if fits and _stops(counted) else None


def _stops(counted: Counted) -> bool:
    """Return whether no verb follows that would give the number a role of its own."""
    after = counted.tokens[counted.last + 1] if counted.last + 1 < len(counted.tokens) else None
    return after is None or after.tag not in VERBAL_OR_MODAL


def _by_group(counted: Counted) -> QuantityRole | None:
    """Return the role by the counted noun, as in "9,000 protesters", unless a verb governs the number."""
    governor, is_next = _governor(counted.tokens, counted.first)
    if governor >= 0 and is_next and counted.tokens[governor].low not in DRAWS:
        return None
    return _inside(counted, At.GROUP)
