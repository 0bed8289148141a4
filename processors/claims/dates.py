"""News phrases to dates, resolved against the publication date: weekdays by tense, "the 10th", "next Friday"."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from claimwire.records import EventDate
from claimwire.vocabulary import Precision

WEEKDAYS = {n: i for i, n in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())}
MONTHS = {n[:3]: i for i, n in enumerate(
    "january february march april may june july august september october november december".split(), 1)}  # fmt: skip
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
MONTH_DAY = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month2>{_MONTH})\.?)(?:,?\s(?P<year>\d{{4}}))?\b(?!\d)",
    re.IGNORECASE,
)
MONTH_ALONE = re.compile(
    rf"\b(?P<word>in|since|from|until|by|during|of|early|late|mid|before|after|month)[\s-](?:early[\s-]|late[\s-]|mid[\s-])?(?P<month>{_MONTH})\b\.?(?:,?\s(?P<year>\d{{4}}))?(?!\s\d)",
    re.IGNORECASE,
)
WEEKDAY = re.compile(
    r"\b(?:(?P<since>since)\s)?(?P<which>next|last|this|coming)?\s?(?P<name>mon|tues|wednes|thurs|fri|satur|sun)day\b",
    re.IGNORECASE,
)
RELATIVE = re.compile(
    r"\b(today|yesterday|tomorrow|tonight|this (?:morning|afternoon|evening)|last night|overnight|(?:this|next|last) (?:week|month|year)|"
    r"(?:before|at) dawn|at (?:noon|midday)|(?:since|in) the (?:morning|afternoon|evening)(?! of)|since (?:morning|afternoon|evening))\b"
    r"(?!['’]s (?:paper|edition|issue|world|society|children|youth))",
    re.IGNORECASE,
)
WEEKEND = re.compile(r"\b(?:(next|last|this)|over the|at the|during the)\s(?:coming\s)?weekend\b", re.IGNORECASE)
YEAR = re.compile(
    r"\b(?:in|by|since|until|during|of)\s(?P<year>(?:19|20)\d\d)\b(?!\s(?:people|levels?))", re.IGNORECASE
)
OF_THIS_MONTH = re.compile(
    r"\bthe (\d{1,2})(?:st|nd|rd|th)(?: and (?:the )?(\d{1,2})(?:st|nd|rd|th))? of (this|last) month\b", re.IGNORECASE
)
END_OF_MONTH = re.compile(r"\b(?:before|by|until)\s(?:the\s)?end of (?:the|this) month\b", re.IGNORECASE)
AGO = re.compile(
    r"\b(an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2}) (day|week|month|year)s? ago\b", re.IGNORECASE
)
PAST = re.compile(
    r"\b(?:past|last) (one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2}) (day|week|month|year)s\b",
    re.IGNORECASE,
)
WITHIN = re.compile(
    r"\bwithin (one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3}) (day|week|month)s?\b", re.IGNORECASE
)
FUTURE = re.compile(
    r"\b(?:will|would|shall|to be|due|scheduled|expected|plan\w*|going to|is to|are to|was to|upcoming|set for|intend\w*|until|"
    r"agreed to|postpone\w*|put off|(?:deferred|delayed|rescheduled) (?:to|until|till)|set .{1,40} for)\b",
    re.IGNORECASE,
)
AIMED = re.compile(r"\b(?:for|by|before) (?:\w+day,? )?(?:the )?$", re.IGNORECASE)
# Where none of these stands there is no date: most clauses have none.
DATED = re.compile(
    r"day\b|days\b|weeks?\b|months?\b|years?\b|weekend|tomorrow|tonight|overnight|dawn|noon|morning|afternoon|evening|night|"
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|\b(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)\w*\.? \d|\d\d\d\d|\d(?:st|nd|rd|th)\b"
)
SMALL = {w: n for n, w in enumerate("one two three four five six seven eight nine ten".split(), 1)} | {"a": 1, "an": 1}
DAYS_OF = {"day": 1, "week": 7, "month": 30, "year": 365}
Found = tuple[int, EventDate]


def event_date_of(text: str, published: date, is_future: bool = False, near: int = 0) -> EventDate | None:
    """The date that a clause names, the one nearest to offset `near` of several; None where it names none.

    `published` is the article's day; `is_future`: what is told is still to come.
    """
    if not DATED.search(text):
        return None
    found = [pair for finder in FINDERS for pair in finder(text, published, is_future)]
    return min(found, key=lambda pair: abs(pair[0] - near))[1] if found else None


def _is_ahead(text: str, found: re.Match[str], is_future: bool) -> bool:
    """Whether a date is still to come: by the claim's modality, or by the words ahead of it."""
    if is_future or FUTURE.search(text, 0, found.start()):
        return True
    # "called a strike for November 26"; not "blamed him for Monday's attack".
    is_owner = text.startswith(("'s", "’s"), found.end())
    return AIMED.search(text, 0, found.start()) is not None and not is_owner


def _count(word: str) -> int:
    return SMALL.get(word.casefold()) or int(word)


def _span(start: date, end: date, precision: Precision = Precision.DAY) -> EventDate:
    return EventDate(start=min(start, end), end=max(start, end), precision=precision)


def _month_days(text: str, published: date, is_future: bool) -> Iterator[Found]:
    for found in MONTH_DAY.finditer(text):
        month = MONTHS[(found.group(Precision.MONTH) or found.group("month2")).casefold()[:3]]
        day = int(found.group("day") or found.group("day2"))
        years = _years(found.group("year"), published)
        days = [date(y, month, day) for y in years if 1 <= day <= monthrange(y, month)[1]] if 1 <= day <= 31 else []
        resolved = _nearest(days, published, _is_ahead(text, found, is_future))
        if resolved is not None and abs((resolved - published).days) < 36_500:
            yield found.start(), _span(resolved, resolved)


