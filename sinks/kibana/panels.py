"""Description of the dashboards: data views, saved searches, panels and their positions, rules.

All Kibana objects are generated from it. It uses only KQL and Query DSL, which work on every 8.x and 9.x.
"""

from dataclasses import dataclass

NEWS = "reported: true"
NAMED = f"{NEWS} and not claimant: narrator"
CHANGED = "reported: true and verdict: (update or contradiction or retraction)"


@dataclass(frozen=True)
class View:
    """A data view on the alias NAMESPACE-KIND; `time` is its date field."""

    kind: str
    time: str = "first_seen_at"


@dataclass(frozen=True)
class Search:
    """A saved search: columns of the newest documents that match `kql`."""

    id: str
    title: str
    kind: str
    columns: tuple[str, ...]
    kql: str = ""


@dataclass(frozen=True)
class Metric:
    """Metric of a panel: count, unique_count, sum, average, max or percentile (the 95th) of `field`."""

    operation: str = "count"
    field: str = ""


@dataclass(frozen=True)
class Panel:
    """Panel of a dashboard: bars (over time), table, metric or donut, split by the most frequent values of fields.

    `grid`: x, y, width, height on 48 columns.
    """

    id: str
    title: str
    kind: str
    shape: str
    grid: tuple[int, int, int, int]
    split: tuple[str, ...] = ()
    metric: Metric = Metric()
    kql: str = ""
    size: int = 10


@dataclass(frozen=True)
class Dashboard:
    """Dashboard of panels and saved searches (id and grid), with `controls` for these fields (kind, field)."""

    id: str
    title: str
    description: str
    panels: tuple[Panel, ...]
    searches: tuple[tuple[str, tuple[int, int, int, int]], ...] = ()
    controls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Watch:
    """A rule of Kibana's alerting (.es-query): fires if any document of the last `minutes` matches `query`."""

    id: str
    name: str
    kind: str
    query: dict[str, object]
    minutes: int
    time: str = "first_seen_at"


VIEWS = tuple(View(kind) for kind in ("claims", "articles", "clusters", "stories", "alerts", "outcomes", "deadletters"))
VIEWS += (View("feeds", "last_polled_at"),)

SEARCHES = (
    Search("new-claims", "New claims", "claims", ("verdict", "line", "claimant_text", "source", "story_title", "places"), NEWS),
    Search(
        "claims-without-a-second-source", "Claims without a second source", "claims",
        ("line", "claimant_text", "source", "story_title"), f"{NEWS} and origin_count: 1",
    ),
    Search(
        "rejected-articles", "Rejected articles by reason", "outcomes", ("reason", "source", "url", "stage"), "state: rejected"
    ),
    Search("dead-letters", "Dead letters", "deadletters", ("state", "stage", "reason", "place", "error"), ""),
    Search("alerts", "Alerts", "alerts", ("rule", "severity", "verdict", "line", "claimant_text", "source", "story_title"), ""),
    Search(
        "failing-feeds", "Failing feeds", "feeds", ("source", "status", "failures", "failing_since", "url"), "failures > 0"
    ),
)  # fmt: skip

NEWSROOM = Dashboard(
    "newsroom", "claimwire: Newsroom", "New claims, their claimants, and changes.",
    (
        Panel("claims-over-time", "Reported claims over time", "claims", "bars", (0, 0, 32, 12), ("verdict",), kql=NEWS),
        Panel("claims-new", "New claims", "claims", "metric", (32, 0, 8, 6), kql=f"{NEWS} and verdict: new"),
        Panel("claims-changed", "Changed", "claims", "metric", (40, 0, 8, 6), kql=CHANGED),
        Panel("claims-stories", "Stories", "claims", "metric", (32, 6, 8, 6), metric=Metric("unique_count", "story_id")),
        Panel("claims-sources", "Sources", "claims", "metric", (40, 6, 8, 6), metric=Metric("unique_count", "source")),
        Panel("claims-claimants", "Claimants", "claims", "table", (0, 12, 16, 13), ("claimant",), kql=NAMED, size=20),
        Panel("claims-places", "Where", "claims", "table", (16, 12, 16, 13), ("places",), kql=NEWS, size=20),
        Panel("claims-kinds", "Types of event", "claims", "donut", (32, 12, 16, 13), ("event_type",), kql=NEWS),
        Panel("stories-largest", "Stories with most articles", "stories", "table", (0, 25, 24, 13), ("story_id",),
              Metric("max", "articles"), size=20),
        Panel("claims-by-source", "New and changed by source", "claims", "table", (24, 25, 24, 13), ("source", "verdict"),
              kql=NEWS),
    ),
    (("new-claims", (0, 38, 48, 18)), ("claims-without-a-second-source", (0, 56, 48, 14))),
    (("claims", "source"), ("claims", "language"), ("claims", "places"), ("claims", "event_type")),
)  # fmt: skip
PIPELINE = Dashboard(
    "pipeline", "claimwire: Pipeline", "Outcomes of articles, health of feeds, and failures.",
    (
        Panel("outcomes-over-time", "Outcomes over time", "outcomes", "bars", (0, 0, 32, 12), ("state",)),
        Panel("outcomes-in-flight", "In flight", "outcomes", "metric", (32, 0, 8, 6), kql="state: opened"),
        Panel("letters-open", "Open dead letters", "deadletters", "metric", (40, 0, 8, 6), kql="state: open"),
        Panel("feeds-failing", "Failing feeds", "feeds", "metric", (32, 6, 8, 6), kql="failures > 0"),
        Panel("feeds-lost", "Polls that may have missed entries", "feeds", "metric", (40, 6, 8, 6),
              metric=Metric("sum", "maybe_lost")),
        Panel("outcomes-reasons", "Reasons for rejection", "outcomes", "table", (0, 12, 16, 13), ("reason", "source"),
              kql="state: rejected"),
        Panel("articles-by-source", "Articles by source", "articles", "bars", (16, 12, 16, 13), ("source",)),
        Panel("articles-routes", "Extraction methods", "articles", "donut", (32, 12, 16, 13), ("route",)),
        Panel("articles-confidence", "Confidence of the body by source", "articles", "table", (0, 25, 16, 13), ("source",),
              Metric("average", "confidence")),
        Panel("articles-claims", "Claims of an article (95th percentile)", "articles", "table", (16, 25, 16, 13), ("source",),
              Metric("percentile", "claims")),
        Panel("feeds-status", "Feeds by status", "feeds", "donut", (32, 25, 16, 13), ("status",)),
    ),
    (("failing-feeds", (0, 38, 24, 14)), ("dead-letters", (24, 38, 24, 14)), ("rejected-articles", (0, 52, 48, 14))),
    (("articles", "source"), ("articles", "language")),
)  # fmt: skip
DASHBOARDS = (NEWSROOM, PIPELINE)

WATCHES = (
    Watch("new-claims", "New claims", "claims", {"term": {"reported": True}}, 5),
    Watch(
        "silent-feeds", "Feeds without new entries for 6 hours", "feeds",
        {"bool": {"filter": [{"range": {"changed_at": {"lt": "now-6h"}}}, {"term": {"disabled": False}}]}}, 60, "last_polled_at",
    ),
    Watch("dead-letters", "Open dead letters", "deadletters", {"term": {"state": "open"}}, 1440),
)  # fmt: skip
