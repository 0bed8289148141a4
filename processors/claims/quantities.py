"""Numbers with unit, role and operator: digits, words, multipliers, ranges, ordinals, money."""

import re
from dataclasses import dataclass

from claimwire.records import Quantity
from processors.claims.lexicon import units

ONES = {w: n for n, w in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split())}  # fmt: skip
TENS = {w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12,
          "lakh": 10**5, "crore": 10**7, "bn": 10**9, "m": 10**6, "k": 1000}  # fmt: skip
ORDINALS = {w: n for n, w in enumerate(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 1)}  # fmt: skip
CURRENCY = {"$": "usd", "€": "eur", "£": "gbp", "¥": "yen", "₹": "rupee", "us$": "usd", "₽": "ruble"}
MONEY = frozenset("usd eur gbp yuan yen ruble rupee lira taka dinar rial franc lari lev".split())
TIME_UNITS = frozenset("year month week day hour minute".split())
HUMAN = frozenset("person civilian soldier fighter worker police_officer protester prisoner".split())

_WORD = "|".join(sorted([*ONES, *TENS], key=len, reverse=True))
_SCALE = "|".join(s for s in SCALES if len(s) > 2)
_DIGITS = r"\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = rf"(?:{_DIGITS})(?:\s?(?:{_SCALE}|bn|m|k)\b)?|(?:(?:{_WORD}|a)(?:[ -](?:{_WORD}))?(?:[ -](?:{_SCALE}))+|(?:{_WORD})(?:-(?:{_WORD}))?|(?:{_SCALE})s of)"
NUMBER = re.compile(
    rf"(?<![\w.,/-])(?P<cur>US\$|[$€£¥₹₽])?(?P<a>{_NUMBER})(?:(?:\s?[-–]\s?|\sto\s|\sand\s(?=\d))(?P<b>{_NUMBER}))?(?P<pct>\s?%)?(?![\w/]|[-–]\d|:\d|\.\d)",
    re.IGNORECASE,
)
ORDINAL = re.compile(rf"\b({'|'.join(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))\s+([a-z]+)", re.IGNORECASE)
OPERATORS = (
    ("min", re.compile(r"(more than|at least|over|not less than|no fewer than|exceeding|minimum of|upwards of|above)\s+(the\s+)?$", re.I)),
    ("max", re.compile(r"(less than|at most|up to|fewer than|under|no more than|not more than|below|as many as)\s+$", re.I)),
    ("approx", re.compile(r"(about|around|some|nearly|almost|approximately|roughly|an estimated|close to)\s+$", re.I)),
)  # fmt: skip
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
IS_DATE = re.compile(rf"^\s*(?:of\s+)?(?:{MONTHS})[a-z]*\b|^\s*(?:am|pm|o'clock|a\.m|p\.m)\b", re.I)
BEFORE_DATE = re.compile(
    rf"(?:\b(?:{MONTHS})[a-z]*\.?|\b(?:aged?|no\.?|article|section|chapter|flight|route|room))\s*$", re.I
)
BEFORE_YEAR = re.compile(r"\b(?:in|since|by|until|from|of|to|the year|early|late)\s*$", re.I)
ROLE_WORDS = (
    ("killed", r"kill\w*|dead|die[ds]?|deaths?|death toll|toll|martyr\w*|fatalit\w*|bodies|lives|perish\w*|neutrali[sz]ed|drown\w*|assassinat\w*"),
    ("injured", r"injur\w*|wound\w*|hurt"),
    ("missing", r"missing|unaccounted"),
    ("displaced", r"displac\w*|forced from|evacuat\w*|homeless|fled|flee\w*|refuge\w*"),
    ("infected", r"infect\w*|cases|tested positive|sick\w*|ill"),
    ("arrested", r"arrest\w*|detain\w*|custody|captives?"),
    ("released", r"releas\w*|freed|exchang\w*|swap\w*"),
    ("sentenced", r"sentenc\w*|jail\w*|years? in prison|convict\w*"),
    ("destroyed", r"destroy\w*|shot down|shoots? down|down(?:ed|s)|sank|burn\w*|demolish\w*"),
    ("damaged", r"damag\w*|collaps\w*|given way|gave way|gutted"),
    ("captured", r"captur\w*|seiz\w*|retak\w*|retook|took control|control|recover\w*|raises?|raised|raising|occup\w*"),
    ("deployed", r"deploy\w*|mobili[sz]\w*|sent"),
    ("delivered", r"deliver\w*|entered|arriv\w*|distribut\w*|received"),
    ("votes", r"vot\w*|ballots?|elect\w*"),
    ("turnout", r"turnout"),
    ("participated", r"protest\w*|gather\w*|attend\w*|march\w*|ralli\w*|rally|join\w*|demonstrat\w*|took part|strike"),
    ("affected", r"affect\w*|shelter\w*|without (?:power|water)|stranded"),
    ("lost", r"lost|los[te]s?"),
)  # fmt: skip
ROLE_PATTERN = re.compile(r"\b(?:" + "|".join(f"(?P<{name}>{words})" for name, words in ROLE_WORDS) + r")\b", re.I)


@dataclass(frozen=True)
class Number:
    """A quantity and where its words stand."""

    start: int
    end: int
    quantity: Quantity


def number_value(words: str) -> float | None:
    """The value of digits or number words ("2.4 million", "three thousand", "a dozen"); None where it is none."""
    text = re.sub(r"(?<=\d)[,\u00a0\u202f](?=\d{3})", "", words.casefold())
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


