"""Parsing of written dates, in valid forms or not, to UTC; None if ambiguous. The one table of months."""

import calendar
import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

ENGLISH_MONTHS = tuple(name.lower() for name in calendar.month_name if name)
# Names in en fr de es pt it tr ru uk pl nl sv fi cs ro hu bg el lt id ar hi, each in the case that dates have.
MONTHS = (
    "january janvier januar enero ene janeiro gennaio gen ocak января януари січня stycznia januari jän tammikuuta ledna "
    "ianuarie január януари ιανουαρίου ιαν sausio يناير जनवरी",
    "february fevrier février februar febrero fevereiro febbraio şubat февраля февруари лютого lutego februari helmikuuta "
    "února februarie február φεβρουαρίου φεβ vasario فبراير फ़रवरी",
    "march mar mars märz marzo março mart марта март березня marca maart maret maaliskuuta března martie március márc μαρτίου "
    "μαρ kovo مارس मार्च",
    "april avril abril abr aprile nisan апреля април квітня kwietnia huhtikuuta dubna aprilie április ápr απριλίου απρ "
    "balandžio أبريل ابريل अप्रैल",
    "may mai mayo maio maggio mag mayıs мая май травня maja maj mei toukokuuta května május máj μαΐου μαΐ gegužės مايو मई",
    "june juin juni junio junho giugno giu haziran июня юни червня czerwca kesäkuuta června iunie június ιουνίου ιουν "
    "birželio يونيو जून",
    "july juillet juil juli julio julho luglio lug temmuz июля юли липня lipca heinäkuuta července iulie július ιουλίου "
    "ιουλ liepos يوليو जुलाई",
    "august août agosto ago ağustos августа август серпня sierpnia augusti augustus agustus elokuuta srpna augusztus "
    "αυγούστου αυγ rugpjūčio أغسطس اغسطس अगस्त",
    "september sept septembre septiembre setembro set settembre eylül сентября септември вересня września syyskuuta září "
    "septembrie szeptember σεπτεμβρίου σεπ rugsėjo سبتمبر सितंबर",
    "october oktober octobre octubre outubro out ottobre ott ekim октября октомври жовтня października lokakuuta října "
    "octombrie október οκτωβρίου οκτ spalio أكتوبر اكتوبر अक्टूबर",
    "november novembre noviembre novembro kasım ноября ноември листопада listopada marraskuuta listopadu noiembrie "
    "νοεμβρίου νοε lapkričio نوفمبر नवंबर",
    "december décembre dezember dez diciembre dic dezembro dicembre aralık декабря декември грудня grudnia joulukuuta "
    "prosince decembrie δεκεμβρίου δεκ gruodžio ديسمبر दिसंबर",
)
# Offsets in minutes: zones of RFC 822, and European ones, which feeds use although it does not allow them.
ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "wet": 0, "west": 60, "bst": 60, "cet": 60, "cest": 120, "mez": 60, "mesz": 120, "eet": 120,
    "eest": 180, "msk": 180, "ist": 330, "jst": 540, "kst": 540, "wib": 420, "brt": -180, "art": -180, "aest": 600, "aedt": 660,
}  # fmt: skip
CLOCK = (
    r"(?:[T ,|]+(?:(?:[^\W\d]{1,3}\.? ){1,2}|[-–] )?"
    r"(\d{1,2})[:h.時](\d{2})分?(?:[:.](\d{2})(?:[.,]\d{1,9})?)?\s*([AaPp]\.?[Mm]\.?)?(?: ?(?:Uhr|hrs|[hHч])\b\.?)?)?"
)
ZONE = (
    r"[\s,]*(?:(?:GMT|UTC?) ?(?=[+-]\d))?([A-Za-z]{1,5}|[+-]\d{1,2}:?\d{2}|[+-]\d{1,2})?"
    r"(?: [A-Z]{3,4})?(?:\s*\([^)]*\))?\s*$"
)
WEEKDAY = r"^(?:[^\W\d]{2,12}(?:-[^\W\d]{2,6})?(?:[.,]+\s*|\s+))?"
NAME = r"([^\W\d]{3,14})"
NAMED = re.compile(
    WEEKDAY
    + rf"(\d{{1,2}})(?:st|nd|rd|th|er|o|\.)?(?:[ -]+|(?<=\.))(?:de )?{NAME}\.?,?[ -]+(?:de )?(\d{{4}}|\d{{2}})(?: ?г\.?| р\.)?"
    + CLOCK
    + ZONE
)
MONTH_FIRST = re.compile(
    WEEKDAY + NAME + r"\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:(?:,\s*|\s+)(\d{4}))?" + CLOCK + ZONE[: -len(r"\s*$")]
    + r"\s*(\d{4})?\s*$"
)  # fmt: skip
ISO = re.compile(r"^(\d{4})-?(\d{2})(?:-?(\d{2}))?(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d{1,9})?)?)?" + ZONE)
YEAR_FIRST = re.compile(
    r"^(\d{4})(?: ?[年년] ?|\. ?|[/-])(\d{1,2})(?: ?[月월] ?|\. ?|[/-])(\d{1,2})(?: ?[日일]|\.)?(?: ?\(\w\))?"
    + CLOCK.replace("[T ,|]+", "[T ,|]*", 1)
    + ZONE
)
YEAR_AND_NAME = re.compile(rf"^(\d{{4}})[.,]?(?: m\.)?[ -]+{NAME}\.?[ -]+(\d{{1,2}})\.?(?: d\.)?" + CLOCK + ZONE)
WEEK = re.compile(r"^(\d{4})-?W(\d{2})(?:-?([1-7]))?$")
ORDINAL = re.compile(r"^(\d{4})-?(\d{3})$")
NUMERIC = re.compile(r"^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})" + CLOCK + ZONE)
EPOCH = re.compile(r"^1\d{9}(?:\d{3})?$")
CLOCK_FIRST = re.compile(r"^(\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?(?: [A-Z]{2,4})?),? (?:[a-z]{2} )?(.+)$")
LONGEST = 80


