"""Numbers with unit, role and operator: digits, words, multipliers, ranges, ordinals, money."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from claimwire.records import Quantity
from claimwire.vocabulary import EventType, Operator
from processors.claims.lexicon import countries, noun_class, outcome_of, units
from processors.claims.outcomes import BEFALLEN, HUMAN, MEASURES, MONEY, TIME_UNITS, VICTIMS, role_of
from processors.claims.words import AFFLICTED, BE, HAVE, NOMINAL, Token

ONES = {w: n for n, w in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split())}  # fmt: skip
TENS = {w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12,
          "lakh": 10**5, "crore": 10**7, "bn": 10**9, "m": 10**6, "k": 1000}  # fmt: skip
SCALE_WORDS = frozenset(s for s in SCALES if len(s) > 2) | {s + "s" for s in SCALES if len(s) > 2} | {"bn"}
ORDINALS = {w: n for n, w in enumerate(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 1)}  # fmt: skip
CURRENCY = {
    "$": "usd",
    "€": "eur",
    "£": "gbp",
    "¥": "yen",
    "₹": "rupee",
    "us$": "usd",
    "a$": "usd",
    "c$": "usd",
    "₽": "ruble",
}
OPERATORS = (
    (Operator.MIN, re.compile(r"(?:more than|at least|over|(?:not|no) less than|no fewer than|exceeding|minimum of|upwards of|above|easily)$")),
    (Operator.MAX, re.compile(r"(?:less than|at most|up to|fewer than|under|no more than|not more than|below|as many as|as much as)$")),
    (Operator.APPROX, re.compile(r"(?:about|around|some|nearly|almost|approximately|roughly|an estimated|close to|nearer|half a)$")),
)  # fmt: skip
MONTHS = re.compile(
    r"^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?$"
)
BEFORE_YEARS = frozenset("in since by until from of to year early late , and on".split())
CLOCK = frozenset("am pm a.m p.m a.m. p.m. o'clock".split())
NOT_COUNTED = frozenset(
    "article section chapter no no. number flight route room line page law decree resolution aged age phase group".split()
)
TALLIES = frozenset(
    "toll number dead deaths figure losses count casualties total injured wounded missing evacuated crowd crowds arrests "
    "attendance".split()
)
REACHES = frozenset("to at of past is was now than stood reached reaches reach hits hit tops passes".split())
# "The figure is 31", "he put it at 44": another value of what was counted before.
FIGURES = frozenset("figure number total count datum tally estimate".split())
SPOKEN = frozenset("speak speaks spoke talk talks talked".split())
PUT = SPOKEN | frozenset("put puts putting place places placed".split())
# "the two sides": who they are is known, and nobody counts them.
KNOWN = frozenset(
    "sides parties countries nations leaders presidents ministers governments teams neighbours neighbors states men women".split()
)
RECKONED = frozenset("after before ago later earlier old".split())


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity; `first`, `last` are the tokens of its figure; `again`: another value of what was counted before."""

    first: int
    last: int
    quantity: Quantity
    again: bool = False


def number_value(words: str) -> float | None:
    """The value of digits or number words ("2.4 million", "three thousand", "a dozen"); None where it is none.

    A point before exactly three digits divides thousands ("7.400 hectares"), as most of Europe writes them.
    """
    text = re.sub(r"(?<=\d)[,\u00a0\u202f](?=\d{3})", "", words.casefold())
    text = re.sub(r"\b([1-9]\d{0,2})\.(\d{3})\b(?!\d)", r"\1\2", text)
    total, current, seen = 0.0, 0.0, False
    text = text.replace("tens of", "ten").replace("dozens of", "dozen")
    for part in re.findall(r"\d+(?:\.\d+)?|[a-z]+", text):
        if part[0].isdigit():
            current, seen = float(part), True
        elif part in ONES or part in TENS:
            current, seen = current + ONES.get(part, TENS.get(part, 0)), True
        elif part.rstrip("s") in SCALES or part in SCALES:
            scale = SCALES.get(part) or SCALES[part.rstrip("s")]
            current, seen = (current or 1) * scale, True
            if scale >= 1000:
                total, current = total + current, 0
    return total + current if seen else None


