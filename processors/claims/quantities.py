"""Numbers with unit, role and operator: digits, words, multipliers, ranges, ordinals, money."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from claimwire.records import Quantity
from processors.claims.lexicon import noun_class, outcome_of, units
from processors.claims.tags import BE, HAVE, NOMINAL, Token

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
MONEY = frozenset(
    "usd eur gbp yuan yen ruble rupee lira taka dinar rial franc lari lev baht tenge guarani peso real won krona zloty forint "
    "shilling naira rand dirham hryvnia kwacha".split()
)
TIME_UNITS = frozenset("year month week day hour minute".split())
HUMAN = frozenset("person civilian soldier fighter worker police_officer protester prisoner".split())
OPERATORS = (
    ("min", re.compile(r"(?:more than|at least|over|(?:not|no) less than|no fewer than|exceeding|minimum of|upwards of|above|easily)$")),
    ("max", re.compile(r"(?:less than|at most|up to|fewer than|under|no more than|not more than|below|as many as|as much as)$")),
    ("approx", re.compile(r"(?:about|around|some|nearly|almost|approximately|roughly|an estimated|close to|nearer|half a)$")),
)  # fmt: skip
MONTHS = re.compile(r"^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?$")
CLOCK = frozenset("am pm a.m p.m a.m. p.m. o'clock".split())
NOT_COUNTED = frozenset(
    "article section chapter no no. number flight route room line page law decree resolution aged age phase group".split()
)
TALLIES = frozenset(
    "toll number dead deaths figure losses count casualties total injured wounded missing evacuated".split()
)
# What those who are counted do most often in an event of this type.
USUAL = {
    "PROTEST": "participated", "CONSULT": "participated", "RETREAT": "released", "COERCE": "arrested",
    "MOBILIZE": "deployed", "HEALTH": "infected", "CASUALTY": "killed", "DISASTER": "killed",
}  # fmt: skip
USUAL_THINGS = {"CONTROL": "captured", "DAMAGE": "damaged", "MOBILIZE": "deployed", "ASSAULT": "destroyed"}
BODIES = frozenset("bodies corpses deaths fatalities".split())
HARM = frozenset({"killed", "injured", "missing", "displaced", "arrested", "infected", "critical", "sentenced"})


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity; `first`, `last` are the tokens of its figure."""

    first: int
    last: int
    quantity: Quantity


def number_value(words: str) -> float | None:
    """The value of digits or number words ("2.4 million", "three thousand", "a dozen"); None where it is none.

    A point before exactly three digits divides thousands ("7.400 hectares"), as most of Europe writes them.
    """
    text = re.sub(r"(?<=\d)[,\u00a0\u202f](?=\d{3})", "", words.casefold())
    text = re.sub(r"\b([1-9]\d{0,2})\.(\d{3})\b(?!\d)", r"\1\2", text)
    total, current, seen = 0.0, 0.0, False
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


def quantities_of(tokens: Sequence[Token], first: int, last: int, event_type: str) -> list[Number]:
    """The quantities in `tokens[first..last]`, in order."""
    found: list[Number] = []
    index = first
    while index <= last:
        number = _figure(tokens, index, last, found, event_type) or _ordinal(tokens, index, last, event_type)
        if number is not None:
            found.append(number)
            index = number.last + 1
        else:
            index += 1
    return found


def _run(tokens: Sequence[Token], index: int, last: int) -> int:
    """The last token of the figure that begins at `index`; -1 where none does."""
    token = tokens[index]
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
    return (token.tag == "CD" and number_value(token.low) is not None) or all(
        w in ONES or w in TENS for w in token.low.split("-")
    )


def _figure(tokens: Sequence[Token], index: int, last: int, found: list[Number], event_type: str) -> Number | None:
    end = _run(tokens, index, last)
    if end < 0:
        return None
    value = number_value(" ".join(t.low for t in tokens[index : end + 1]))
    if value is None:
        return None
    high, stop = _range(tokens, end, last)
    before = tokens[index - 1] if index else None
    unit, unit_at = _unit(tokens, index, stop, last, found)
    if unit is None or (before is not None and _is_label(tokens, index, stop, last, before)):
        return None
    role = _role(tokens, index, max(stop, unit_at), unit, event_type, found)
    words = " ".join(t.low for t in tokens[max(0, index - 4) : index])
    op = next(
        (name for name, pattern in OPERATORS if pattern.search(re.sub(r" (?:the|\$|us\$|€|£)$", "", words))),
        "range" if high else "eq",
    )
    return Number(index, stop, Quantity(value=value, unit=unit, role=role, op=op, value_max=high))


