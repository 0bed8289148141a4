"""Stories: which articles are about one happening, by TF-IDF centroids with background frequencies, online.

Three spaces are compared, words, names by their consonants (transliterations share them) and bare numbers: reports of
look-alike happenings differ in names and numbers more than in words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from claimwire.records import CleanArticle
from processors.claims.spelling import fold, skeleton
from processors.match.features import WORD, Vector, cosine, idf, stem_of, stems, unit, weighted

THRESHOLD = 0.31
WORDS_WEIGHT, NAMES_WEIGHT, NUMBERS_WEIGHT = 0.4, 0.5, 0.3
# Where one side names or counts nothing, its words stand in for names, and this for numbers.
NO_NUMBERS = 0.1
ARTICLE_TERMS = 120
CENTROID_TERMS = 200
INDEXED_TERMS = 40
# Bounds of the search, so that its cost does not grow with the window.
LONGEST_POSTING, CANDIDATES = 100, 40
LEAD_CHARACTERS = 400
BODY_CHARACTERS = 6000
NUMBER_CHARACTERS = 3000
NAME = re.compile(r"(?<![.!?:“\"]\s)(?<!^)\b[A-Z][\w’']{2,}")
NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,]\d+)?(?!\d)")
NAME_IDF, NAME_BASE, NAME_CEILING = 9.0, 6.0, 12.0
FIRST_LETTERS = str.maketrans("cqvwz", "kkbbs")


class Vectors(NamedTuple):
    """Unit vectors of an article or a story in the three spaces."""

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


def article_vectors(article: CleanArticle) -> Vectors:
    """Terms of an article, without the words of its source's name; title and lead count twice."""
    body = article.text[:BODY_CHARACTERS]
    lead = article.text[: len(article.title or "") + LEAD_CHARACTERS]
    own = {stem_of(w.casefold()) for w in WORD.findall(article.source)}
    words = weighted((s for s in stems(body) + stems(lead) if s not in own), article.language, ARTICLE_TERMS)
    named = list(_names(body, own, article.language))
    rarity = {key: rare for key, rare, _ in named}
    names = weighted(
        (key for key, _, at in named for _ in range(2 if at < len(lead) else 1)),
        article.language,
        ARTICLE_TERMS,
        lambda key: min(rarity[key], NAME_CEILING) - NAME_BASE,
    )
    numbers = weighted(NUMBER.findall(body[:NUMBER_CHARACTERS]), article.language, ARTICLE_TERMS, lambda _: 1.0)
    return Vectors(words, names, numbers)


def _names(text: str, own: set[str], language: str) -> Iterator[tuple[str, float, int]]:
    """Consonant keys of the capitalised words that general text seldom has, how seldom, and where they stand."""
    for found in NAME.finditer(text):
        stem = stem_of(found.group().casefold())
        rarity = idf(stem, language)
        folded = fold(found.group()).removesuffix("s")
        key = folded[:1].translate(FIRST_LETTERS) + skeleton(found.group())
        if stem not in own and rarity >= NAME_IDF and len(key) >= 3:
            yield key, rarity, found.start()


def similarity(a: Vectors, b: Vectors) -> float:
    """Weighted sum of the cosines in the three spaces."""
    words = cosine(a.words, b.words)
    names = cosine(a.names, b.names) if a.names and b.names else words
    numbers = cosine(a.numbers, b.numbers) if a.numbers and b.numbers else NO_NUMBERS
    return WORDS_WEIGHT * words + NAMES_WEIGHT * names + NUMBERS_WEIGHT * numbers


def joined(story: StoryVector, article: Vectors, day: int) -> StoryVector:
    """The story with one more article."""
    n = story.articles
    centroid = Vectors(*(_sum(old, new, n) for old, new in zip(story.centroid, article, strict=True)))
    return StoryVector(story.story_id, centroid, n + 1, max(story.last_day, day))


def _sum(old: Vector, new: Vector, n: int) -> Vector:
    total = {t: w * n for t, w in old.items()}
    for term, weight in new.items():
        total[term] = total.get(term, 0.0) + weight
    ordered = sorted((-w, t) for t, w in total.items())
    return unit({t: -w for w, t in ordered[:CENTROID_TERMS]})


class StoryIndex:
    """Stories of the window with an inverted index over their heaviest words and names."""

    def __init__(self) -> None:
        self.stories: dict[str, StoryVector] = {}
        self._postings: dict[str, set[str]] = {}

    def put(self, story: StoryVector) -> None:
        """Add or replace a story."""
        old = self.stories.get(story.story_id)
        before = _indexed(old.centroid) if old else set()
        after = _indexed(story.centroid)
        for term in before - after:
            self._postings[term].discard(story.story_id)
            if not self._postings[term]:
                del self._postings[term]
        for term in after - before:
            self._postings.setdefault(term, set()).add(story.story_id)
        self.stories[story.story_id] = story

    def drop(self, story_id: str) -> None:
        """Forget a story."""
        story = self.stories.pop(story_id)
        for term in _indexed(story.centroid):
            self._postings[term].discard(story_id)
            if not self._postings[term]:
                del self._postings[term]

    def nearest(self, article: Vectors) -> tuple[str | None, float]:
        """The most similar story over the threshold and its score; ties go to the older id."""
        scored = ((similarity(article, self.stories[s].centroid), s) for s in self._candidates(article))
        best = max(scored, key=lambda pair: (pair[0], pair[1]), default=(0.0, ""))
        return (best[1], round(best[0], 6)) if best[0] >= THRESHOLD else (None, round(best[0], 6))

    def _candidates(self, article: Vectors) -> list[str]:
        """The stories that share most of the article's heaviest terms; a term of very many stories tells none apart."""
        shared: dict[str, int] = {}
        for term in _indexed(article):
            posting = self._postings.get(term, ())
            if len(posting) <= LONGEST_POSTING:
                for story_id in posting:
                    shared[story_id] = shared.get(story_id, 0) + 1
        return nsmallest(CANDIDATES, shared, key=lambda s: (-shared[s], s))


def _indexed(vectors: Vectors) -> set[str]:
    return _heaviest(vectors.words) | {f"~{name}" for name in _heaviest(vectors.names)}


def _heaviest(vector: Vector) -> set[str]:
    return {t for _, t in nsmallest(INDEXED_TERMS, [(-w, t) for t, w in vector.items()])}