def quantities_of(text: str, event_type: str) -> list[Number]:
    """The quantities of one clause, in order."""
    found: list[Number] = []
    last_unit = None
    for match in NUMBER.finditer(text):
        number = _number(text, match, last_unit, event_type)
        if number is not None:
            found.append(number)
            last_unit = number.quantity.unit
    for match in ORDINAL.finditer(text):
        unit = units().get(match.group(2).casefold())
        word = match.group(1).casefold()
        value = ORDINALS.get(word) or int(re.sub(r"\D", "", word) or 0)
        if unit and unit not in TIME_UNITS and value:
            role = _role(text, match.start(), match.end(), unit, event_type)
            quantity = Quantity(value=value, unit=unit, role=role, ordinal=True)
            found.append(Number(match.start(), match.end(), quantity))
    return sorted(found, key=lambda n: n.start)


def _number(text: str, match: re.Match[str], last_unit: str | None, event_type: str) -> Number | None:
    value = number_value(match.group("a"))
    high = number_value(match.group("b")) if match.group("b") else None
    after, before = text[match.end() : match.end() + 60], text[max(0, match.start() - 30) : match.start()]
    if value is None or IS_DATE.match(after) or (not match.group("cur") and BEFORE_DATE.search(before)):
        return None
    digits = match.group("a")
    unit = CURRENCY.get((match.group("cur") or "").casefold()) or ("percent" if match.group("pct") else None)
    unit = unit or _unit_after(after, last_unit)
    is_year = re.fullmatch(r"(1[89]|20)\d\d", digits) is not None
    if is_year and BEFORE_YEAR.search(before):
        return None
    if unit is None:
        counted = re.match(
            r"\W*(?:people )?(?:were |was |are |have |had )?(?:killed|dead|injured|wounded|died|missing|arrested)\b",
            after,
            re.I,
        )
        is_toll = re.search(r"\b(?:toll|deaths)\b", text[: match.start()], re.I) and not re.match(r"\s[a-z]{4,}", after)
        is_object = re.search(
            r"\b(?:kill|injur|wound|arrest|detain)\w*\s(?:at least |more than |about |some )?$", before, re.I
        )
        if is_object and not is_year:
            return _quantity(text, match, value, high, "person", before, event_type)
        if (
            is_year
            or not (counted or is_toll)
            or (
                digits.isalpha()
                and not counted
                and not re.search(r"\b(?:to|at|of|past|reaches|reached|hits?)\s$", before)
            )
        ):
            return None
        unit = "person"
    return _quantity(text, match, value, high, unit, before, event_type)


def _quantity(
    text: str, match: re.Match[str], value: float, high: float | None, unit: str, before: str, event_type: str
) -> Number:
    op = next((name for name, pattern in OPERATORS if pattern.search(before)), "range" if high else "eq")
    # "two more bodies" adds to a count that the sentence may not name: it is no value of it.
    is_addition = re.match(r"\s(?:more|additional|further)\b", text[match.end() :], re.I) is not None
    role = "other" if is_addition else _role(text, match.start(), match.end(), unit, event_type)
    quantity = Quantity(value=value, unit=unit, role=role, op=op, value_max=high)
    return Number(match.start(), match.end(), quantity)


def _unit_after(after: str, last_unit: str | None) -> str | None:
    known = units()
    words = re.findall(r"[\w%’'-]+|[.,;:()]", after)[:6]
    if words and words[0].casefold() == "others" and last_unit:
        return last_unit
    for index, word in enumerate(words):
        folded = word.casefold()
        pair = f"{folded} {words[index + 1].casefold()}" if index + 1 < len(words) else ""
        unit = known.get(pair) or known.get(folded.removesuffix("'s").removesuffix("’s"))
        if unit:
            return unit
        if word in ".,;:()" or folded in (
            "and",
            "or",
            "in",
            "at",
            "from",
            "on",
            "to",
            "by",
            "were",
            "was",
            "have",
            "had",
            "are",
            "is",
            "the",
            "that",
            "for",
        ):
            break
        if "-" in folded and known.get(folded.split("-")[-1]):
            return known[folded.split("-")[-1]]
    hyphen = re.match(r"-([a-z]+)", after)
    return known.get(hyphen.group(1)) if hyphen else None


def _role(text: str, start: int, end: int, unit: str, event_type: str) -> str:
    if unit in MONEY:
        return "money"
    if unit in ("meeting", "percent", "degree", "point"):
        return "other"
    best, distance = None, 1_000.0
    for match in ROLE_PATTERN.finditer(text):
        gap = match.start() - end if match.start() >= end else (start - match.end()) * 0.8
        between = text[end : match.start()] if match.start() >= end else text[match.end() : start]
        if re.search(r"[;,]\s(?!and)", between):
            gap += 40
        if gap < distance:
            best, distance = match.lastgroup, gap
    if unit in TIME_UNITS:
        return (
            "sentenced"
            if best == "sentenced" and event_type == "LEGAL"
            else "duration"
            if unit == "hour"
            else "context"
        )
    if best is None and unit in HUMAN and event_type in ("CASUALTY", "DISASTER"):
        return "killed"
    if best in ("killed", "injured", "missing", "displaced", "arrested", "infected") and unit not in HUMAN | {"case"}:
        return (
            "destroyed"
            if event_type == "ASSAULT" and unit in ("drone", "tank", "vehicle", "armored_vehicle", "aircraft")
            else "other"
        )
    return best or "other"
