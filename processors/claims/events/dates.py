"""News phrases to dates, resolved against the publication date: weekdays by tense, "the 10th", "next Friday"."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from enum import StrEnum

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
    r"\b(?:(?P<since>since)\s)?(?:(?P<which>next|last|this|coming)\s)?(?P<name>mon|tues|wednes|thurs|fri|satur|sun)day\b",
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
    r"agreed to|(?:moved|brought forward|put back) to|postpone\w*|put off|(?:deferred|delayed|rescheduled) (?:to|until|till)|set .{1,40} for)\b",
    re.IGNORECASE,
)
AIMED = re.compile(
    r"\b(?:for|by|before|from|starting|beginning|effective|effect) (?:on )?(?:\w+day,? )?(?:the )?$", re.IGNORECASE
)
# "rallied ahead of Sunday's referendum": still to come; "since Sunday's referendum": over.
LOOKS_AHEAD = re.compile(r"\b(?:ahead of|in the run-up to|prior to|in time for|until) (?:the )?$", re.IGNORECASE)
LOOKS_BACK = re.compile(
    r"\b(?:after|following|since|in the wake of|over|despite|because of|blam\w+ (?:\w+ ){0,3}for|respon\w+ (?:\w+ )?(?:for|to)) (?:the )?$",
    re.IGNORECASE,
)
OWNER = re.compile(r"['’]s\b")
SCHEDULED = re.compile(
    r"['’]s (?:[\w-]+ ){0,4}?(?:elections?|vote|votes|referendum|ballot|runoff|run-off|summit|meetings?|debate|final|match|game|hearing|"
    r"talks|strikes?|inauguration|launch|deadline|auction|ceremony|conference|polls?|race|trial|derby|by-election|showdown)\b",
    re.IGNORECASE,
)
STARTS = re.compile(
    r"\b(?:begins?|starts?|opens?|resumes?|ends?|closes?|expires?|takes? (?:effect|place|office)|kicks? off|comes? into force)\b[^,;]{0,40}$"
)
JOINED_DAYS = re.compile(r"\s?(?:and|or|and/or|to|through|until|-|–)\s?(?:on )?")
OF_NOUN = re.compile(
    rf"(?:{_MONTH}\.?\s\d{{1,2}}|\d{{1,2}}\s{_MONTH}) (?!(?:and|at|in|to|for|after|with|when|but|as|that|over|by|from|of|on)\b)[a-z]"
    rf"|\w+day['’]s\b",
    re.IGNORECASE,
)
# "the October figures", "Norway's April output"; names of people ("April", "June") stand at the beginning or behind nothing.
MONTH_OF_NOUN = re.compile(
    r"\b(?:the|an?|its|their|his|her|key|in|of|for|this|\w+['’]s|\w+['’]|last|that) "
    r"(?P<month>January|February|April|June|July|August|September|October|November|December)(?:['’]s)? (?=[a-z])"
)
YEARS = re.compile(
    rf"\b(?:from |between |in )?(?:(?P<month>{_MONTH})\.? )?(?P<first>(?:19|20)\d\d)(?:\s?[-–]\s?| (?:to|and|through|until) )"
    rf"(?:(?P<month2>{_MONTH})\.? )?(?P<last>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
PARTS = ("first", "second", "third", "fourth")
PART_OF_YEAR = re.compile(
    r"\b(?P<part>first|second|third|fourth) (?P<size>half|quarter)(?: of (?:(?P<year>(?:19|20)\d\d)|(?P<which>this|next|last|the) year))?\b",
    re.IGNORECASE,
)
COMING = re.compile(r"\b(?:in|over) the (?:coming|next few) (days|weeks|months)\b", re.IGNORECASE)
COMING_DAYS = {"days": 7, "weeks": 28, "months": 92}
# Without one of these there is no date: most clauses have none.
DATED = re.compile(
    # The letters and digits that one begins with: most letters of a text are skipped at once.
    r"(?=[adefhjmnoqstwyJFMASOND\d])(?:day\b|days\b|weeks?\b|months?\b|years?\b|weekend|quarter|half|tomorrow|tonight|overnight|"
    r"dawn|noon|morning|afternoon|evening|night|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|\b(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)\w*\.? \d|\d\d\d\d|\d(?:st|nd|rd|th)\b)"
)
SMALL = {w: n for n, w in enumerate("one two three four five six seven eight nine ten".split(), 1)} | {"a": 1, "an": 1}
DAYS_OF = {"day": 1, "week": 7, "month": 30, "year": 365}
Found = tuple[int, EventDate]
# "the July 25 call", "Monday's attack", "the class of 2020" date something else than what happened: other dates count before them.
ASIDE = 120


class Tense(StrEnum):
    """How a clause stands to now: it decides whether a weekday is the last or the next one."""

    PAST = "past"
    PRESENT = "present"
    COMING = "coming"


def event_date_of(text: str, published: date, tense: Tense = Tense.PAST, near: int = 0) -> EventDate | None:
    """The date that a clause names, the one nearest to offset `near` of several; None where it names none.

    `published` is the article's day where it was published.
    """
    found = _dates(text, published, tense)
    return min(found, key=lambda pair: _distance(text, pair[0], near))[1] if found else None


def _dates(text: str, published: date, tense: Tense) -> list[Found]:
    """All the dates of a text, each with its offset."""
    if not text.strip(" .") or not DATED.search(text):
        return []
    low = text.casefold()
    found: list[Found] = []
    if any(hint in low for hint in LONG_HINTS):
        found += _long_ones(text, published)
        # The years and months of "from 2016 to May 2017" are no dates by themselves.
        text = YEARS.sub(lambda match: " " * len(match.group()), text)
    for finder, hints in FINDERS:
        if any(hint in low for hint in hints):
            found += finder(text, published, tense)
    return found


def _distance(text: str, start: int, near: int) -> float:
    """How far a date stands from the verb: one before it counts as farther, and so does one that dates a noun."""
    return (start - near if start >= near else 1.5 * (near - start)) + _off(text, start)


def _off(text: str, start: int) -> int:
    """How much a date counts as farther off because it dates a noun."""
    return ASIDE if OF_NOUN.match(text, start) or text.startswith("of ", start) else 0


def _is_ahead(text: str, found: re.Match[str], tense: Tense) -> bool:
    """Return whether a date is still to come: by the clause's tense, or by the words ahead of it."""
    start, end = found.start(), found.end()
    if LOOKS_AHEAD.search(text, 0, start):
        return True
    is_owner = OWNER.match(text, end) is not None
    if LOOKS_BACK.search(text, 0, start):
        return False
    if is_owner:
        # "goes into Friday's election", "will attend Friday's summit"; not "will answer Monday's attack".
        return tense is not Tense.PAST and SCHEDULED.match(text, end) is not None
    clause = max(text.rfind(mark, 0, start) for mark in ",;") + 1
    if tense is Tense.COMING or FUTURE.search(text, clause, start):
        return True
    if tense is Tense.PRESENT and STARTS.search(text, clause, start):
        return True
    # "called a strike for November 26"
    return AIMED.search(text, 0, start) is not None


