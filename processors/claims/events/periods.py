"""Weeks, months, quarters, years and decades in a text: "early next year", "the end of 2017", "through May"."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from claimwire.records.claims import EventDate
from claimwire.records.vocabulary import Precision
from claimwire.text.dates import ENGLISH_MONTHS

MONTHS = {name[:3]: number for number, name in enumerate(ENGLISH_MONTHS, 1)}
MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
COUNTS = {w: n for n, w in enumerate("one two three four five six seven eight nine ten".split(), 1)} | {
    "a": 1, "an": 1, "first": 1, "second": 2, "third": 3, "fourth": 4,
}  # fmt: skip
NUMBER = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3})"
# The other groups narrow or extend the period of `unit`, `month` or `alone` (a year).
PERIOD = re.compile(
    rf"\b(?:(?P<link>since|from|until|till|by|before|after|through|during|in|of|for)\s)?(?:the\s)?"
    rf"(?:(?P<part>early|mid|late|earlier|later|so far|(?:start|beginning|middle|end|close|rest|remainder|month) of"
    rf"|first (?P<months>{NUMBER}) months of|(?P<nth>first|second|third|fourth) (?P<size>half|quarter) of)[\s-](?:in\s)?(?:the\s)?)?"
    rf"(?:(?:(?P<which>this|next|last)\s)?(?P<unit>week|month|quarter|year|decade|fall)"
    rf"|(?P<month>{MONTH})\b(?P<quarter>\squarter)?\.?(?:,?\s(?:(?P<year>\d{{4}})|(?:of )?(?P<of>this|last|next) year))?|(?P<alone>(?:19|20)\d\d))"
    r"\b(?!\.?\s\d|-year|: |['’]s (?:paper|edition|issue))",
    re.IGNORECASE,
)
# Every period has one of these; they are searched first for speed.
CORE = re.compile(rf"\b(?:week|month|quarter|year|decade|fall|{MONTH}|(?:19|20)\d\d)\b")
YEARS = re.compile(
    rf"\b(?:from |between |in )?(?:(?P<month>{MONTH})\.? )?(?P<first>(?:19|20)\d\d)(?:\s?[-–]\s?| (?:to|and|through|until) )"
    rf"(?:(?P<month2>{MONTH})\.? )?(?P<last>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
QUARTER = re.compile(r"\b(?P<nth>first|second|third|fourth) quarter\b(?! of)", re.IGNORECASE)
# Words before a month as in "the October figures" or "Norway's April output"; the name of a person has none.
DETERMINED = re.compile(
    r"\b(?:the|an?|its|their|his|her|key|in|of|for|this|last|that|\w+['’]s|\w+['’]) $", re.IGNORECASE
)
NOUN = re.compile(r"(?:['’]s)? [a-z]")
# "the may" and "the march" are other words.
AMBIGUOUS = frozenset({"may", "march"})
# "2019 was a poor year"
SUBJECT = re.compile(r"\s(?:is|was|will|has|saw|brought|marks|marked)\b")
COUNTED = re.compile(r"\s(?:people|levels?)\b|(?<=for \d{4})\s[a-z]+s\b", re.IGNORECASE)
STEPS = {"last": -1, "next": 1}
FINER = {Precision.YEAR: Precision.MONTH, Precision.MONTH: Precision.WEEK}
# First and last day of the early, middle and late part of a week and of a month, counted from its first day.
WEEK_PARTS = {"early": (0, 2), "mid": (1, 3), "middle": (1, 3), "late": (3, 6)}
MONTH_PARTS = {"early": (0, 9), "mid": (10, 19), "middle": (10, 19), "late": (20, 30)}
# First month and length of the parts of a year, in months.
YEAR_PARTS = {"early": (0, 3), "mid": (3, 6), "middle": (3, 6), "late": (9, 3)}
SIZES = {"half": 6, "quarter": 3}
Dated = tuple[int, EventDate]


def periods(text: str, published: date, is_ahead: Callable[[re.Match[str]], bool]) -> Iterator[Dated]:
    """Yield the periods of a text with their offsets; `is_ahead` decides the year of a month without one."""
    if CORE.search(text.casefold()) is None:
        return
    for found in YEARS.finditer(text):
        first, last = int(found.group("first")), int(found.group("last"))
        if first <= last:
            yield found.start(), _from_to(found, first, last)
    # The years and months within "from 2016 to May 2017" are no periods by themselves.
    text = YEARS.sub(lambda match: " " * len(match.group()), text)
    for found in PERIOD.finditer(text):
        base = (
            _unit(found, published)
            if found["unit"]
            else _year(text, found)
            if found["alone"]
            else _month(text, found, published, is_ahead)
        )
        period = _narrowed(found, base, published) if base is not None else None
        if period is not None:
            yield found.start(), _linked(found, period, published)
    for found in QUARTER.finditer(text):
        yield found.start(), _months(date(published.year, 3 * COUNTS[found["nth"].casefold()] - 2, 1), 3)


def span(start: date, end: date, precision: Precision = Precision.DAY) -> EventDate:
    return EventDate(start=min(start, end), end=max(start, end), precision=precision)


def first_day(day: date, months: int = 0) -> date:
    """Return the first day of the month that is `months` after that of `day`."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def years_of(named: str | None, published: date) -> list[int]:
    """Return the named year (543 less in the Buddhist era), or those around the publication date."""
    if not named:
        return [published.year - 1, published.year, published.year + 1]
    year = int(named) - 543 if 2400 <= int(named) <= 2650 else int(named)
    return [year] if 1900 <= year <= 2200 else []


