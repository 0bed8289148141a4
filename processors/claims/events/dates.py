"""News phrases to dates, resolved against the publication date: weekdays by tense, "the 10th", "three weeks ago"."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from enum import StrEnum

from claimwire.records.claims import EventDate
from claimwire.records.vocabulary import Precision
from processors.claims.events.periods import (
    COUNTS,
    MONTH,
    MONTHS,
    NUMBER,
    STEPS,
    Dated,
    nearest,
    periods,
    span,
    years_of,
)

WEEKDAYS = {n: i for i, n in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())}
MONTH_DAY = re.compile(
    rf"\b(?P<since>since\s)?(?:(?P<month>{MONTH})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month2>{MONTH})\.?)(?:,?\s(?P<year>\d{{4}}))?\b(?!\d)",
    re.IGNORECASE,
)
WEEKDAY = re.compile(
    r"\b(?:(?P<since>since)\s)?(?:(?P<which>next|last|this|coming)\s)?(?P<name>mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"(?:,? (?:of )?(?P<week>last|this|next) week\b)?",
    re.IGNORECASE,
)
RELATIVE = re.compile(
    r"\b(today|yesterday|tomorrow|tonight|this (?:morning|afternoon|evening)|last night|overnight|"
    r"(?:before|at) dawn|at (?:noon|midday)|(?:since|in) the (?:morning|afternoon|evening)(?! of)|since (?:morning|afternoon|evening))\b"
    r"(?!['’]s (?:paper|edition|issue|world|society|children|youth))",
    re.IGNORECASE,
)
WEEKEND = re.compile(r"\b(?:(next|last|this)|over the|at the|during the)\s(?:coming\s)?weekend\b", re.IGNORECASE)
OF_THIS_MONTH = re.compile(
    r"\bthe (\d{1,2})(?:st|nd|rd|th)(?: and (?:the )?(\d{1,2})(?:st|nd|rd|th))? of (this|last) month\b", re.IGNORECASE
)
AGO = re.compile(rf"\b(?P<count>an?|{NUMBER}) (?P<unit>day|week|month|year)s? ago\b", re.IGNORECASE)
PAST = re.compile(
    rf"\b(?P<over>(?:over|in|during|for) the )?(?:past|last) (?:(?P<count>{NUMBER}) )?(?P<unit>day|week|month|year)s?\b(?! of)",
    re.IGNORECASE,
)
WITHIN = re.compile(rf"\bwithin (?P<count>{NUMBER}) (?P<unit>day|week|month)s?\b", re.IGNORECASE)
FUTURE = re.compile(
    r"\b(?:will|would|shall|to be|due|scheduled|expected|plan(?:ned|ning)|plans? (?:to|for)|going to|is to|are to|was to|upcoming|set for|intend(?:s|ed|ing)?|until|"
    r"agreed to|(?:moved|brought forward|put back) to|postpone\w*|put off|(?:deferred|delayed|rescheduled) (?:to|until|till)|set .{1,40} for)\b",
    re.IGNORECASE,
)
AIMED = re.compile(
    r"\b(?:for|by|before|from|starting|beginning|effective|effect) (?:on )?(?:\w+day,? )?(?:the )?$", re.IGNORECASE
)
AIMED_AT = re.compile(r"\b(?:for|by|from|to) (?:on )?(?:\w+day|the)\b|\w+day (?:a|as|day)\b")
# The date lies ahead in "rallied ahead of Sunday's referendum", and is over in "since Sunday's referendum".
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
    rf"(?:{MONTH}\.?\s\d{{1,2}}|\d{{1,2}}\s{MONTH}) (?!(?:and|at|in|to|for|after|with|when|but|as|that|over|by|from|of|on)\b)[a-z]"
    rf"|(?:\w+ )?the {MONTH} [a-z]|\w+day['’]s\b",
    re.IGNORECASE,
)
# Dates of a value compared with, as in "down from 1.8% late on Monday".
COMPARED = re.compile(r"\bfrom (?:\w+ )?[^\s,;\w]?\d\S*(?: (?!to\b)[^\s,;]+){0,5} $", re.IGNORECASE)
COMING = re.compile(r"\b(?:in|over) the (?:coming|next few) (days|weeks|months)\b", re.IGNORECASE)
COMING_DAYS = {"days": 7, "weeks": 28, "months": 92}
# Every date has one of these; most clauses have none and are skipped at once.
DATED = re.compile(
    # The lookahead lists the letters and digits that can begin one, for speed.
    r"(?=[adefhjmnoqstwyJFMASOND\d])(?:day\b|days\b|weeks?\b|months?\b|years?\b|weekend|quarter|half|decade|fall\b|tomorrow|tonight|overnight|"
    r"dawn|noon|morning|afternoon|evening|night|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|\b(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)\w*\.? \d|\d\d\d\d|\d(?:st|nd|rd|th)\b)"
)
TOMORROW = 6
DAYS_OF = {"day": 1, "week": 7, "month": 30, "year": 365}
# Dates of a noun ("the July 25 call", "Monday's attack", "the class of 2020") count after all others.
ASIDE = 120


class Tense(StrEnum):
    """The tense of a clause relative to now: it decides whether a weekday is the last or the next one."""

    PAST = "past"
    PRESENT = "present"
    COMING = "coming"


def event_date_of(text: str, published: date, tense: Tense = Tense.PAST, near: int = 0) -> EventDate | None:
    """Return the date in a clause, the nearest to offset `near` of several; None without one.

    `published` is the article's day where it was published.
    """
    found = _dates(text, published, tense)
    if tense is Tense.PAST:
        # In "approved a budget for 2027 on Friday" the date of the event is the past one.
        found = [pair for pair in found if pair[1].start <= published] or found
    return min(found, key=lambda pair: _distance(text, pair[0], near))[1] if found else None


def is_planned(text: str, day: EventDate, published: date, tense: Tense) -> bool:
    """Return whether a day lies ahead; "Tuesday" in a past clause published on Monday is over in an eastern time zone."""
    is_far = day.start > published + timedelta(days=1)
    is_said = tense is not Tense.PAST or FUTURE.search(text) or AIMED_AT.search(text) or "tomorrow" in text
    return is_far or (day.start > published and bool(is_said))


def _dates(text: str, published: date, tense: Tense) -> list[Dated]:
    """Return all the dates of a text, each with its offset."""
    if not text.strip(" .") or not DATED.search(text):
        return []
    low = text.casefold()
    finders = (finder for finder, hints in FINDERS if any(hint in low for hint in hints))
    found = [pair for finder in finders for pair in finder(text, published, tense)]
    return [pair for pair in found if not COMPARED.search(text, 0, pair[0])]


def _distance(text: str, start: int, near: int) -> float:
    """Return the distance of a date from the verb, greater for a date before it or one that dates a noun."""
    return (start - near if start >= near else 1.5 * (near - start)) + _off(text, start)


def _off(text: str, start: int) -> int:
    """Return the characters added to the distance of a date that dates a noun."""
    return ASIDE if OF_NOUN.match(text, start) or text.startswith("of ", start) else 0


def _is_ahead(text: str, found: re.Match[str], tense: Tense) -> bool:
    """Return whether a date lies ahead, by the clause's tense or by the words before it."""
    start, end = found.start(), found.end()
    if LOOKS_AHEAD.search(text, 0, start):
        return True
    is_owner = OWNER.match(text, end) is not None
    if LOOKS_BACK.search(text, 0, start):
        return False
    if is_owner:
        # "goes into Friday's election", "will attend Friday's summit"; not "will answer Monday's attack".
        return tense is not Tense.PAST and SCHEDULED.match(text, end) is not None
    if tense is Tense.PAST and OF_NOUN.match(text, start):
        # "studied the October 12 raid"
        return False
    clause = max(text.rfind(mark, 0, start) for mark in ",;") + 1
    if tense is Tense.COMING or FUTURE.search(text, clause, start):
        return True
    if tense is Tense.PRESENT and STARTS.search(text, clause, start):
        return True
    # "called a strike for November 26"
    return AIMED.search(text, 0, start) is not None


