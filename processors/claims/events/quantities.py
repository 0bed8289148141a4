"""Quantities of a text: numbers with unit, role and operator."""

import itertools
import re
from collections.abc import Sequence

from claimwire.records.claims import Quantity
from claimwire.records.vocabulary import QuantityRole
from processors.claims.events.labels import is_label, is_score
from processors.claims.events.quantity_roles import (
    BEFALLEN,
    HARM,
    HUMAN,
    LENGTHS,
    MEASURES,
    MONEY,
    PRISON,
    REACHES,
    TIME_UNITS,
    VICTIMS,
    Counted,
    is_compound,
    role_of,
    said_of,
)
from processors.claims.events.role_words import outcome_of
from processors.claims.lexicon import countries, currency_of_sign, listed, noun_class, units
from processors.claims.model import Number, Token
from processors.claims.syntax.figures import (
    ORDINALS,
    SCALE_WORDS,
    end_of_figure,
    is_year,
    may_begin,
    operator_of,
    range_of,
    shared_scale,
    value_at,
)
from processors.claims.syntax.tokenizer import AFFLICTED, BE, BE_OR_HAVE, NOMINAL, VERBAL

TALLIES = listed("tallies")
# Nouns of another value of an earlier count: "The figure is 31", "he put it at 44".
FIGURES = frozenset("figure number total count datum tally estimate".split())
SPOKEN = frozenset("speak speaks spoke talk talks talked".split())
PUT = SPOKEN | frozenset("put puts putting place places placed".split())
# Nouns of a known pair, as in "the two sides", which is no count.
KNOWN = listed("known_pairs")
# Verbs whose bare number counts people: "hired 400 in March".
HIRES = frozenset("hire hires hired hiring recruit recruits recruited employ employs employed".split())
TAKEN_ON = frozenset({"took on", "take on", "takes on", "taken on", "laid off", "let go"})
RECKONED = frozenset("after before ago later earlier old".split())
# Words before a scale that leave it vague: "several dozen", "a few thousand".
FEW = frozenset("several few many some couple".split())
BALLOTS = {"seats": "seat", "votes": "vote", "ballots": "vote"}
SPOILT = frozenset({QuantityRole.DESTROYED, QuantityRole.DAMAGED})
SIZES = LENGTHS | MONEY | TIME_UNITS | {"percent", "tonne", "hectare", "acre", "litre", "seat", "megawatt", "gigawatt"}


def quantities_of(tokens: Sequence[Token], first: int, last: int, earlier: Sequence[Quantity] = ()) -> list[Number]:
    """Return the quantities in `tokens[first..last]`, in order; `earlier` are those before them in the text."""
    found: list[Number] = []
    index = first
    while index <= last:
        if not may_begin(tokens[index]):
            index += 1
            continue
        end = end_of_figure(tokens, index, last)
        stop = is_score(tokens, index, end) if end >= 0 else -1
        number = (_figure(tokens, index, end, last, found, earlier) if stop < 0 <= end else None) or _ordinal(
            tokens, index, last
        )
        if number is not None:
            found.append(number)
        index = max(index, stop, end, number.last if number is not None else -1) + 1
    return found


def _figure(
    tokens: Sequence[Token], index: int, end: int, last: int, found: list[Number], earlier: Sequence[Quantity]
) -> Number | None:
    value = value_at(tokens, index, end)
    if value is None or (index and tokens[index - 1].low in FEW and tokens[index].low in SCALE_WORDS):
        return None
    if tokens[index].low == "one" and end < last and tokens[end + 1].low == "of":
        # "one of the engines" counts nothing.
        return None
    high, stop = range_of(tokens, index, end, last)
    value = shared_scale(tokens, end, stop, value)
    unit, unit_at = _unit(tokens, index, stop, last, found)
    label = is_label(tokens, index, stop, value)
    same = _same_count(tokens, index, unit, earlier)
    if unit is None and not label and not is_compound(tokens, stop):
        unit = _sibling_unit(tokens, index, found, stop, last, earlier)
    if same is not None:
        unit, label = same.unit, False
    if unit is None or label or _is_of_one(tokens, index, stop, unit_at):
        return None
    before = (found[-1].last, found[-1].quantity.role) if found else None
    role = same.role if same is not None else role_of(tokens[: last + 1], index, max(stop, unit_at), unit, before)
    if unit == "case" and role in VICTIMS:
        unit = "person"
    quantity = Quantity(value=value, unit=unit, role=role, op=operator_of(tokens, index, high), value_max=high)
    return Number(index, stop, quantity, same is not None)