def quantities_of(
    tokens: Sequence[Token], first: int, last: int, event_type: EventType, earlier: Sequence[Quantity] = ()
) -> list[Number]:
    """The quantities in `tokens[first..last]`, in order; `earlier` are those that the text has told before."""
    found: list[Number] = []
    index = first
    while index <= last:
        number = _figure(tokens, index, last, found, event_type, earlier) or _ordinal(tokens, index, last, event_type)
        if number is not None:
            found.append(number)
            index = number.last + 1
        else:
            index += 1
    return found


def _run(tokens: Sequence[Token], index: int, last: int) -> int:
    """The last token of the figure that begins at `index`; -1 where none does."""
    token = tokens[index]
    if token.low in ("tens", "hundreds", "dozens") and [t.low for t in tokens[index + 1 : index + 2]] == ["of"]:
        # "tens of thousands"
        far = index + 2
        if far <= last and tokens[far].low in ("thousands", "millions", "billions"):
            return far
    if token.low in ("a", "an", "several") and index < last and tokens[index + 1].low in SCALE_WORDS:
        index += 1
    elif not _is_figure(token) and token.low not in SCALE_WORDS:
        return -1
    while index < last and _is_scale(tokens, index + 1):
        index += 1
    while index < last and (
        tokens[index + 1].low in SCALE_WORDS
        or (tokens[index + 1].tag == "CD" and tokens[index].tag == "CD" and tokens[index].text.isalpha())
    ):
        index += 1
    return index


def _is_scale(tokens: Sequence[Token], index: int) -> bool:
    """The "m" of "620m", "bn" of "3bn"."""
    return tokens[index].low in ("m", "bn", "k", "tn") and tokens[index].start == tokens[index - 1].end


def _is_figure(token: Token) -> bool:
    if token.tag == "CD":
        return number_value(token.low) is not None
    low = token.low
    return low in ONES or low in TENS or ("-" in low and all(w in ONES or w in TENS for w in low.split("-")))


def _figure(
    tokens: Sequence[Token],
    index: int,
    last: int,
    found: list[Number],
    event_type: EventType,
    earlier: Sequence[Quantity],
) -> Number | None:
    end = _run(tokens, index, last)
    if end < 0 or (tokens[index].low in ("several", "one") and _is_vague(tokens, index, end, last)):
        return None
    value = number_value(" ".join(t.low for t in tokens[index : end + 1]))
    if value is None:
        return None
    high, stop = _range(tokens, end, last)
    before = tokens[index - 1] if index else None
    unit, unit_at = _unit(tokens, index, stop, last, found)
    is_label = before is not None and _is_label(tokens, index, stop, last, before)
    same = _same_count(tokens, index, unit, earlier)
    if unit is None and event_type == EventType.ELECTION:
        unit = _sibling_unit(tokens, found, stop, last)
        is_label = is_label and (unit is None or _is_year(tokens[index].text))
    if same is not None:
        unit, is_label = same.unit, False
    if unit is None or is_label or _names_year(tokens, index, stop, unit_at):
        return None
    role = same.role if same is not None else role_of(tokens, index, max(stop, unit_at), unit, event_type)
    if unit == "case" and role in VICTIMS:
        unit = "person"
    quantity = Quantity(value=value, unit=unit, role=role, op=_operator(tokens, index, high), value_max=high)
    return Number(index, stop, quantity, same is not None)


def _names_year(tokens: Sequence[Token], index: int, stop: int, unit_at: int) -> bool:
    """ "the 2018 contract", "as one heads south": no count where what is counted has the wrong number."""
    is_one = tokens[index].low in ("1", "one") or _is_year(tokens[index].text)
    noun = tokens[unit_at] if unit_at > stop else None
    if noun is None or not is_one:
        return False
    return noun.tag == "NNS" if not _is_year(tokens[index].text) else noun.tag == "NN"


def _operator(tokens: Sequence[Token], index: int, high: float | None) -> Operator:
    words = " ".join(t.low for t in tokens[max(0, index - 4) : index])
    words = re.sub(r" (?:the|\$|us\$|€|£)$", "", words)
    return next((name for name, pattern in OPERATORS if pattern.search(words)), Operator.RANGE if high else Operator.EQ)


