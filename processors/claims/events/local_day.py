"""The day of an article where it was published: it decides what "today" and "on Monday" mean."""

from datetime import date, datetime, time, timedelta
from functools import cache

from claimwire.ids import host_of
from processors.claims.events.dates import event_date_of
from processors.claims.lexicon import lines_of

# A page's own time and that of its feed are of one article where they are no farther apart.
NEAR = timedelta(hours=36)
# A dateline of longer ago is of another text, or is misread.
KEPT_BACK = timedelta(days=31)


def local_day(published: datetime, own: datetime | None, url: str | None) -> date:
    """The local day of an article: by its own offset from UTC, else that of its page, else that of its host's country.

    A day without a time (midnight UTC) is taken as it is.
    """
    if published.utcoffset():
        return published.date()
    if own is not None and own.utcoffset() and abs(own - published) < NEAR:
        return published.astimezone(own.tzinfo).date()
    if published.time() == time():
        return published.date()
    return (published + timedelta(hours=_hours(host_of(url or "").rpartition(".")[2]))).date()


def day_written(dateline: str, published: date) -> date:
    """The day that a dateline names ("OSLO, April 25 (Agency) -") where the article was published some days later."""
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
