"""Articles for tests of the matcher: real texts through the real analysis, an hour apart, each of another source."""

import random
import sqlite3
from collections.abc import Iterator
from datetime import timedelta

from claimwire.ids import digest
from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode
from claimwire.records.sightings import Article, Sighting
from claimwire.records.vocabulary import ChangeKind, Verdict
from processors.analysis import analyse
from processors.match.matcher import Matcher
from tests.records import NOW, raw_article, raw_message

SPEAKERS = (
    "the fire brigade", "the interior ministry", "Mayor Rita Sousa", "the hospital of Monte Alto", "the civil defence",
    "the union of market traders",
)  # fmt: skip
THINGS = (
    "school", "bridge", "library", "tunnel", "harbour", "clinic", "reservoir", "stadium", "railway", "theatre", "museum",
    "power station", "ferry", "archive", "orchard", "bakery", "warehouse", "lighthouse", "cinema", "brewery",
)  # fmt: skip
DEEDS = (
    "closed the {thing} in {place}", "will rebuild the {thing} of {place} for {money} million euros",
    "accused the owners of the {thing} in {place} of negligence", "opened an inquiry into the {thing} in {place}",
    "sent {crew} firefighters to the {thing} in {place}", "denied that the {thing} in {place} was unsafe",
)  # fmt: skip
COUNTS = (
    "The death toll of the fire in Porto Salvo rose to {dead}, {who} said.",
    "At least {hurt} people were injured in the blaze in Porto Salvo, {who} said.",
    "Some {moved} residents were evacuated from streets around the market in Porto Salvo.",
)
SYLLABLES = ("va", "lo", "mi", "ter", "san", "gor", "bel", "cu", "nar", "fe")


def cleaned(name: str, text: str, hours: float = 0.0, **fields: object) -> CleanArticle:
    """The analysed article of a text, published so many hours after NOW."""
    at = NOW + timedelta(hours=hours)
    dated = {"fetched_at": at, "first_seen_at": at, "published_at": at, **fields}
    return decode(analyse(raw_message(raw_article(name, text, **dated)))[0].value, CleanArticle)


def sightings_of(matcher: Matcher, clean: CleanArticle, offset: int = 0) -> tuple[Sighting, ...]:
    """The sightings with which the matcher answers an article."""
    return next(r for r in matcher.process(clean, 0, offset) if isinstance(r, Article)).sightings


def big_story(count: int) -> Iterator[CleanArticle]:
    """Short articles of one story, a quarter of an hour apart, each with counts that grow and facts that no other has."""
    source = random.Random(3)
    for number in range(count):
        facts = {"dead": 4 + number // 40, "hurt": 20 + number // 15, "moved": 300 + 10 * (number // 9)}
        lines = [source.choice(COUNTS).format(**facts, who=source.choice(SPEAKERS)) for _ in range(2)]
        for _ in range(2):
            place = "".join(source.choices(SYLLABLES, k=3)).title()
            deed = source.choice(DEEDS).format(
                thing=source.choice(THINGS), place=place, money=source.randrange(2, 900), crew=source.randrange(3, 99)
            )
            who = source.choice(SPEAKERS)
            lines.append(f"{who[0].upper()}{who[1:]} {deed}.")
        text = f"Fire at Porto Salvo market kills {facts['dead']}\n" + "\n".join(lines) + "\n"
        yield cleaned(f"big-{number}", text, hours=number / 4, source=f"Paper {number % 60}")


def changes_of(db: sqlite3.Connection, *texts: str) -> list[tuple[Verdict, ChangeKind, str, str]]:
    """The changes that the last of these articles brings, each of another source and an hour later, to an empty matcher."""
    matcher = Matcher(db, namespace=digest(*texts))
    found: tuple[Sighting, ...] = ()
    for number, text in enumerate(texts):
        found = sightings_of(matcher, cleaned(f"a{number}", text, number, source=f"S{number}"), number)
    return [(s.verdict, c.kind, c.old, c.new) for s in found for c in s.changes]
