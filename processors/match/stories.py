"""Stories: online clustering of articles on one happening, by TF-IDF centroids with background frequencies.

Articles are compared in three spaces: words, names (by consonants, which transliterations share) and numbers. Reports of
similar happenings differ in names and numbers more than in words.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest
from itertools import chain, islice
from typing import NamedTuple

from claimwire.records.articles import CleanArticle
from processors.claims.mentions.spelling import fold, skeleton
from processors.match.vectors import Vector, cosine, idf, stem_of, stems, unit, weighted, words_of

THRESHOLD = 0.31
# On 4,016 dated reports of similar events: B-cubed .826 without, .859 with it; share of stories that mix events .26 and .17.
SILENT_DAY, QUIET_DAYS = 0.005, 2
WORDS_WEIGHT, NAMES_WEIGHT, NUMBERS_WEIGHT = 0.4, 0.5, 0.3
# Similarity of numbers if one side has none; the similarity of words replaces that of missing names.
NO_NUMBERS = 0.1
ARTICLE_TERMS = 120
CENTROID_TERMS = 160
INDEXED_TERMS = 40
# Bounds of the search, so that its time does not grow with the window.
LOOKED_UP, CANDIDATES = 400, 16
SHORT_POSTING = 8
CHARACTERS_A_WORD = 6
LEAD_CHARACTERS, LEAD_WORDS = 400, 66
BODY_CHARACTERS, BODY_WORDS = 6000, 1000
NUMBER_CHARACTERS = 3000
NAME = re.compile(r"(?<![.!?:“\"]\s)(?<!^)\b[A-Z][\w’']{2,}")
NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,]\d+)?(?!\d)")
NAME_IDF, NAME_BASE, NAME_CEILING = 9.0, 6.0, 12.0
FIRST_LETTERS = str.maketrans("cqvwz", "kkbbs")


class Vectors(NamedTuple):
    """Unit vectors of an article or a story: words, names and numbers."""

    words: Vector
    names: Vector
    numbers: Vector


EMPTY = Vectors({}, {}, {})


@dataclass
class StoryVector:
    """The centroid of a story and its latest day (ordinal)."""

    story_id: str
    centroid: Vectors
    articles: int
    last_day: int


def article_vectors(article: CleanArticle, words: Sequence[str]) -> Vectors:
    """Return the vectors of an article; `words` are those of its text in lower case.

    Words of the source's name are left out; those of title and lead count twice.
    """
    body = article.text[:BODY_CHARACTERS]
    title = len(article.title or "")
    own = {stem_of(w) for w in words_of(article.source)}
    lead = words[: title // CHARACTERS_A_WORD + LEAD_WORDS]
    terms = (s for s in stems(chain(words[:BODY_WORDS], lead)) if s not in own)
    by_words = weighted(terms, article.language, ARTICLE_TERMS)
    named = list(_names(body, own, article.language))
    rarity = {key: rare for key, rare, _ in named}
    names = weighted(
        (key for key, _, at in named for _ in range(2 if at < title + LEAD_CHARACTERS else 1)),
        article.language,
        ARTICLE_TERMS,
        lambda key: min(rarity[key], NAME_CEILING) - NAME_BASE,
    )
    numbers = weighted(NUMBER.findall(body[:NUMBER_CHARACTERS]), article.language, ARTICLE_TERMS, lambda _: 1.0)
    return Vectors(by_words, names, numbers)


def _names(text: str, own: set[str], language: str) -> Iterator[tuple[str, float, int]]:
    """Yield (consonant key, rarity, offset) of the capitalised words that are rare in general text."""
    for found in NAME.finditer(text):
        stem, key, rarity = _name(found.group(), language)
        if stem not in own and rarity >= NAME_IDF and len(key) >= 3:
            yield key, rarity, found.start()


@lru_cache(maxsize=100_000)
def _name(word: str, language: str) -> tuple[str, str, float]:
    """Return (stem, consonant key, rarity) of a capitalised word."""
    stem = stem_of(word.casefold())
    key = fold(word).removesuffix("s")[:1].translate(FIRST_LETTERS) + skeleton(word)
    return stem, sys.intern(key), idf(stem, language)


def similarity(a: Vectors, b: Vectors) -> float:
    """Return the weighted sum of the cosines in the three spaces."""
    words = cosine(a.words, b.words)
    names = cosine(a.names, b.names) if a.names and b.names else words
    numbers = cosine(a.numbers, b.numbers) if a.numbers and b.numbers else NO_NUMBERS
    return WORDS_WEIGHT * words + NAMES_WEIGHT * names + NUMBERS_WEIGHT * numbers


def silence(day: int, last_day: int) -> float:
    """Return the penalty on similarity for the days between an article and the story's last one."""
    return SILENT_DAY * max(0, abs(day - last_day) - QUIET_DAYS)


