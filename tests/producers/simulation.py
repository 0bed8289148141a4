"""Thirty days of polling on a fake clock: feeds of real-looking rhythm, what was seen of them, and how often they were asked."""

import math
import random
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from claimwire.config.settings import Settings
from claimwire.records.feeds import Feed
from producers.feeds.parse import ParsedFeed
from producers.http.fetch import Fetched
from producers.tables.polls import Seen, polled

START = datetime(2026, 11, 1, tzinfo=UTC)
FIXED = timedelta(minutes=5)
SETTINGS = Settings()
ANSWER = Fetched(200, "https://paper.example/feed", None, {}, b"")
NO_HINTS = ParsedFeed(None, None, (), 0)


@dataclass(frozen=True)
class Polling:
    """Result of polling one feed: entries, those never seen, polls, and polls of a fixed rhythm in the same time."""

    entries: int
    missed: int
    polls: int
    fixed: int


def times(source: random.Random, a_day: float, days: int) -> list[float]:
    """Hours at which entries appear: more by day than by night, fewer at weekends, and a burst of news now and then."""
    found = []
    for hour in range(24 * days):
        swing = 1 + 0.9 * math.sin((hour % 24 - 8) / 24 * 2 * math.pi)
        weekend = 0.5 if hour // 24 % 7 >= 5 else 1.0
        burst = 6.0 if source.random() < 0.004 else 1.0
        expected = a_day / 24 * swing * weekend * burst
        # Poisson by its definition: no numpy in tests of producers.
        count, product, least = 0, source.random(), math.exp(-expected)
        while product > least:
            count, product = count + 1, product * source.random()
        found += [hour + source.random() for _ in range(count)]
    return sorted(found)


def followed(seed: int, days: int) -> Polling:
    """One feed, polled as the producer would."""
    source = random.Random(seed)
    a_day, window = math.exp(source.uniform(math.log(0.2), math.log(300))), source.choice((10, 20, 25, 30, 50, 100))
    entries = times(source, min(a_day, window * 8), days)
    feed = Feed(url=f"https://paper.example/{seed}", source="Paper", added_at=START, next_due=START)
    now, end, seen, missed, polls = START, START + timedelta(days=days), 0, 0, 0
    while now < end:
        polls += 1
        there = bisect_right(entries, (now - START).total_seconds() / 3600)
        first = max(0, there - window)
        missed += max(0, first - seen) if polls > 1 else 0
        new = there - max(seen, first)
        seen = there
        feed = polled(feed, ANSWER, now, "ok", SETTINGS, NO_HINTS, Seen(there - first, new))
        now = feed.next_due
    return Polling(len(entries), missed, polls, days * int(timedelta(days=1) / FIXED))