def _month_days(text: str, published: date, tense: Tense) -> Iterator[Dated]:
    for found in MONTH_DAY.finditer(text):
        month = MONTHS[(found.group("month") or found.group("month2")).casefold()[:3]]
        day = int(found.group("day") or found.group("day2"))
        years = years_of(found.group("year"), published)
        days = [date(y, month, day) for y in years if 1 <= day <= monthrange(y, month)[1]] if 1 <= day <= 31 else []
        resolved = nearest(days, published, is_ahead=_is_ahead(text, found, tense))
        if resolved is not None and abs((resolved - published).days) < 36_500:
            yield found.start(), span(resolved, published if found["since"] and resolved < published else resolved)


def _periods(text: str, published: date, tense: Tense) -> Iterator[Dated]:
    return periods(text, published, lambda found: _is_ahead(text, found, tense))


def _weekdays(text: str, published: date, tense: Tense) -> Iterator[Dated]:
    days: list[Dated] = []
    ended = -1
    for found in WEEKDAY.finditer(text):
        if MONTH_DAY.match(text[found.end() :].lstrip(" ,")):
            continue
        if days and JOINED_DAYS.fullmatch(text, ended, found.start()):
            # "storms on Friday and Saturday"
            start = days[-1][1].start
            last = start + timedelta(days=(WEEKDAYS[_name(found)] - start.weekday()) % 7)
            days[-1] = (days[-1][0], span(start, last))
        else:
            day = _weekday(text, found, published, tense)
            days.append((found.start(), span(day, published if found.group("since") else day)))
        ended = found.end()
    yield from days