def _is_vague(tokens: Sequence[Token], index: int, end: int, last: int) -> bool:
    """ "several dozen" is no number, "one of the engines" counts nothing."""
    after = tokens[end + 1].low if end < last else ""
    return tokens[index].low == "several" or after == "of"


def _same_count(tokens: Sequence[Token], index: int, unit: str | None, earlier: Sequence[Quantity]) -> Quantity | None:
    """What "the true figure was 31" and "others speak of 5" count: what was counted last."""
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


def _sibling_unit(tokens: Sequence[Token], found: list[Number], stop: int, last: int) -> str | None:
    """ "has taken 127 and its rival 102 seats": what the other numbers of a result count."""
    named = [n.quantity.unit for n in reversed(found)] + [units().get(t.low, "") for t in tokens[stop + 1 : last + 1]]
    return next((u for u in named if u in ("seat", "vote", "percent")), None)


def _range(tokens: Sequence[Token], end: int, last: int) -> tuple[float | None, int]:
    """The upper end of "5 to 7", "5-7" or "5–7"; "voted 31 to 18" has none."""
    if any(t.low.startswith("vot") for t in tokens[max(0, end - 3) : end]):
        return None, end
    if end + 2 <= last and tokens[end + 1].low in ("to", "-", "–") and tokens[end + 2].tag == "CD":
        stop = _run(tokens, end + 2, last)
        return number_value(" ".join(t.low for t in tokens[end + 2 : stop + 1])), stop
    return None, end


def _is_label(tokens: Sequence[Token], index: int, stop: int, last: int, before: Token) -> bool:
    """Dates, clock times, ages, parts of names, numbers of articles and lists."""
    after = tokens[stop + 1].low if stop + 1 < len(tokens) else ""
    text = tokens[index].text
    if before.tag == "," and after == "," and index > 1 and tokens[index - 2].tag in ("NNP", "NNPS") and len(text) < 3:
        # "Ana Lima, 37, said".
        return True
    if MONTHS.match(before.low) or MONTHS.match(after) or before.low in NOT_COUNTED or after in CLOCK:
        return True
    if after == "of" and stop + 2 <= last and MONTHS.match(tokens[stop + 2].low):
        return True
    if _is_year(text) and before.low in BEFORE_YEARS:
        return True
    if re.fullmatch(r"\d{1,2}[.:]\d\d", text) and (
        before.low in ("at", "by", "until", "from", "our", "around") or tokens[index].text.startswith("0")
    ):
        return True
    return (
        before.tag in ("NNP", "NNPS")
        and tokens[index].text.isdigit()
        and (stop >= last or tokens[stop + 1].tag not in ("NN", "NNS", "JJ"))
    )


def _is_year(text: str) -> bool:
    return re.fullmatch(r"(?:1[89]|20)\d\d", text) is not None


def _unit(tokens: Sequence[Token], index: int, stop: int, last: int, found: list[Number]) -> tuple[str | None, int]:
    """Unit of a figure and the token that names it; None where it counts nothing."""
    symbol = tokens[index - 1] if index else None
    if symbol is not None and symbol.tag == "$":
        return CURRENCY.get(symbol.low, "usd"), stop
    at = stop + 1
    if _is_ballot(tokens, index, found):
        return "vote", stop
    if at <= last and tokens[at].low in ("%", "percent", "pct", "pc"):
        return "percent", at
    if at <= last and tokens[at].low == "won" and tokens[stop].low in SCALE_WORDS:
        return "won", at
    if at < last and tokens[at].low == "per" and tokens[at + 1].low == "cent":
        return "percent", at + 1
    if at <= last and tokens[at].low == "of" and tokens[stop].low in SCALE_WORDS | {"scores"}:
        at += 1
    elif at < last and tokens[at].low in ("of", "from") and tokens[at + 1].tag in ("DT", "PRP$"):
        # "22 of our agents", "118 of the 266 seats".
        at += 2 + (at + 2 <= last and tokens[at + 2].tag == "CD")
    elif at + 1 < last and tokens[at].low == "of" and tokens[at + 1].tag == "CD":
        # "21 of 28 drones".
        at += 2
    noun = _counted_noun(tokens, at, last)
    if noun >= 0:
        return _named_unit(tokens, at, noun, found), noun
    if found and [t.low for t in tokens[max(0, index - 2) : index]] == ["of", "which"]:
        return found[-1].quantity.unit, stop
    if _counts_people(tokens, index, stop, last, found):
        return next((n.quantity.unit for n in reversed(found) if n.quantity.unit in HUMAN), "person"), stop
    return None, stop