def _is_of_one(tokens: Sequence[Token], index: int, stop: int, unit_at: int) -> bool:
    """Return whether "one" stands before a plural and so counts nothing, as in "as one heads south"."""
    noun = tokens[unit_at] if unit_at > stop else None
    return noun is not None and tokens[index].low in ("1", "one") and noun.tag == "NNS"


def _same_count(tokens: Sequence[Token], index: int, unit: str | None, earlier: Sequence[Quantity]) -> Quantity | None:
    """Return the last count, which "the true figure was 31" and "others speak of 5" repeat."""
    if unit not in (None, "person", "percent"):
        return None
    words = [t.low for t in tokens[max(0, index - 6) : index]]
    pairs = set(itertools.pairwise(words))
    is_figure = any(a in FIGURES and (b in BE or b in ("at", "to", "now")) for a, b in pairs)
    is_put = any(a in PUT and b in ("of", "it", "for", "about") for a, b in pairs)
    if not (is_figure or is_put) or any(outcome_of(t.low) for t in tokens[max(0, index - 2) : index + 2]):
        return None
    kinds = [q for q in earlier if q.role not in MEASURES and (unit != "percent" or q.unit == unit)]
    return kinds[-1] if kinds else None


def _sibling_unit(
    tokens: Sequence[Token], index: int, found: list[Number], stop: int, last: int, earlier: Sequence[Quantity]
) -> str | None:
    """Return the unit of a number without a noun: seats in "127 and its rival 102 seats", nurses in "another 120 later"."""
    named = [n.quantity.unit for n in reversed(found)]
    seats = [u for u in (*named, *(BALLOTS.get(t.low) for t in tokens[stop + 1 : last + 1])) if u in BALLOTS.values()]
    if seats:
        return seats[0]
    after = tokens[stop + 1] if stop < last else None
    is_more = tokens[index - 1].low in ("another", "further") if index else False
    is_more = is_more or (after is not None and after.low in ("more", "others", "further"))
    is_more = is_more or said_of(Counted(tokens[: last + 1], index, stop, "")) in SPOILT
    if not is_more or (after is not None and after.tag in NOMINAL | {"JJ"} and after.low not in ("more", "others")):
        return None
    counted = [u for u in (*named, *(q.unit for q in reversed(earlier))) if u not in SIZES]
    return counted[0] if counted else None


def _unit(tokens: Sequence[Token], index: int, stop: int, last: int, found: list[Number]) -> tuple[str | None, int]:
    """Return the unit of a figure and the token that names it; None where it counts nothing."""
    if _is_ballot(tokens, index, found):
        return "vote", stop
    at = stop + 1
    if (index and tokens[index - 1].tag == "$") or is_compound(tokens, stop):
        return _sum_or_size(tokens, index, stop, last)
    measure = _measure(tokens, at, last)
    if measure is not None:
        return measure, at + (tokens[at].low == "per")
    if at <= last and tokens[at].low == "of" and tokens[stop].low in SCALE_WORDS | {"scores"}:
        at += 1
    elif at < last and tokens[at].low in ("of", "from") and tokens[at + 1].tag in ("DT", "PRP$"):
        # "22 of our agents", "118 of the 266 seats".
        at += 2 + (at + 2 <= last and tokens[at + 2].tag == "CD")
        if at <= last and _is_befallen(tokens[at].low) and (at == last or tokens[at + 1].tag not in NOMINAL):
            # "three of the dead"
            return "person", at
    elif at + 1 < last and tokens[at].low == "of" and tokens[at + 1].tag == "CD":
        # "21 of 28 drones".
        at += 2
    noun = _counted_noun(tokens, at, last)
    if noun >= 0:
        return _named_unit(tokens, at, noun, found), noun
    if found and [t.low for t in tokens[max(0, index - 2) : index]] == ["of", "which"]:
        return found[-1].quantity.unit, stop
    if _is_bare(tokens, stop, last) and said_of(Counted(tokens[: last + 1], index, stop, "")) in SPOILT:
        # "12 houses collapsed and 30 were damaged"
        return None, stop
    people = Counted(tokens[: last + 1], index, stop, "person")
    if _counts_people(tokens, index, stop, last, found) or (_is_bare(tokens, stop, last) and said_of(people) in HARM):
        return next((n.quantity.unit for n in reversed(found) if n.quantity.unit in HUMAN), "person"), stop
    return None, stop