def _count(word: str) -> int:
    return SMALL.get(word.casefold()) or int(word)


def _span(start: date, end: date, precision: Precision = Precision.DAY) -> EventDate:
    return EventDate(start=min(start, end), end=max(start, end), precision=precision)


def _month_days(text: str, published: date, tense: Tense) -> Iterator[Found]:
    for found in MONTH_DAY.finditer(text):
        month = MONTHS[(found.group(Precision.MONTH) or found.group("month2")).casefold()[:3]]
        day = int(found.group("day") or found.group("day2"))
        years = _years(found.group("year"), published)
        days = [date(y, month, day) for y in years if 1 <= day <= monthrange(y, month)[1]] if 1 <= day <= 31 else []
        resolved = _nearest(days, published, _is_ahead(text, found, tense))
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


def _months(text: str, published: date, tense: Tense) -> Iterator[Found]:
    for found in MONTH_ALONE.finditer(text):
        if not found.group(Precision.MONTH)[0].isupper():
            continue
        month = MONTHS[found.group(Precision.MONTH).casefold()[:3]]
        firsts = [date(y, month, 1) for y in _years(found.group("year"), published)]
        first = _nearest(firsts, published, _is_ahead(text, found, tense))
        if first is None:
            continue
        end = first.replace(day=monthrange(first.year, first.month)[1])
        if found.group("word").casefold() == "since":
            end = max(end, published)
        yield found.start(), _span(first, end, Precision.MONTH)


def _weekdays(text: str, published: date, tense: Tense) -> Iterator[Found]:
    days: list[Found] = []
    ended = -1
    for found in WEEKDAY.finditer(text):
        if MONTH_DAY.match(text[found.end() :].lstrip(" ,")):
            continue
        if days and JOINED_DAYS.fullmatch(text, ended, found.start()):
            # "storms on Friday and Saturday"
            start = days[-1][1].start
            last = start + timedelta(days=(WEEKDAYS[_name(found)] - start.weekday()) % 7)
            days[-1] = (days[-1][0], _span(start, last))
        else:
            day = _weekday(text, found, published, tense)
            days.append((found.start(), _span(day, published if found.group("since") else day)))
        ended = found.end()
    yield from days