# Hour, minute, second, and a.m. or p.m., as text.
Clock = tuple[str | None, str | None, str | None, str | None]


def parse_date(raw: str | None) -> datetime | None:
    """Parse a date. Without a zone it is UTC; an ambiguous day gives None."""
    text = " ".join((raw or "").split())
    if not text or len(text) > LONGEST:
        return None
    if not text.isascii():
        text = _plain(text)
    if found := CLOCK_FIRST.match(text):
        text = f"{found[2]} {found[1]}"
    try:
        for parser in DIGITS_FIRST if text[0].isdigit() else (_named, _month_first):
            if (when := parser(text)) is not None:
                return when
    except (ValueError, OverflowError):
        return None
    return None


def _plain(text: str) -> str:
    """Remove accents and vowel signs, which belong to no word in patterns; digits and commas become Latin ones."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).replace("،", ","))
    return unicodedata.normalize("NFC", "".join(c for c in text if unicodedata.category(c)[0] not in "MC"))


@cache
def _months() -> dict[str, int]:
    """Return the months by name and by each beginning of three letters or more that only one month has."""
    found: dict[str, int] = {}
    full = {_plain(name).lower(): n for n, names in enumerate(MONTHS, 1) for name in names.split()}
    for name, number in full.items():
        for size in range(3, len(name)):
            found[name[:size]] = number if found.get(name[:size], number) == number else 0
    return {**found, **full}


def _month(name: str) -> int:
    return _months().get(name.lower(), 0)


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
    month = _month(found[2]) if found else 0
    if not found or not month:
        return None
    day, _, year, hour, minute, second, half, zone = found.groups()
    return _time(_century(year), month, int(day), (hour, minute, second, half), zone)


def _month_first(text: str) -> datetime | None:
    """Parse asctime and American dates."""
    found = MONTH_FIRST.match(text)
    month = _month(found[1]) if found else 0
    if not found or not month:
        return None
    _, day, year, hour, minute, second, half, zone, late_year = found.groups()
    if not (year or late_year):
        return None
    return _time(int(year or late_year), month, int(day), (hour, minute, second, half), zone)


def _year_first(text: str) -> datetime | None:
    """Parse dates with the year first that are not ISO 8601: other marks, a name, a clock of twelve hours."""
    if found := YEAR_FIRST.match(text):
        year, second_part, day, hour, minute, second, half, zone = found.groups()
        month = int(second_part)
    elif found := YEAR_AND_NAME.match(text):
        year, name, day, hour, minute, second, half, zone = found.groups()
        month = _month(name)
    else:
        return None
    return _time(int(year), month, int(day), (hour, minute, second, half), zone) if month else None


def _numeric(text: str) -> datetime | None:
    """Parse dates with the year last: day first with dots, else whichever number cannot be a month."""
    found = NUMERIC.match(text)
    if not found:
        return None
    first, mark, second_part, year, hour, minute, second, half, zone = found.groups()
    day, month = int(first), int(second_part)
    if mark != "." and day <= 12 and day != month:
        if month <= 12:
            return None
        day, month = month, day
    return _time(int(year), month, day, (hour, minute, second, half), zone)


DIGITS_FIRST = (_epoch, _week, _iso, _named, _year_first, _numeric)


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
        digits = digits.zfill(4) if len(digits) == 3 else digits
        minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
        return (-minutes if zone[0] == "-" else minutes) if minutes <= 14 * 60 else None
    return ZONES.get(zone.lower())
