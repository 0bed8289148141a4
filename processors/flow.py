"""The whole flow: four stages, declared once and run by both runners.

articles.raw ─ analyse ─> articles.clean ─ match ─> articles, claims, clusters, stories; articles ─ alert ─> alerts
                  └─> extractions ─ learn ─> hostrules (back to analyse), hosts
"""

import sqlite3

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.log import Message
from claimwire.log.reading import decoded
from claimwire.messages import message_of
from claimwire.records.hosts import Extraction
from claimwire.records.sightings import Article
from processors.analysis import analyse, give_up, warm
from processors.claims.mentions import gazetteer
from processors.erasure import passed_on
from processors.learn.learner import Learner
from processors.match.matcher import Matcher
from processors.match.window import Limits
from processors.matching import apply_decision, match, position_of
from processors.rules import Rule, article_alerts, claim_alerts
from processors.stage import CpuBoundStage, Stage, StatefulStage


class Analyse(CpuBoundStage):
    """Clean a page, detect its language and extract its claims."""

    name, source = "analyse", topics.RAW
    has_host_rules = True

    def process(self, message: Message, state: None = None) -> list[Message]:
        """Return the clean article or its rejection, and how the extraction of its text went."""
        return analyse(message)

    def plainly(self, message: Message) -> list[Message]:
        """Analyse a page that timed out, using only its paragraphs."""
        return analyse(message, is_plain=True)

    def give_up(self, message: Message) -> list[Message]:
        """Return the rejection of a page that timed out in both ways."""
        return give_up(message)

    def warm(self) -> None:
        """Load weights, gazetteer, trafilatura and the language detector."""
        warm()


class Match(StatefulStage):
    """Decide on each article: duplicate or not, its story, the cluster and verdict of each claim."""

    name, source, recorded = "match", topics.CLEAN, topics.ARTICLES

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def open_state(self, db: sqlite3.Connection, namespace: str) -> Matcher:
        """Open the matcher's tables."""
        return Matcher(db, self._limits, namespace)

    def process(self, message: Message, matcher: Matcher) -> list[Message]:
        """Return the decision, its sightings and the changed snapshots; or erase an article."""
        return match(message, matcher)

    def apply(self, message: Message, matcher: Matcher) -> None:
        """Fold a recorded decision into the state, using the details in its header if there are any."""
        apply_decision(message, matcher)

    def position(self, message: Message) -> tuple[int, int]:
        """Return partition and offset in articles.clean of a recorded decision."""
        return position_of(message)


class Alert(Stage):
    """Evaluate the rules."""

    name, source, has_article = "alert", topics.ARTICLES, False

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules

    def process(self, message: Message, state: None = None) -> list[Message]:
        """Return the alerts of an article and of its claims."""
        if message.value is None:
            return passed_on(topics.ALERTS, message)
        article = decoded(message, Article)
        of_claims = (alert for sighting in article.sightings for alert in claim_alerts(self._rules, sighting))
        return [message_of(a) for a in (*article_alerts(self._rules, article), *of_claims)]


class Learn(StatefulStage):
    """Learn which parts of a host's pages repeat, and how well its pages can be read."""

    name, source, recorded, has_article = "learn", topics.EXTRACTIONS, topics.EXTRACTIONS, False

    def open_state(self, db: sqlite3.Connection, namespace: str) -> Learner:
        """Open the learner's tables."""
        return Learner(db, namespace)

    def process(self, message: Message, learner: Learner) -> list[Message]:
        """Return a host's new rules and health, if an article changed them."""
        if message.value is None:
            return []
        return [message_of(r) for r in learner.process(decoded(message, Extraction))]

    def apply(self, message: Message, learner: Learner) -> None:
        """Fold an extraction result into the state of its host."""
        self.process(message, learner)

    def position(self, message: Message) -> tuple[int, int]:
        """Return the place of the extraction result itself."""
        return message.partition, message.offset


def stages(settings: Settings, rules: tuple[Rule, ...]) -> tuple[Stage, ...]:
    """Return all stages in flow order. Compiles the gazetteer if set-up did not, since analysis would time out."""
    gazetteer.build()
    limits = Limits(
        days=settings.window_days, stories=settings.window_stories, articles=settings.window_articles,
        cluster_values=settings.cluster_values, record_bytes=settings.max_message_bytes,
        reports=settings.reports_per_article,
    )  # fmt: skip
    return Analyse(), Match(limits), Alert(rules), Learn()