def _name(found: re.Match[str]) -> str:
    return found.group("name").casefold() + "day"


def _weekday(text: str, found: re.Match[str], published: date, tense: Tense) -> date:
    which = (found.group("which") or "").casefold()
    back = (published.weekday() - WEEKDAYS[_name(found)]) % 7
    if re.search(r"\b(?:today|this morning),? $", text[: found.start()], re.IGNORECASE):
        return published
    if which in ("next", "coming") or (which != "last" and not found.group("since") and _is_ahead(text, found, tense)):
        return published + timedelta(days=(7 - back) % 7 or (7 if which in ("next", "coming") else 0))
    return published - timedelta(days=back or (7 if which == "last" else 0))


def _relatives(text: str, published: date, tense: Tense) -> Iterator[Found]:
    for found in RELATIVE.finditer(text):
        yield found.start(), _relative(found.group(1).casefold(), published)
    for found in WEEKEND.finditer(text):
        saturday = published - timedelta(days=(published.weekday() - 5) % 7)
        is_this = found.group(1) == "this" and tense is not Tense.PAST
        if (is_this or found.group(1) == "next" or _is_ahead(text, found, tense)) and published.weekday() < 5:
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


def _stretches(text: str, published: date, tense: Tense) -> Iterator[Found]:
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
        end = date(year, 12, 31)
        is_since = found.group().casefold().startswith("since")
        yield found.start(), _span(date(year, 1, 1), max(end, published) if is_since else end, Precision.YEAR)


def _days_of_month(found: re.Match[str], published: date) -> Iterator[Found]:
    first = published.replace(day=1)
    if found.group(3).casefold() == "last":
        first = (first - timedelta(days=1)).replace(day=1)
    length = monthrange(first.year, first.month)[1]
    days = [int(d) for d in (found.group(1), found.group(2)) if d and 1 <= int(d) <= length]
    if days:
        yield found.start(), _span(first.replace(day=days[0]), first.replace(day=days[-1]))


def _long_ones(text: str, published: date) -> Iterator[Found]:
    """Years and months from one to another, halves and quarters."""
    for found in YEARS.finditer(text):
        first, last = int(found.group("first")), int(found.group("last"))
        if first <= last:
            yield found.start(), _from_to(found, first, last)
    for found in PART_OF_YEAR.finditer(text):
        if found.group("size").casefold() == "half" and not (found.group("year") or found.group("which")):
            continue
        step = {"next": 1, "last": -1}.get((found.group("which") or "").casefold(), 0)
        part = _part_of(found, int(found.group("year") or published.year + step))
        if part is not None:
            yield found.start(), part


def _months_of_nouns(text: str, published: date, tense: Tense) -> Iterator[Found]:
    for found in MONTH_OF_NOUN.finditer(text):
        month = MONTHS[found.group("month").casefold()[:3]]
        firsts = [date(y, month, 1) for y in _years(None, published)]
        first_day = _nearest(firsts, published, _is_ahead(text, found, tense))
        if first_day is not None:
            yield found.start("month"), _span(first_day, _month_end(first_day), Precision.MONTH)
    for found in COMING.finditer(text):
        unit = found.group(1).casefold()
        end = published + timedelta(days=COMING_DAYS[unit])
        yield found.start(), _span(published, end, Precision(unit.removesuffix("s")))


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _from_to(found: re.Match[str], first: int, last: int) -> EventDate:
    months = [MONTHS[m.casefold()[:3]] if (m := found.group(name)) else 0 for name in ("month", "month2")]
    start, end = date(first, months[0] or 1, 1), _month_end(date(last, months[1] or 12, 1))
    return _span(start, end, Precision.MONTH if any(months) else Precision.YEAR)


def _part_of(found: re.Match[str], year: int) -> EventDate | None:
    length = 6 if found.group("size").casefold() == "half" else 3
    at = PARTS.index(found.group("part").casefold())
    if at * length >= 12:
        return None
    return _span(date(year, at * length + 1, 1), _month_end(date(year, at * length + length, 1)), Precision.MONTH)


LONG_HINTS = ("19", "20", "half", "quarter")
# Each with parts of words without which it finds nothing: they are looked for first, as that is quicker.
FINDERS: tuple[tuple[Callable[[str, date, Tense], Iterator[Found]], tuple[str, ...]], ...] = (
    (_month_days, tuple(MONTHS)),
    (_months, tuple(MONTHS)),
    (_weekdays, ("day",)),
    (_relatives, tuple("day week month year night morning evening noon dawn tomorrow".split())),
    (_stretches, ("ago", "past", "last", "within", "month", "19", "20")),
    (_months_of_nouns, (*MONTHS, "coming", "next few")),
)
