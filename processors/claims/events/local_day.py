"""Local day of an article at its place of publication, for "today" and "on Monday"."""

from datetime import date, datetime, time, timedelta
from functools import cache

from claimwire.ids import host_of
from processors.claims.events.dates import event_date_of
from processors.claims.lexicon import lines_of

# Largest difference between the times of a page and of its feed for one article.
NEAR = timedelta(hours=36)
# An older dateline belongs to another text, or is misread.
KEPT_BACK = timedelta(days=31)


def local_day(published: datetime, own: datetime | None, url: str | None) -> date:
    """Return the local day of an article: by its own UTC offset, else that of its page, else that of its host's country.

    A day without a time (midnight UTC) is kept.
    """
    if published.utcoffset():
        return published.date()
    if own is not None and own.utcoffset() and abs(own - published) < NEAR:
        return published.astimezone(own.tzinfo).date()
    if published.time() == time():
        return published.date()
    return (published + timedelta(hours=_hours(host_of(url or "").rpartition(".")[2]))).date()


def day_written(dateline: str, published: date) -> date:
    """Return the day in a dateline ("OSLO, April 25 (Agency) -") of an article that was published some days later."""
    day = event_date_of(dateline, published)
    return (
        day.start
        if day is not None and day.start == day.end and published - KEPT_BACK <= day.start <= published
        else published
    )


@cache
def _hours(domain: str) -> float:
    rows = (line.split(":") for line in lines_of("time_zones.txt"))
    return next((float(hours) for hours, domains in rows if domain in domains.split()), 0.0)