def _is_ballot(tokens: Sequence[Token], index: int, found: list[Number]) -> bool:
    """ "voted 31 to 18": both sides of a vote."""
    if index and tokens[index - 1].low.startswith("vot") and index + 2 < len(tokens):
        return tokens[index + 1].low in ("to", "-", "–") and tokens[index + 2].tag == "CD"
    return bool(found) and found[-1].quantity.unit == "vote" and found[-1].last == index - 2


def _counted_noun(tokens: Sequence[Token], at: int, last: int) -> int:
    """The head of the noun phrase that goes on after the figure; -1 where none does."""
    head = -1
    for index in range(at, min(last + 1, at + 6)):
        token = tokens[index]
        if token.tag in ("NN", "NNS") or (token.tag in ("NNP", "NNPS") and (index > at or _is_people(token.low))):
            head = index
            if token.low in units() and token.tag == "NNS":
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
    """ "two Ukrainians", "five New Yorkers"."""
    return word.endswith("s") and (word in countries().adjectives or word.endswith(("yorkers", "ians", "eans")))


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
    if MONTHS.match(word) or word in ("morning", "afternoon", "evening", "night"):
        return None
    if word in noun_class("human"):
        return "person"
    if word.startswith("year-old") or tokens[at].low.startswith("-year"):
        return None
    return _singular(word) if tokens[noun].tag == "NNS" else None


def _is_definite(tokens: Sequence[Token], at: int) -> bool:
    return at >= 2 and tokens[at - 2].tag in ("DT", "PRP$", "POS") and tokens[at - 1].low in ("two", "three", "2", "3")


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("xes", "ches", "shes", "sses", "zes")) else word[:-1]


def _counts_people(tokens: Sequence[Token], index: int, stop: int, last: int, found: list[Number]) -> bool:
    """ "killed 12", "12 dead", "104 have come up", "the toll rose to 31", "14 of them": nobody is named, people are meant."""
    after = tokens[stop + 1] if stop < last else None
    before = [t.low for t in tokens[max(0, index - 3) : index]]
    if tokens[index].text.isdigit() and len(tokens[index].text) == 4 and tokens[index].text[:2] in ("19", "20"):
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
        if after.low in BE | HAVE or outcome_of(after.low) or (after.low in ("were", "people")):
            return after.low != "is" and (tokens[index].text.isdigit() or tokens[index].text.lower() != "one")
    if any(outcome_of(w) in BEFALLEN for w in before):
        return True
    if after is not None and after.tag in NOMINAL | {"JJ"}:
        return False
    return any(t.low in TALLIES for t in tokens[:index]) and any(w in REACHES for w in before)


def _ordinal(tokens: Sequence[Token], index: int, last: int, event_type: EventType) -> Number | None:
    word = tokens[index].low
    digits = re.fullmatch(r"(\d{1,3})(?:st|nd|rd|th)", word)
    value = ORDINALS.get(word) or (int(digits.group(1)) if digits else 0)
    if not value or index >= last or not tokens[index + 1].tag.startswith("NN"):
        return None
    unit = units().get(tokens[index + 1].low) or ("person" if tokens[index + 1].low in noun_class("human") else None)
    if not unit or unit in TIME_UNITS or unit in MONEY or unit in ("meeting", "case", "point", "percent", "degree"):
        return None
    role = role_of(tokens, index, index + 1, unit, event_type)
    return Number(index, index, Quantity(value=value, unit=unit, role=role, ordinal=True))