def _sum_or_size(tokens: Sequence[Token], index: int, stop: int, last: int) -> tuple[str | None, int]:
    """Return the currency before a figure; of a compound ("a 12,000-seat arena") only a term, sum or share."""
    if index and tokens[index - 1].tag == "$":
        return currency_of_sign(tokens[index - 1].text) or "usd", stop
    size = units().get(tokens[stop + 2].low) if stop + 2 <= last else None
    is_term = size in ("year", "month") and any(t.low in PRISON for t in tokens[stop + 3 : stop + 6])
    return (size, stop + 2) if is_term or (size in MONEY and size != "gbp") or size == "percent" else (None, stop)


def _measure(tokens: Sequence[Token], at: int, last: int) -> str | None:
    """Return the measure directly after a figure: "%", "GW", "euro", the "m" of "30m long"."""
    if at > last:
        return None
    token, unit = tokens[at], units().get(tokens[at].low)
    if token.low in ("%", "percent", "pct", "pc") or (
        token.low == "per" and at < last and tokens[at + 1].low == "cent"
    ):
        return "percent"
    if token.low == "m" and token.start == tokens[at - 1].end:
        return "metre"
    if token.low == "won":
        return "won" if tokens[at - 1].low in SCALE_WORDS else None
    if unit == "gbp" and at < last and tokens[at + 1].low == "of":
        # "5,000 pounds of rice"
        return "pound_weight"
    is_short_name = token.tag in ("NNP", "NNPS") and len(token.text) < 4
    return unit if is_short_name or (unit in MONEY and token.tag in NOMINAL) else None


def _is_befallen(word: str) -> bool:
    """Return whether an adjective stands for people, as in "three of the dead" or "41 of the detained"."""
    return word in AFFLICTED or (word.endswith("ed") and outcome_of(word) in HARM)


def _is_bare(tokens: Sequence[Token], stop: int, last: int) -> bool:
    """Return whether no noun follows: "14 in hospital", "raised the number of injured to 88"."""
    return stop >= last or tokens[stop + 1].tag in ("IN", ",", ".", ":", "MD", "VBD", "VBP", "VBN", "RB", "CC")


def _is_ballot(tokens: Sequence[Token], index: int, found: list[Number]) -> bool:
    """Return whether a number is one side of a vote, as in "voted 29 to 17"."""
    if index and tokens[index - 1].low.startswith("vot") and index + 2 < len(tokens):
        return tokens[index + 1].low in ("to", "-", "–") and tokens[index + 2].tag == "CD"
    return bool(found) and found[-1].quantity.unit == "vote" and found[-1].last == index - 2


def _counted_noun(tokens: Sequence[Token], at: int, last: int) -> int:
    """Return the head of the noun phrase that continues after the figure, or -1."""
    head = -1
    for index in range(at, min(last + 1, at + 6)):
        token = tokens[index]
        # The tagger takes "five matches" for a verb.
        is_noun = token.tag in ("NN", "NNS") or (
            token.tag == "VBZ" and index == at and token.low not in BE_OR_HAVE and tokens[at - 1].low != "one"
        )
        if is_noun or (token.tag in ("NNP", "NNPS") and (index > at or _is_people(token.low))):
            head = index
            if token.tag == "VBZ" or (token.low in units() and token.tag == "NNS"):
                break
        elif token.tag in ("JJ", "VBN", "VBG", "NNP", "JJR") and head < 0:
            if outcome_of(token.low) and (index == last or tokens[index + 1].tag not in NOMINAL):
                return -1
            continue
        elif token.low == "-" and head < 0:
            continue
        else:
            break
    if head >= 0 and tokens[head].low in ("old", "year-old"):
        return -1
    return head


def _is_people(word: str) -> bool:
    """Return whether a name stands for people: "two Ukrainians", "five New Yorkers", "ten Democrats"."""
    is_of_land = word in countries().adjectives or word.endswith(("yorkers", "ians", "eans"))
    return word.endswith("s") and (is_of_land or word in noun_class("human"))


