"""Parsing of written dates, in valid forms or not, to UTC; None if ambiguous. The one table of months."""

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone

ENGLISH_MONTHS = tuple(name.lower() for name in calendar.month_name if name)
MONTHS = {
    name: n
    for n, names in enumerate(
        (
            "jan janvier januar enero ene janeiro gennaio gen ocak января янв jän stycznia januari",
            "feb fev fév février februar febrero fevereiro febbraio şubat февраля фев lutego februari",
            "mar mars märz mär marzo março mart марта мар marca maart",
            "apr avr avril abril abr aprile nisan апреля апр kwietnia april",
            "may mai mayo maio maggio mag mayıs мая mei maja",
            "jun juin juni junio junho giugno giu haziran июня июн czerwca",
            "jul juil juillet juli julio julho luglio lug temmuz июля июл lipca",
            "aug août aout agosto ago ağustos августа авг sierpnia augustus august",
            "sep sept septembre septiembre setembro set settembre eylül сентября сен września",
            "oct oktober okt octobre octubre outubro out ottobre ott ekim октября окт października",
            "nov novembre noviembre novembro kasım ноября ноя listopada",
            "dec dez déc décembre dezember diciembre dic dezembro dicembre aralık декабря дек grudnia december",
        ),
        1,
    )
    for name in names.split()
}
# Offsets in minutes: zones of RFC 822, and European ones, which feeds use although it does not allow them.
ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "wet": 0, "west": 60, "bst": 60, "cet": 60, "cest": 120, "mez": 60, "mesz": 120, "eet": 120,
    "eest": 180, "msk": 180, "ist": 330, "jst": 540, "kst": 540, "wib": 420, "brt": -180, "art": -180, "aest": 600, "aedt": 660,
}  # fmt: skip
CLOCK = r"(?:[T ,]+(?:à |at |- )?(\d{1,2})[:h.](\d{2})(?:[:.](\d{2})(?:[.,]\d{1,9})?)?\s*([AaPp]\.?[Mm]\.?)?)?"
ZONE = r"\s*([A-Za-z]{1,5}|[+-]\d{2}:?\d{2}|[+-]\d{1,2})?(?:\s*\([^)]*\))?\s*$"
WEEKDAY = r"^(?:[^\W\d]{2,12}[.,]?,?\s+)?"
NAMED = re.compile(
    WEEKDAY
    + r"(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[ -]+(?:de )?([^\W\d]{3,12})\.?,?[ -]+(?:de )?(\d{4}|\d{2})"
    + CLOCK
    + ZONE
)
MONTH_FIRST = re.compile(
    WEEKDAY + r"([^\W\d]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,\s*(\d{4}))?" + CLOCK
    + r"\s*([A-Za-z]{1,5}|[+-]\d{2}:?\d{2})?\s*(\d{4})?\s*$"
)  # fmt: skip
ISO = re.compile(r"^(\d{4})-?(\d{2})(?:-?(\d{2}))?(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d{1,9})?)?)?" + ZONE)
WEEK = re.compile(r"^(\d{4})-?W(\d{2})(?:-?([1-7]))?$")
ORDINAL = re.compile(r"^(\d{4})-?(\d{3})$")
NUMERIC = re.compile(r"^(\d{1,2})([/.])(\d{1,2})\2(\d{4})" + CLOCK + ZONE)
EPOCH = re.compile(r"^1\d{9}(?:\d{3})?$")
LONGEST = 80


# Hour, minute, second, and a.m. or p.m., as text.
Clock = tuple[str | None, str | None, str | None, str | None]


def parse_date(raw: str | None) -> datetime | None:
    """Parse a date. Without a zone it is UTC; an ambiguous day gives None."""
    text = " ".join((raw or "").split())
    if not text or len(text) > LONGEST:
        return None
    try:
        for parser in (_epoch, _week, _iso, _named, _numeric) if text[0].isdigit() else (_named, _month_first):
            if (found := parser(text)) is not None:
                return found
    except (ValueError, OverflowError):
        return None
    return None


def _epoch(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text[:10]), UTC) if EPOCH.match(text) else None


def _week(text: str) -> datetime | None:
    """Parse ISO 8601 week and ordinal dates."""
    if found := WEEK.match(text):
        day = datetime.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1))
        return day.replace(tzinfo=UTC)
    if found := ORDINAL.match(text):
        return datetime(int(found[1]), 1, 1, tzinfo=UTC) + timedelta(days=int(found[2]) - 1)
    return None


def _iso(text: str) -> datetime | None:
    """Parse ISO 8601 and RFC 3339, with and without separators."""
    found = ISO.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    return _time(int(year), int(month), int(day or 1), (hour, minute, second, None), zone)


def _named(text: str) -> datetime | None:
    """Parse RFC 822 and 1123 dates, and similar ones in other languages."""
    found = NAMED.match(text)
    month = MONTHS.get(found[2].lower()) or MONTHS.get(found[2].lower()[:3]) if found else None
    if not found or not month:
        return None
    day, _, year, hour, minute, second, half, zone = found.groups()
    return _time(_century(year), month, int(day), (hour, minute, second, half), zone)


def _month_first(text: str) -> datetime | None:
    """Parse asctime and American dates."""
    found = MONTH_FIRST.match(text)
    month = MONTHS.get(found[1].lower()) or MONTHS.get(found[1].lower()[:3]) if found else None
    if not found or not month:
        return None
    _, day, year, hour, minute, second, half, zone, late_year = found.groups()
    if not (year or late_year):
        return None
    return _time(int(year or late_year), month, int(day), (hour, minute, second, half), zone)


def _numeric(text: str) -> datetime | None:
    """Parse dates with the day first: with dots, or with slashes if the day cannot be a month."""
    found = NUMERIC.match(text)
    if not found:
        return None
    first, mark, second_part, year, hour, minute, second, half, zone = found.groups()
    day, month = int(first), int(second_part)
    if mark == "/" and day <= 12 and day != month:
        return None
    return _time(int(year), month, day, (hour, minute, second, half), zone)


def _century(year: str) -> int:
    # RFC 2822 4.3.
    return int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 50 else 1900)


def _time(year: int, month: int, day: int, clock: Clock, zone: str | None) -> datetime | None:
    hour, minute, second, half = clock
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + 12 * (half[0] in "Pp")
    offset = _offset(zone)
    if offset is None:
        return None
    # 24:00 is the end of the day in ISO 8601; a leap second is the one before.
    extra = timedelta(days=1) if hours == 24 and not int(minute or 0) else timedelta()
    when = datetime(year, month, day, 0 if extra else hours, int(minute or 0), min(59, int(second or 0)))
    return (when + extra).replace(tzinfo=timezone(timedelta(minutes=offset)) if offset else UTC)


def _offset(zone: str | None) -> int | None:
    """Return minutes east of UTC; None for an unknown zone."""
    if not zone:
        return 0
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
        return (-minutes if zone[0] == "-" else minutes) if minutes <= 14 * 60 else None
    return ZONES.get(zone.lower())