def _years(named: str | None, published: date) -> list[int]:
    """The year that is named, of the Buddhist era too (543 ahead), else those that it can be."""
    if not named:
        return [published.year - 1, published.year, published.year + 1]
    year = int(named) - 543 if 2400 <= int(named) <= 2650 else int(named)
    return [year] if 1900 <= year <= 2200 else []


def _nearest(days: list[date], published: date, ahead: bool) -> date | None:
    """The nearest day; one on the wrong side of the report for its tense counts as seven times as far."""

    def distance(day: date) -> int:
        off = (day - published).days if ahead else (published - day).days
        return off if off >= 0 else -7 * off

    return min(days, key=distance, default=None)


def _months(text: str, published: date, is_future: bool) -> Iterator[Found]:
    for found in MONTH_ALONE.finditer(text):
        if not found.group(Precision.MONTH)[0].isupper():
            continue
        month = MONTHS[found.group(Precision.MONTH).casefold()[:3]]
        firsts = [date(y, month, 1) for y in _years(found.group("year"), published)]
        first = _nearest(firsts, published, _is_ahead(text, found, is_future))
        if first is None:
            continue
        end = first.replace(day=monthrange(first.year, first.month)[1])
        if found.group("word").casefold() == "since":
            end = max(end, published)
        yield found.start(), _span(first, end, Precision.MONTH)


def _weekdays(text: str, published: date, is_future: bool) -> Iterator[Found]:
    for found in WEEKDAY.finditer(text):
        name = found.group("name").casefold() + "day"
        which = (found.group("which") or "").casefold()
        back = (published.weekday() - WEEKDAYS[name]) % 7
        if MONTH_DAY.match(text[found.end() :].lstrip(" ,")):
            continue
        if re.search(r"\b(?:today|this morning),? $", text[: found.start()], re.IGNORECASE):
            day = published
        elif which in ("next", "coming") or (
            which != "last" and not found.group("since") and _is_ahead(text, found, is_future)
        ):
            day = published + timedelta(days=(7 - back) % 7 or (7 if which else 0))
        else:
            day = published - timedelta(days=back or (7 if which == "last" else 0))
        yield found.start(), _span(day, published if found.group("since") else day)


def _relatives(text: str, published: date, is_future: bool) -> Iterator[Found]:
    for found in RELATIVE.finditer(text):
        yield found.start(), _relative(found.group(1).casefold(), published)
    for found in WEEKEND.finditer(text):
        saturday = published - timedelta(days=(published.weekday() - 5) % 7)
        if (_is_ahead(text, found, is_future) or found.group(1) in ("next", "this")) and published.weekday() < 5:
            saturday += timedelta(days=7)
        yield found.start(), _span(saturday, saturday + timedelta(days=1))


def _relative(phrase: str, published: date) -> EventDate:
    shift = {"yesterday": -1, "last night": -1, "tomorrow": 1}.get(phrase, 0)
    which, _, unit = phrase.partition(" ")
    step = {"last": -1, "next": 1}.get(which, 0)
    if unit == "week":
        monday = published - timedelta(days=published.weekday()) + timedelta(days=7 * step)
        return _span(monday, monday + timedelta(days=6), Precision.WEEK)
    if unit == "month":
        month = published.month - 1 + step
        first = date(published.year + month // 12, month % 12 + 1, 1)
        return _span(first, first.replace(day=monthrange(first.year, first.month)[1]), Precision.MONTH)
    if unit == "year":
        return _span(date(published.year + step, 1, 1), date(published.year + step, 12, 31), Precision.YEAR)
    day = published + timedelta(days=shift)
    return _span(day, day)


def _stretches(text: str, published: date, is_future: bool) -> Iterator[Found]:
    for found in AGO.finditer(text):
        unit = found.group(2).casefold()
        day = published - timedelta(days=_count(found.group(1)) * DAYS_OF[unit])
        yield found.start(), _span(day, day, Precision(unit))
    for found in PAST.finditer(text):
        unit = found.group(2).casefold()
        yield (
            found.start(),
            _span(published - timedelta(days=_count(found.group(1)) * DAYS_OF[unit]), published, Precision(unit)),
        )
    for found in WITHIN.finditer(text):
        unit = found.group(2).casefold()
        yield (
            found.start(),
            _span(published, published + timedelta(days=_count(found.group(1)) * DAYS_OF[unit]), Precision(unit)),
        )
    for found in END_OF_MONTH.finditer(text):
        last = published.replace(day=monthrange(published.year, published.month)[1])
        yield found.start(), _span(published, last)
    for found in OF_THIS_MONTH.finditer(text):
        yield from _days_of_month(found, published)
    for found in YEAR.finditer(text):
        year = int(found.group("year"))
        yield found.start(), _span(date(year, 1, 1), date(year, 12, 31), Precision.YEAR)


def _days_of_month(found: re.Match[str], published: date) -> Iterator[Found]:
    first = published.replace(day=1)
    if found.group(3).casefold() == "last":
        first = (first - timedelta(days=1)).replace(day=1)
    length = monthrange(first.year, first.month)[1]
    days = [int(d) for d in (found.group(1), found.group(2)) if d and 1 <= int(d) <= length]
    if days:
        yield found.start(), _span(first.replace(day=days[0]), first.replace(day=days[-1]))


FINDERS: tuple[Callable[[str, date, bool], Iterator[Found]], ...] = (
    _month_days,
    _months,
    _weekdays,
    _relatives,
    _stretches,
)
