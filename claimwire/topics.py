"""All topics: name, record, key, partitions, clean-up policy.

articles.raw ─ analyse ─> articles.clean ─ match ─> articles (─ alert ─> alerts), claims, clusters, stories
         └─> extractions ─ learn ─> hostrules (back to analyse, two days on), hosts
also: outcomes (the ledger), deadletters, the producers' tables feeds and pages, and marks (of readers)
"""

from dataclasses import dataclass

from claimwire.records.alerts import Alert
from claimwire.records.articles import CleanArticle, RawArticle
from claimwire.records.base import Record
from claimwire.records.feeds import Feed, Page
from claimwire.records.hosts import Extraction, HostHealth, HostRules
from claimwire.records.marks import Mark
from claimwire.records.outcomes import Outcome
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    """`name` is without the namespace; `record` None = bytes of any topic (dead letters)."""

    name: str
    record: type[Record] | None
    key: str
    partitions: int
    compacted: bool = False
    retention_ms: int = 30 * DAY_MS

    def full_name(self, namespace: str) -> str:
        return f"{namespace}.{self.name}"


RAW = Topic("articles.raw", RawArticle, "article_id", 12, retention_ms=7 * DAY_MS)
CLEAN = Topic("articles.clean", CleanArticle, "lane + language; of a withdrawal article_id", 4)
ARTICLES = Topic("articles", Article, "article_id", 4)
CLAIMS = Topic("claims", Sighting, "cluster_id", 4)
CLUSTERS = Topic("clusters", Cluster, "cluster_id", 4, compacted=True)
STORIES = Topic("stories", Story, "story_id", 4, compacted=True)
ALERTS = Topic("alerts", Alert, "rule + group", 4)
OUTCOMES = Topic("outcomes", Outcome, "article_id + revision_id", 4, compacted=True)
DEADLETTERS = Topic("deadletters", None, "key of the record", 1)
FEEDS = Topic("feeds", Feed, "feed url", 12, compacted=True)
PAGES = Topic("pages", Page, "article_id", 12, compacted=True)

EXTRACTIONS = Topic("extractions", Extraction, "host + body source", 4)
HOSTRULES = Topic("hostrules", HostRules, "host + body source + valid_from", 4, compacted=True)
HOSTS = Topic("hosts", HostHealth, "host + body source", 4, compacted=True)
MARKS = Topic("marks", Mark, "story or alert + its id", 1, compacted=True)

TOPICS = (
    RAW, CLEAN, ARTICLES, CLAIMS, CLUSTERS, STORIES, ALERTS, OUTCOMES, DEADLETTERS, FEEDS, PAGES, EXTRACTIONS, HOSTRULES,
    HOSTS, MARKS,
)  # fmt: skip
BY_NAME = {topic.name: topic for topic in TOPICS}


def lane_key(lane: str, language: str) -> str:
    """Return the key of articles.clean: one ordered matcher for each lane and language."""
    return f"{lane}/{language}"