def _range(tokens: Sequence[Token], end: int, last: int) -> tuple[float | None, int]:
    """The upper end of "5 to 7", "5-7" or "5–7"."""
    if end + 2 <= last and tokens[end + 1].low in ("to", "-", "–") and tokens[end + 2].tag == "CD":
        stop = _run(tokens, end + 2, last)
        return number_value(" ".join(t.low for t in tokens[end + 2 : stop + 1])), stop
    return None, end


def _is_label(tokens: Sequence[Token], index: int, stop: int, last: int, before: Token) -> bool:
    """Dates, clock times, ages, parts of names, numbers of articles and lists."""
    after = tokens[stop + 1].low if stop < last else ""
    text = tokens[index].text
    if MONTHS.match(before.low) or MONTHS.match(after) or before.low in NOT_COUNTED or after in CLOCK:
        return True
    if after == "of" and stop + 2 <= last and MONTHS.match(tokens[stop + 2].low):
        return True
    is_year = re.fullmatch(r"(?:1[89]|20)\d\d", text) is not None
    if is_year and before.low in (
        "in",
        "since",
        "by",
        "until",
        "from",
        "of",
        "to",
        "year",
        "early",
        "late",
        ",",
        "and",
        "on",
    ):
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


def _unit(tokens: Sequence[Token], index: int, stop: int, last: int, found: list[Number]) -> tuple[str | None, int]:
    """Unit of a figure and the token that names it; None where it counts nothing."""
    symbol = tokens[index - 1] if index else None
    if symbol is not None and symbol.tag == "$":
        return CURRENCY.get(symbol.low, "usd"), stop
    at = stop + 1
    if at <= last and tokens[at].low == "%":
        return "percent", at
    if at <= last and tokens[at].low == "of" and tokens[stop].low in SCALE_WORDS | {"scores"}:
        at += 1
    elif at < last and tokens[at].low == "of" and tokens[at + 1].tag in ("DT", "PRP$"):
        # "22 of our agents", "118 of the 266 seats".
        at += 2 + (at + 2 <= last and tokens[at + 2].tag == "CD")
    noun = _counted_noun(tokens, at, last)
    if noun >= 0:
        return _named_unit(tokens, at, noun, found), noun
    if _counts_people(tokens, index, stop, last, found):
        return next((n.quantity.unit for n in reversed(found) if n.quantity.unit in HUMAN), "person"), stop
    return None, stop


def _counted_noun(tokens: Sequence[Token], at: int, last: int) -> int:
    """The head of the noun phrase that goes on after the figure; -1 where none does."""
    head = -1
    for index in range(at, min(last + 1, at + 6)):
        token = tokens[index]
        if token.tag in ("NN", "NNS") or (token.tag in ("NNP", "NNPS") and index > at):
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


def _named_unit(tokens: Sequence[Token], at: int, noun: int, found: list[Number]) -> str | None:
    table, word = units(), tokens[noun].low
    pair = f"{tokens[noun - 1].low} {word}"
    if word == "members" and any(t.low in noun_class("forces") for t in tokens[noun + 1 : noun + 5]):
        return "soldier"
    if word in ("others", "other") and found:
        return found[-1].quantity.unit
    if pair in table or word in table:
        return table.get(pair) or table[word]
    if MONTHS.match(word) or word in ("morning", "afternoon", "evening", "night"):
        return None
    if word in noun_class("human"):
        return "person"
    if word.startswith("year-old") or tokens[at].low.startswith("-year"):
        return None
    return _singular(word) if tokens[noun].tag == "NNS" else None


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
        if after.low in BE | HAVE or outcome_of(after.low) or (after.low in ("were", "people")):
            return after.low != "is" and (tokens[index].text.isdigit() or tokens[index].text.lower() != "one")
    if any(outcome_of(w) in ("killed", "injured", "arrested") for w in before):
        return True
    if after is not None and after.tag in NOMINAL | {"JJ"}:
        return False
    return any(t.low in TALLIES for t in tokens[:index]) and any(
        w in ("to", "at", "of", "past", "is", "was", "now", "than", "stood", "reached") for w in before
    )


