"""Window of a scope (lane and language): its clock and the expiry of older entries, counted in
claimwire_window_expired_total."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from claimwire.records.stories import Cluster
from claimwire.runtime import metrics
from processors.match.state import State
from processors.match.stories import StoryVector

CAP_EVERY = 256
# Share of the limit to which a full story is reduced, so that it is not sorted for every article.
KEPT = 0.9
# Number of the latest decisions that do not expire with the window, for revisions that are delivered again.
REDELIVERED = 5_000


class Holder(Protocol):
    """A cluster while it is folded."""

    cluster: Cluster


H = TypeVar("H", bound=Holder)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds: `days` of the window, `stories` and `articles` of a scope, values of a cluster, `clusters` of a story, size of a
    decision with its fold (`record_bytes`), reported claims of an article (`reports`)."""

    days: int = 28
    stories: int = 20_000
    articles: int = 100_000
    cluster_values: int = 200
    clusters: int = 400
    record_bytes: int = 1_000_000
    reports: int = 8


def surplus(clusters: Mapping[str, Holder], most: int) -> list[str]:
    """Return the least recently repeated clusters of a story with more than `most`."""
    if len(clusters) <= most:
        return []
    by_age = sorted(clusters, key=lambda key: (clusters[key].cluster.last_seen_at, key))
    return by_age[: len(clusters) - int(KEPT * most)]


class Window:
    """Clocks of scopes and expiry of their entries.

    `settle` is called before rows are deleted, `drop` with the scope and id of each expired story.
    """

    def __init__(
        self,
        state: State,
        limits: Limits,
        settle: Callable[[], None],
        drop: Callable[[str, str], None],
    ) -> None:
        self._state, self._limits = state, limits
        self._settle, self._drop = settle, drop
        self._clocks: dict[str, tuple[int, int]] = {}
        self._moved: set[str] = set()

    def forget_caches(self) -> None:
        """Clear the caches after a rolled back transaction."""
        self._clocks.clear()
        self._moved.clear()

    def advance(self, scope: str, day: int, stories: Mapping[str, StoryVector]) -> None:
        """Count an article of a day (ordinal), and remove expired entries.

        The scope's clock is the latest day seen.
        """
        latest, seen = self._clock(scope)
        if day > latest:
            oldest = day - self._limits.days
            self._settle()
            self._expire(scope, sorted(s.story_id for s in stories.values() if s.last_day < oldest))
            self._state.expire_sketches(scope, oldest)
            metrics.EXPIRED.labels("article").inc(self._state.expire_decisions(scope, oldest, REDELIVERED))
        if len(stories) >= self._limits.stories:
            self._settle()
            oldest_first = sorted(stories.values(), key=lambda s: (s.last_day, s.story_id))
            self._expire(scope, [s.story_id for s in oldest_first[: max(1, self._limits.stories // 20)]])
        # Each counted article adds at most one row, so that no scope with fewer can exceed the limit.
        if seen % CAP_EVERY == CAP_EVERY - 1 and seen >= self._limits.articles:
            self._settle()
            metrics.EXPIRED.labels("article").inc(self._state.cap_decisions(scope, self._limits.articles))
        self._clocks[scope] = max(day, latest), seen + 1
        self._moved.add(scope)

    def save(self) -> None:
        """Write the changed clocks."""
        self._state.put_clocks([(scope, *self._clocks[scope]) for scope in sorted(self._moved)])
        self._moved.clear()

    def _clock(self, scope: str) -> tuple[int, int]:
        if scope not in self._clocks:
            self._clocks[scope] = self._state.clock(scope)
        return self._clocks[scope]

    def cap_clusters(self, scope: str, clusters: MutableMapping[str, H]) -> list[str]:
        """Remove the clusters of a story over the limit, and return their ids."""
        gone = surplus(clusters, self._limits.clusters)
        for cluster_id in gone:
            del clusters[cluster_id]
            self._state.drop_cluster(scope, cluster_id)
        metrics.EXPIRED.labels("cluster").inc(len(gone))
        return gone

    def _expire(self, scope: str, story_ids: list[str]) -> None:
        for story_id in story_ids:
            self._drop(scope, story_id)
            metrics.EXPIRED.labels("cluster").inc(self._state.expire_story(scope, story_id))
            metrics.EXPIRED.labels("story").inc()
