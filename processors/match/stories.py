"""Stories: which articles are about one happening, by TF-IDF centroids with background frequencies, online."""

from collections.abc import Mapping
from dataclasses import dataclass

from claimwire.records import CleanArticle
from processors.match.features import Vector, cosine, stems, unit, weighted

THRESHOLD = 0.24
ARTICLE_TERMS = 120
CENTROID_TERMS = 200
INDEXED_TERMS = 40
LEAD_CHARACTERS = 400
BODY_CHARACTERS = 6000


@dataclass
class StoryVector:
    """The centroid of a story and its latest day (ordinal)."""

    story_id: str
    centroid: Vector
    articles: int
    last_day: int


def article_vector(article: CleanArticle) -> Vector:
    """Terms of an article; title and lead count twice."""
    body = article.text[:BODY_CHARACTERS]
    lead = article.text[: len(article.title or "") + LEAD_CHARACTERS]
    return weighted(stems(body) + stems(lead), article.language, ARTICLE_TERMS)


def joined(story: StoryVector, vector: Vector, day: int) -> StoryVector:
    """The story with one more article."""
    n = story.articles
    total = {t: w * n for t, w in story.centroid.items()}
    for term, weight in vector.items():
        total[term] = total.get(term, 0.0) + weight
    top = sorted(total, key=lambda t: (-total[t], t))[:CENTROID_TERMS]
    return StoryVector(story.story_id, unit({t: total[t] for t in top}), n + 1, max(story.last_day, day))


class StoryIndex:
    """Stories of the window with an inverted index over their heaviest terms."""

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

    def nearest(self, vector: Vector) -> tuple[str | None, float]:
        """The most similar story over the threshold and its cosine; ties go to the older id."""
        candidates: set[str] = set()
        for term in _indexed(vector):
            candidates |= self._postings.get(term, set())
        scored = ((cosine(vector, self.stories[s].centroid), s) for s in candidates)
        best = max(scored, key=lambda pair: (pair[0], pair[1]), default=(0.0, ""))
        return (best[1], round(best[0], 6)) if best[0] >= THRESHOLD else (None, round(best[0], 6))


def _indexed(vector: Mapping[str, float]) -> set[str]:
    return set(sorted(vector, key=lambda t: (-vector[t], t))[:INDEXED_TERMS])