def joined(story: StoryVector, article: Vectors, day: int) -> StoryVector:
    """Return the story with one more article."""
    n = story.articles
    centroid = Vectors(*(_sum(old, new, n) for old, new in zip(story.centroid, article, strict=True)))
    return StoryVector(story.story_id, centroid, n + 1, max(story.last_day, day))


def _sum(old: Vector, new: Vector, n: int) -> Vector:
    total = {t: w * n for t, w in old.items()}
    for term, weight in new.items():
        total[term] = total.get(term, 0.0) + weight
    ordered = sorted((-w, t) for t, w in total.items())
    return unit({t: -w for w, t in ordered[:CENTROID_TERMS]})


def centrality(article: Vectors, story: StoryVector) -> float:
    """Return the similarity of an article to the centroid of its story."""
    return round(similarity(article, story.centroid), 6)


# Most terms are in few stories, for which a tuple takes less memory than a set.
Posting = set[str] | tuple[str, ...]


class StoryIndex:
    """Stories of a scope, with an inverted index of their heaviest words and names."""

    def __init__(self) -> None:
        self.stories: dict[str, StoryVector] = {}
        self._postings: dict[str, Posting] = {}

    def put(self, story: StoryVector) -> None:
        """Add or replace a story."""
        old = self.stories.get(story.story_id)
        before = _indexed(old.centroid) if old else set()
        after = _indexed(story.centroid)
        self._leave(before - after, story.story_id)
        for term in after - before:
            self._postings[term] = _with(self._postings.get(term, ()), story.story_id)
        self.stories[story.story_id] = story

    def drop(self, story_id: str) -> None:
        """Remove a story."""
        story = self.stories.pop(story_id)
        self._leave(_indexed(story.centroid), story_id)

    def _leave(self, terms: set[str], story_id: str) -> None:
        for term in terms:
            posting = _without(self._postings[term], story_id)
            if posting:
                self._postings[term] = posting
            else:
                del self._postings[term]

    def nearest(self, article: Vectors, day: int) -> tuple[str | None, float]:
        """Return the most similar story and its score; None below THRESHOLD. Of equal scores the greater id wins.

        An article is more likely to be of another, similar happening after days without news: each costs SILENT_DAY.
        """
        found = [self.stories[s] for s in self._candidates(article)]
        scored = ((similarity(article, s.centroid) - silence(day, s.last_day), s.story_id) for s in found)
        best = max(scored, key=lambda pair: (pair[0], pair[1]), default=(0.0, ""))
        return (best[1], round(best[0], 6)) if best[0] >= THRESHOLD else (None, round(best[0], 6))

    def _candidates(self, article: Vectors) -> list[str]:
        """Return up to CANDIDATES stories that share most of the article's heaviest terms; rare terms are looked up first."""
        found = sorted((len(p), term) for term in _indexed(article) if (p := self._postings.get(term)))
        shared: dict[str, int] = {}
        looked_up = 0
        for length, term in found:
            looked_up += length
            if looked_up > LOOKED_UP:
                break
            for story_id in self._postings[term]:
                shared[story_id] = shared.get(story_id, 0) + 1
        ranked = [(-n, story_id) for story_id, n in shared.items() if n > 1]
        if len(ranked) < CANDIDATES:
            ranked += [(-1, story_id) for story_id, n in shared.items() if n == 1]
        return [story_id for _, story_id in nsmallest(CANDIDATES, ranked)]


def _with(posting: Posting, story_id: str) -> Posting:
    if isinstance(posting, set):
        posting.add(story_id)
        return posting
    return (*posting, story_id) if len(posting) < SHORT_POSTING else {*posting, story_id}


def _without(posting: Posting, story_id: str) -> Posting:
    if isinstance(posting, set):
        posting.discard(story_id)
        return posting
    return tuple(s for s in posting if s != story_id)


def _indexed(vectors: Vectors) -> set[str]:
    return _heaviest(vectors.words) | {f"~{name}" for name in _heaviest(vectors.names)}


def _heaviest(vector: Vector) -> set[str]:
    """Return the first terms of a vector, which is ordered by weight."""
    return set(islice(vector, INDEXED_TERMS))