def _named_unit(tokens: Sequence[Token], at: int, noun: int, found: list[Number]) -> str | None:
    table, word = units(), tokens[noun].low
    pair = f"{tokens[noun - 1].low} {word}"
    if word == "members" and any(t.low in noun_class("forces") for t in tokens[noun + 1 : noun + 5]):
        return "soldier"
    if word in ("others", "other") and found:
        return found[-1].quantity.unit
    if pair in table or word in table:
        unit = table.get(pair) or table[word]
        after = tokens[noun + 1].low if noun + 1 < len(tokens) else ""
        return None if unit in TIME_UNITS and after in RECKONED else unit
    if word in ("time", "times") or (word in KNOWN and _is_definite(tokens, at)):
        return None
    if _is_people(word) or word in AFFLICTED:
        return "person"
    if word in ("morning", "afternoon", "evening", "night"):
        return None
    if word in noun_class("human"):
        return "person"
    if word.startswith("year-old") or tokens[at].low.startswith("-year"):
        return None
    return _singular(word) if tokens[noun].tag in ("NNS", "VBZ") else None


def _is_definite(tokens: Sequence[Token], at: int) -> bool:
    return at >= 2 and tokens[at - 2].tag in ("DT", "PRP$", "POS") and tokens[at - 1].low in ("two", "three", "2", "3")


def _singular(word: str) -> str:
    if not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("xes", "ches", "shes", "sses", "zes")) else word[:-1]


def _counts_people(tokens: Sequence[Token], index: int, stop: int, last: int, found: list[Number]) -> bool:
    """Return whether a bare number counts people: "killed 12", "12 dead", "the toll rose to 31", "14 of them"."""
    after = tokens[stop + 1] if stop < last else None
    before = [t.low for t in tokens[max(0, index - 3) : index]]
    if is_year(tokens[index].text):
        return False
    if after is not None:
        if after.low in ("of", "in", "with", "more", "still") and (
            found or any(t.low in TALLIES for t in tokens[:index])
        ):
            following = tokens[stop + 2].low if stop + 2 <= last else ""
            return after.low != "of" or following in ("them", "whom", "us", "those")
        if after.low == "the" and stop + 2 <= last and tokens[stop + 2].low in TALLIES:
            return True
        if after.low == "more" and stop + 2 <= last and tokens[stop + 2].tag in ("VBD", "VBP", "MD"):
            return True
        if after.tag in ("VBD", "VBP") and any(n.quantity.unit in HUMAN for n in found):
            # "Of the 38 people on board, 32 survived"
            return True
        if after.low in BE_OR_HAVE or outcome_of(after.low) or (after.low in ("were", "people")):
            return after.low != "is" and (tokens[index].text.isdigit() or tokens[index].text.lower() != "one")
    if any(outcome_of(w) in BEFALLEN for w in before) or _is_staff(tokens, index, stop, last):
        return True
    if after is not None and after.tag in NOMINAL | {"JJ"}:
        return False
    return any(t.low in TALLIES for t in tokens[:index]) and any(w in REACHES for w in before)


def _is_staff(tokens: Sequence[Token], index: int, stop: int, last: int) -> bool:
    """Return whether a bare number counts people: "hired 400 in March", "seven of whom drowned"."""
    verb = next((t for t in reversed(tokens[max(0, index - 4) : index]) if t.tag in VERBAL), None)
    is_hired = verb is not None and _is_bare(tokens, stop, last) and verb.low in HIRES
    is_hired = is_hired or " ".join(t.low for t in tokens[max(0, index - 2) : index]) in TAKEN_ON
    return is_hired or [t.low for t in tokens[stop + 1 : stop + 3]] == ["of", "whom"]


def _ordinal(tokens: Sequence[Token], index: int, last: int) -> Number | None:
    """Return the count of an ordinal whose words give a role: "the third case of cholera", "a sixth person died"."""
    word = tokens[index].low
    digits = re.fullmatch(r"(\d{1,3})(?:st|nd|rd|th)", word)
    value = ORDINALS.get(word) or (int(digits.group(1)) if digits else 0)
    if value < 2 or index >= last:
        return None
    is_noun = tokens[index + 1].tag.startswith("NN")
    unit = units().get(tokens[index + 1].low) or (
        "person" if not is_noun or tokens[index + 1].low in noun_class("human") else None
    )
    if not unit or unit in SIZES or unit in ("meeting", "point", "degree"):
        return None
    role = role_of(tokens[: last + 1], index, index + is_noun, unit)
    if role not in HARM | {QuantityRole.CAPTURED}:
        return None
    return Number(index, index, Quantity(value=value, unit=unit, role=role, ordinal=True))
