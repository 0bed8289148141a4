"""News phrases to dates, resolved against the publication date: weekdays by tense, "the 10th", "next Friday"."""

import re
from datetime import date, timedelta

from claimwire.records import EventDate

WEEKDAYS = {n: i for i, n in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())}
MONTHS = {n[:3]: i for i, n in enumerate(
    "january february march april may june july august september october november december".split(), 1)}  # fmt: skip
_MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
MONTH_DAY = re.compile(
    rf"\b(?:{_MONTH}\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH.replace('month', 'month2')})(?:,?\s(?P<year>\d{{4}}))?\b(?!\d)",
    re.IGNORECASE,
)
WEEKDAY = re.compile(
    r"\b(?P<which>next|last|this|coming)?\s?(?P<name>mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE
)
RELATIVE = re.compile(
    r"\b(today|yesterday|tomorrow|tonight|this (?:morning|afternoon|evening)|last night|this week|next week|last week|this month|next month|last month)\b",
    re.IGNORECASE,
)
OF_THIS_MONTH = re.compile(
    r"\bthe (\d{1,2})(?:st|nd|rd|th)(?: and (?:the )?(\d{1,2})(?:st|nd|rd|th))? of (this|last) month\b", re.I
)
WEEKS_AGO = re.compile(r"\b(a|one|two|three|four|five|six|\d{1,2}) (day|week|month)s? ago\b", re.IGNORECASE)
FUTURE = re.compile(
    r"\b(will|would|shall|to be|due|scheduled|expected|plans?|planned|going to|is to|are to|next|upcoming|set for)\b",
    re.I,
)
SMALL = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


def event_date_of(text: str, published: date) -> EventDate | None:
    """The first date that a clause names, or None. `published` is the article's day."""
    named = MONTH_DAY.search(text)
    if named and (day := _month_day(named, published)):
        return EventDate(start=day, end=day)
    weekday = WEEKDAY.search(text)
    if found := OF_THIS_MONTH.search(text):
        return _days_of_month(found, published)
    if weekday and not (weekday.group("name") and re.search(r"\btoday\b", text, re.I)):
        day = _weekday(weekday, published, FUTURE.search(text) is not None)
        return EventDate(start=day, end=day)
    if found := RELATIVE.search(text):
        return _relative(found.group(1).casefold(), published)
    if found := WEEKS_AGO.search(text):
        count = SMALL.get(found.group(1).casefold()) or int(found.group(1))
        unit = found.group(2).casefold()
        day = published - timedelta(days=count * {"day": 1, "week": 7, "month": 30}[unit])
        return EventDate(start=day, end=day, precision=unit)
    return None


def _month_day(found: re.Match[str], published: date) -> date | None:
    month = MONTHS[(found.group("month") or found.group("month2")).casefold()[:3]]
    day = int(found.group("day") or found.group("day2"))
    years = (
        [int(found.group("year"))] if found.group("year") else [published.year - 1, published.year, published.year + 1]
    )
    candidates = []
    for year in years:
        try:
            candidates.append(date(year, month, day))
        except ValueError:
            continue
    return min(candidates, key=lambda d: abs((d - published).days), default=None)


def _days_of_month(found: re.Match[str], published: date) -> EventDate | None:
    first = published.replace(day=1)
    if found.group(3).casefold() == "last":
        first = (first - timedelta(days=1)).replace(day=1)
    try:
        start = first.replace(day=int(found.group(1)))
        end = first.replace(day=int(found.group(2))) if found.group(2) else start
    except ValueError:
        return None
    return EventDate(start=start, end=end)


def _weekday(found: re.Match[str], published: date, is_future: bool) -> date:
    name = found.group("name").casefold() + "day"
    which = (found.group("which") or "").casefold()
    back = (published.weekday() - WEEKDAYS[name]) % 7
    if which in ("next", "coming") or (is_future and which != "last"):
        return published + timedelta(days=(7 - back) % 7 or (7 if which else 0))
    return published - timedelta(days=back or (7 if which == "last" else 0))


def _relative(phrase: str, published: date) -> EventDate:
    shift = {"yesterday": -1, "last night": -1, "tomorrow": 1}.get(phrase, 0)
    if phrase.endswith("week"):
        monday = published - timedelta(days=published.weekday())
        monday += timedelta(days={"last": -7, "next": 7}.get(phrase.split(maxsplit=1)[0], 0))
        return EventDate(start=monday, end=monday + timedelta(days=6), precision="week")
    if phrase.endswith("month"):
        first = published.replace(day=1)
        if phrase.startswith("last"):
            first = (first - timedelta(days=1)).replace(day=1)
        if phrase.startswith("next"):
            first = (first + timedelta(days=32)).replace(day=1)
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        return EventDate(start=first, end=last, precision="month")
    day = published + timedelta(days=shift)
    return EventDate(start=day, end=day)
