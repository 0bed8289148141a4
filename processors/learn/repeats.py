"""Repeated lines of a host, counted with decay: a bounded, pure fold of its articles in order.

A line is boilerplate if it is in one position in at least five articles, in a twentieth of the host's recent ones, and
on two days. Running text needs higher numbers, and text in the middle of an article still higher ones. Revisions, and
articles that share a title or longest line, count as one article.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import msgspec

from claimwire.records.hosts import Extraction, HostLine, LearnedLine, Place

LEAST_ARTICLES = 20
HALF_LIFE_DAYS = 15.0
MOST_LINES, MOST_SEEN = 300, 600
LONGEST_RUN = 25
LEAST_TITLE = 4
# Versions are created on a day's first article and valid from the day after the next: all analyse workers have them by
# then.
DAYS_UNTIL_VALID = 2


class Least(NamedTuple):
    """Thresholds for a line to be boilerplate: articles, their share, and days."""

    articles: float
    share: float
    days: int


LEAST = Least(5, 0.05, 2)
LEAST_SENTENCE = Least(8, 0.1, 4)
LEAST_MIDDLE = Least(8, 0.1, 3)


class Count(msgspec.Struct):
    """Count of a line in its position; `articles` decays."""

    articles: float
    days: int
    last: date
    is_sentence: bool


class Repeats(msgspec.Struct):
    """State of a host: decayed number of articles, its lines by position and text, and recent articles."""

    total: int = 0
    articles: float = 0.0
    day: date | None = None
    counts: dict[str, Count] = {}
    seen: list[str] = []


def is_seen(repeats: Repeats, extraction: Extraction) -> bool:
    """Return whether the article, its title or its longest line was counted before, and store them."""
    title = " ".join((extraction.title or "").casefold().split())
    # An article without text has no fingerprint and matches no other.
    prints = [p for p in (extraction.article_id, extraction.fingerprint) if p]
    if title.count(" ") >= LEAST_TITLE - 1:
        prints.append(title)
    known = any(p in repeats.seen for p in prints)
    repeats.seen = [*repeats.seen, *(p for p in prints if p not in repeats.seen)][-MOST_SEEN:]
    return known


def counted(repeats: Repeats, day: date, lines: tuple[HostLine, ...]) -> None:
    """Fold one article's lines."""
    if repeats.day is not None and day > repeats.day:
        fade = 0.5 ** ((day - repeats.day).days / HALF_LIFE_DAYS)
        repeats.articles *= fade
        for count in repeats.counts.values():
            count.articles *= fade
    repeats.day = max(day, repeats.day or day)
    repeats.total += 1
    repeats.articles += 1
    for line in lines:
        key = f"{line.place} {line.text}"
        known = repeats.counts.setdefault(key, Count(0.0, 1, day, line.is_sentence))
        known.articles += 1
        known.days += day > known.last
        known.last = max(day, known.last)
    if len(repeats.counts) > MOST_LINES:
        by_worth = sorted(
            repeats.counts.items(), key=lambda item: (-item[1].articles, -item[1].last.toordinal(), item[0])
        )
        repeats.counts = dict(by_worth[: MOST_LINES * 3 // 4])


def learned(repeats: Repeats) -> tuple[LearnedLine, ...]:
    """Return the lines that are boilerplate now; none before LEAST_ARTICLES."""
    if repeats.total < LEAST_ARTICLES:
        return ()
    found = []
    for key, count in sorted(repeats.counts.items()):
        place, text = key.split(" ", 1)
        if _is_boilerplate(count, Place(place), text, repeats.articles):
            found.append(
                LearnedLine(
                    text=text,
                    place=Place(place),
                    articles=round(count.articles),
                    of=round(repeats.articles),
                    days=count.days,
                )
            )
    return tuple(found)


def _is_boilerplate(count: Count, place: Place, text: str, articles: float) -> bool:
    least = LEAST_SENTENCE if count.is_sentence else LEAST_MIDDLE if place is Place.MIDDLE else LEAST
    if place is Place.MIDDLE and count.is_sentence:
        return False
    if text.count(" ") >= LONGEST_RUN and count.days < LEAST_SENTENCE.days:
        return False
    return count.articles >= least.articles and count.articles >= least.share * articles and count.days >= least.days


def valid_from(day: date) -> datetime:
    """Return the time from which a version made on `day` is valid."""
    return datetime.combine(day + timedelta(days=DAYS_UNTIL_VALID), time(), UTC)