def _ordinal(tokens: Sequence[Token], index: int, last: int, event_type: str) -> Number | None:
    word = tokens[index].low
    digits = re.fullmatch(r"(\d{1,3})(?:st|nd|rd|th)", word)
    value = ORDINALS.get(word) or (int(digits.group(1)) if digits else 0)
    if not value or index >= last or not tokens[index + 1].tag.startswith("NN"):
        return None
    unit = units().get(tokens[index + 1].low) or ("person" if tokens[index + 1].low in noun_class("human") else None)
    if not unit or unit in TIME_UNITS or unit in MONEY or unit in ("meeting", "case", "point", "percent", "degree"):
        return None
    role = _role(tokens, index, index + 1, unit, event_type, [])
    return Number(index, index, Quantity(value=value, unit=unit, role=role, ordinal=True))


def _role(tokens: Sequence[Token], first: int, last: int, unit: str, event_type: str, found: list[Number]) -> str:
    if unit in MONEY:
        return "money"
    if first > 0 and last + 1 < len(tokens) and tokens[last + 1].low in ("more", "additional", "further"):
        # "two more bodies" adds to a count that the sentence may not name: it is no value of it.
        return "other"
    is_body = any(t.low in BODIES for t in tokens[first : last + 1])
    near = "killed" if is_body else _outcome_near(tokens, first, last)
    if near == "destroyed" and unit in HUMAN:
        near = "killed"
    if unit == "percent":
        return "turnout" if any(t.low == "turnout" for t in tokens) else "other"
    if unit in TIME_UNITS:
        return (
            "sentenced" if event_type == "LEGAL" and unit in ("year", "month") and near == "sentenced" else "duration"
        )
    is_human = unit in HUMAN or unit == "case"
    if near is None:
        return (
            (USUAL.get(event_type, "other") if is_human else USUAL_THINGS.get(event_type, "other"))
            if unit not in ("meeting", "degree")
            else "other"
        )
    if near in HARM and not is_human:
        return USUAL_THINGS.get(event_type, "destroyed") if near == "killed" else "other"
    return near


def _outcome_near(tokens: Sequence[Token], first: int, last: int) -> str | None:
    """The outcome word nearest to a figure; what follows at once counts before what stands ahead."""
    for index in range(last + 1, min(len(tokens), last + 4)):
        if tokens[index].text in ",;":
            break
        if outcome := outcome_of(tokens[index].low):
            return outcome
    after = _verb_after(tokens, last)
    if after is not None:
        for token in tokens[after : after + 5]:
            if token.text in ",;" or token.tag == "CC":
                break
            if outcome := outcome_of(token.low):
                return outcome
        return "other" if tokens[after].low not in BE | HAVE else None
    inside = next((o for t in tokens[first : last + 1] if (o := outcome_of(t.low))), None)
    if inside:
        return inside
    return _nearest_outcome(tokens, first, last)


def _verb_after(tokens: Sequence[Token], last: int) -> int | None:
    """The verb that has the counted noun as its subject, where one follows at once."""
    for index in range(last + 1, min(len(tokens), last + 3)):
        if tokens[index].tag in ("VBD", "VBZ", "VBP", "MD"):
            end = index
            while (
                end + 1 < len(tokens) and end < index + 4 and tokens[end + 1].tag in ("VBN", "VB", "RB", "VBG", "VBD")
            ):
                end += 1
            return end
        if tokens[index].tag not in ("RB", "NN", "NNS"):
            return None
    return None


def _nearest_outcome(tokens: Sequence[Token], first: int, last: int) -> str | None:
    best: tuple[float, str] | None = None
    for index, token in enumerate(tokens):
        outcome = outcome_of(token.low)
        if outcome is None:
            continue
        gap = index - last if index > last else (first - index) * 0.8
        between = tokens[last + 1 : index] if index > last else tokens[index + 1 : first]
        if any(t.text in ";," for t in between):
            gap += 6 if not any(t.tag == "CC" for t in between) else 2
        if best is None or gap < best[0]:
            best = (gap, outcome)
    return best[1] if best else None