def nearest(days: list[date], published: date, *, is_ahead: bool) -> date | None:
    """Return the nearest day; one on the wrong side of the publication date for its tense counts seven times as far."""

    def distance(day: date) -> int:
        off = (day - published).days if is_ahead else (published - day).days
        return off if off >= 0 else -7 * off

    return min(days, key=distance, default=None)


def _from_to(found: re.Match[str], first: int, last: int) -> EventDate:
    months = [MONTHS[m.casefold()[:3]] if (m := found.group(name)) else 0 for name in ("month", "month2")]
    end = first_day(date(last, months[1] or 12, 1), 1) - timedelta(days=1)
    return span(date(first, months[0] or 1, 1), end, Precision.MONTH if any(months) else Precision.YEAR)


def _months(first: date, count: int, precision: Precision = Precision.MONTH) -> EventDate:
    return span(first, first_day(first, count) - timedelta(days=1), precision)


def _unit(found: re.Match[str], published: date) -> EventDate | None:
    """Return the period of "this week", "next year" or "the quarter", or None."""
    unit, step = found["unit"].casefold(), STEPS.get((found["which"] or "").casefold(), 0)
    is_sequel = not found["part"] and found.group().casefold().startswith("the ")
    if is_sequel or not (found["which"] or found["part"]):
        # "the next year" depends on an earlier date.
        return None
    if unit == "week":
        monday = published + timedelta(days=7 * step - published.weekday())
        return span(monday, monday + timedelta(days=6), Precision.WEEK)
    if unit == "month":
        return _months(first_day(published, step), 1)
    if unit == "quarter":
        return _months(first_day(published, 3 * step - (published.month - 1) % 3), 3)
    if unit == "fall":
        return _months(date(published.year + (step if published.month > 8 or step > 0 else -1 if step else 0), 9, 1), 3)
    length = 10 if unit == "decade" else 1
    first = published.year - published.year % length + length * step
    return _months(date(first, 1, 1), 12 * length, Precision.YEAR)


def _years(found: re.Match[str], published: date) -> list[int]:
    """Return the possible years of a month: "May 2016", "May last year", "May"."""
    which = (found["of"] or "").casefold()
    return [published.year + STEPS.get(which, 0)] if which else years_of(found["year"], published)


def _year(text: str, found: re.Match[str]) -> EventDate | None:
    is_of_noun = not found["part"] and text[: found.start("alone")].endswith("the ")
    is_said = found["link"] or found["part"] or SUBJECT.match(text, found.end())
    if is_of_noun or not is_said or COUNTED.match(text, found.end()):
        # "in the 1991 film", "of 2020 people"
        return None
    return _months(date(int(found["alone"]), 1, 1), 12, Precision.YEAR)


def _month(
    text: str, found: re.Match[str], published: date, is_ahead: Callable[[re.Match[str]], bool]
) -> EventDate | None:
    name = found["month"]
    is_noun = (
        DETERMINED.search(text, 0, found.start("month"))
        and name.casefold() not in AMBIGUOUS
        and NOUN.match(text, found.end("month"))
    )
    if not name[0].isupper() or not (found["link"] or found["part"] or found["quarter"] or is_noun):
        return None
    firsts = [date(year, MONTHS[name.casefold()[:3]], 1) for year in _years(found, published)]
    first = nearest(firsts, published, is_ahead=is_ahead(found))
    if first is None:
        return None
    return _months(first_day(first, -2), 3) if found["quarter"] else _months(first, 1)


def _narrowed(found: re.Match[str], base: EventDate, published: date) -> EventDate | None:
    """Return the part of a period by the words before it: "late", "the first seven months of", "the rest of"."""
    part, is_year = (found["part"] or "").casefold().partition(" ")[0], base.precision is Precision.YEAR
    finer = FINER.get(base.precision, Precision.DAY)
    if found["months"] or found["nth"]:
        size = SIZES[found["size"].casefold()] if found["nth"] else _count(found["months"])
        skipped = size * (COUNTS[found["nth"].casefold()] - 1) if found["nth"] else 0
        return _months(first_day(base.start, skipped), size) if is_year and size and skipped + size <= 12 else None
    if part in ("earlier", "so"):
        return span(base.start, min(base.end, max(published, base.start)), base.precision)
    if part in ("later", "rest", "remainder"):
        return span(max(published, base.start), base.end, base.precision) if published <= base.end else base
    if part in ("start", "beginning"):
        return span(base.start, base.start, finer)
    if part in ("end", "close"):
        return span(base.end, base.end, finer)
    if part in YEAR_PARTS and is_year:
        skipped, size = YEAR_PARTS[part]
        return _months(first_day(base.start, skipped), size)
    if part in YEAR_PARTS and not found["quarter"]:
        first, last = (WEEK_PARTS if base.precision is Precision.WEEK else MONTH_PARTS)[part]
        return span(base.start + timedelta(days=first), min(base.end, base.start + timedelta(days=last)), finer)
    return base


def _linked(found: re.Match[str], period: EventDate, published: date) -> EventDate:
    """Return the period extended by its preposition: "since May" lasts until now, "through May" has begun."""
    link = (found["link"] or "").casefold()
    if link == "since":
        return span(period.start, max(period.end, published), period.precision)
    if link == "through" and period.end > published:
        return span(min(period.start, published), period.end, period.precision)
    return period


def _count(word: str) -> int:
    return COUNTS.get(word.casefold()) or int(word)