def _name(found: re.Match[str]) -> str:
    return found.group("name").casefold() + "day"


def _weekday(text: str, found: re.Match[str], published: date, tense: Tense) -> date:
    which, week = (found.group("which") or "").casefold(), (found.group("week") or "").casefold()
    back = (published.weekday() - WEEKDAYS[_name(found)]) % 7
    if week:
        return published + timedelta(days=7 * STEPS.get(week, 0) - published.weekday() + WEEKDAYS[_name(found)])
    if re.search(r"\b(?:today|this morning),? $", text[: found.start()], re.IGNORECASE):
        return published
    is_over = which == "last" or found.group("since") or LOOKS_BACK.search(text, 0, found.start())
    # A day six days ago has "last" before it; without it, it is tomorrow, or today in an eastern time zone.
    if which in ("next", "coming") or (not is_over and (back == TOMORROW or _is_ahead(text, found, tense))):
        return published + timedelta(days=(7 - back) % 7 or (7 if which in ("next", "coming") else 0))
    return published - timedelta(days=back or (7 if which == "last" else 0))


def _relatives(text: str, published: date, tense: Tense) -> Iterator[Dated]:
    for found in RELATIVE.finditer(text):
        yield found.start(), _relative(found.group(1).casefold(), published)
    for found in WEEKEND.finditer(text):
        saturday = published - timedelta(days=(published.weekday() - 5) % 7)
        is_this = found.group(1) == "this" and tense is not Tense.PAST
        if (is_this or found.group(1) == "next" or _is_ahead(text, found, tense)) and published.weekday() < 5:
            saturday += timedelta(days=7)
        yield found.start(), span(saturday, saturday + timedelta(days=1))


def _relative(phrase: str, published: date) -> EventDate:
    day = published + timedelta(days={"yesterday": -1, "last night": -1, "tomorrow": 1}.get(phrase, 0))
    return span(day, day)


def _stretches(text: str, published: date, tense: Tense) -> Iterator[Dated]:
    for found in AGO.finditer(text):
        yield (
            found.start(),
            span(published - _length(found), published - _length(found), Precision(found["unit"].casefold())),
        )
    for found in PAST.finditer(text):
        if found["over"] or found["count"]:
            length = span(published - _length(found), published, Precision(found["unit"].casefold()))
            yield found.start(), length
    for found in WITHIN.finditer(text):
        yield found.start(), span(published, published + _length(found), Precision(found["unit"].casefold()))
    for found in COMING.finditer(text):
        unit = found.group(1).casefold()
        yield (
            found.start(),
            span(published, published + timedelta(days=COMING_DAYS[unit]), Precision(unit.removesuffix("s"))),
        )
    for found in OF_THIS_MONTH.finditer(text):
        yield from _days_of_month(found, published)


def _length(found: re.Match[str]) -> timedelta:
    """Return the length of "three weeks" and the like."""
    named = found["count"] or "one"
    count = COUNTS.get(named.casefold()) or int(named)
    return timedelta(days=count * DAYS_OF[found["unit"].casefold()])


def _days_of_month(found: re.Match[str], published: date) -> Iterator[Dated]:
    first = published.replace(day=1)
    if found.group(3).casefold() == "last":
        first = (first - timedelta(days=1)).replace(day=1)
    length = monthrange(first.year, first.month)[1]
    days = [int(d) for d in (found.group(1), found.group(2)) if d and 1 <= int(d) <= length]
    if days:
        yield found.start(), span(first.replace(day=days[0]), first.replace(day=days[-1]))


# Each finder with the substrings that its matches need, searched first for speed.
FINDERS: tuple[tuple[Callable[[str, date, Tense], Iterator[Dated]], tuple[str, ...]], ...] = (
    (_month_days, tuple(MONTHS)),
    (_periods, (*MONTHS, "week", "month", "quarter", "year", "decade", "fall", "19", "20")),
    (_weekdays, ("day",)),
    (_relatives, tuple("day night morning evening noon dawn tomorrow weekend".split())),
    (_stretches, ("ago", "past", "last", "within", "month", "coming", "next few")),
)
