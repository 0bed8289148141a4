"""The whole flow: four stages, declared once and run by both runners.

articles.raw ─ analyse ─> articles.clean ─ match ─> articles, claims, clusters, stories; articles ─ alert ─> alerts
                  └─> extractions ─ learn ─> hostrules (back to analyse), hosts
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.ledger import outcome_message, rejection
from claimwire.letters import number
from claimwire.log import Message
from claimwire.log.reading import decoded
from claimwire.messages import message_of
from claimwire.records.articles import CleanArticle, RawArticle
from claimwire.records.base import Record
from claimwire.records.hosts import Extraction, HostRules
from claimwire.records.outcomes import Outcome
from claimwire.records.sightings import Article
from claimwire.records.stories import Cluster
from claimwire.records.vocabulary import RejectReason
from claimwire.text.bodies import unpack_body
from processors.claims import PACKS
from processors.claims.attribution.headlines import headline_claim
from processors.claims.events.local_day import local_day
from processors.claims.mentions import gazetteer
from processors.clean.document import Declared, Document, clean_document
from processors.clean.extraction import extraction_of
from processors.clean.language import language_of
from processors.clean.withdrawal import withdrawal
from processors.erasure import article_of, decided, told_on
from processors.learn.learner import Learner
from processors.learn.table import rules_of
from processors.match.cluster_history import published
from processors.match.folds import fold_of, with_fold
from processors.match.matcher import Matcher
from processors.match.window import Limits
from processors.rules import Rule, article_alerts, claim_alerts


@dataclass(frozen=True)
class Stage:
    """A stage: `process(message, state)` returns the messages to publish; `open_state` opens its state on a connection.

    `is_cpu_bound`: it runs in child processes. `has_article`: its input has an article, so that a dead letter ends that
    article's revision in the ledger. A lost state is rebuilt by `apply` on the decisions `recorded` in a topic, ordered
    by `position` (input partition, offset). `has_host_rules`: its input messages carry the rules of their hosts in a
    header.
    """

    name: str
    source: topics.Topic
    process: Callable[[Message, Any], list[Message]]
    open_state: Callable[[sqlite3.Connection, str], Any] | None = None
    is_cpu_bound: bool = False
    has_article: bool = True
    recorded: topics.Topic | None = None
    apply: Callable[[Message, Any], None] | None = None
    position: Callable[[Message], tuple[int, int]] | None = None
    has_host_rules: bool = False


def stages(settings: Settings, rules: tuple[Rule, ...]) -> tuple[Stage, ...]:
    """Return all stages in flow order. Compiles the gazetteer if set-up did not, since analysis would time out."""
    gazetteer.build()
    limits = Limits(
        settings.window_days, settings.window_stories, settings.window_articles, settings.cluster_values,
        settings.max_message_bytes, settings.reports_per_article,
    )  # fmt: skip
    return (
        Stage("analyse", topics.RAW, analyse, is_cpu_bound=True, has_host_rules=True),
        Stage(
            "match",
            topics.CLEAN,
            match,
            open_state=lambda db, namespace: Matcher(db, limits, namespace),
            recorded=topics.ARTICLES,
            apply=apply_decision,
            position=position_of,
        ),
        Stage("alert", topics.ARTICLES, lambda message, _: alert(message, rules), has_article=False),
        Stage(
            "learn",
            topics.EXTRACTIONS,
            learn,
            open_state=Learner,
            has_article=False,
            recorded=topics.EXTRACTIONS,
            apply=apply_extraction,
            position=lambda message: (message.partition, message.offset),
        ),
    )


def analyse(message: Message, _: None = None, is_plain: bool = False) -> list[Message]:
    """Return the clean article of a raw one, with language and claims, or its rejection."""
    if message.value is None:
        return told_on(topics.CLEAN, message)
    raw = decoded(message, RawArticle)
    if raw.withdrawn:
        return [_message(withdrawal(raw))]
    rules = rules_of(message)
    document = clean_document(
        unpack_body(raw.body),
        raw.media_type,
        raw.charset,
        declared=Declared(title=raw.title, url=raw.url, source=raw.source),
        is_plain=is_plain,
        rules=rules,
    )
    if isinstance(document, RejectReason):
        return _rejected(raw, document)
    language = language_of(raw.language, document.text)
    extraction = extraction_of(raw, document)
    return [_message(r) for r in (_clean(raw, document, language, rules), extraction) if r]


def analyse_plainly(message: Message) -> list[Message]:
    """Analyse a page that timed out, using only its paragraphs."""
    return analyse(message, is_plain=True)


def give_up(message: Message) -> list[Message]:
    """Return the rejection of a page that timed out in both ways."""
    return _rejected(decoded(message, RawArticle), RejectReason.TIMED_OUT)


def _clean(raw: RawArticle, document: Document, language: str, rules: HostRules | None) -> CleanArticle:
    own = _published(document.metadata.published, raw.fetched_at)
    published = raw.published_at or own
    day = local_day(published or raw.first_seen_at, own, raw.url)
    published = published.astimezone(UTC) if published else None
    if claims_of := PACKS.get(language):
        claims = claims_of(raw.article_id, document.text, document.blocks, day)
    else:
        claims = headline_claim(raw.article_id, document.text, document.blocks)
    return CleanArticle(
        article_id=raw.article_id, revision_id=raw.revision_id, url=raw.url, source=raw.source, lane=raw.lane,
        language=language, fetched_at=raw.fetched_at, first_seen_at=raw.first_seen_at, published_at=published,
        published_estimated=raw.published_estimated if raw.published_at else document.metadata.is_estimated,
        title=document.title, text=document.text, blocks=document.blocks,
        removed=document.removed, claims=claims, dateline=document.dateline,
        byline=document.byline or ", ".join(raw.authors) or None,
        truncated=document.truncated, body_source=raw.body_source, backfill=raw.backfill, route=document.route,
        confidence=document.confidence, captions=document.metadata.captions,
        canonical=document.metadata.canonical, provenance=document.metadata.provenance,
        host_rules=rules.valid_from if rules else None, media=raw.media, declared_language=raw.language,
        page_kind=document.metadata.kind,
    )  # fmt: skip


def _published(text: str | None, fetched_at: datetime) -> datetime | None:
    """Return the page's own publication time, if it has an offset from UTC and is plausible."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if datetime(1990, 1, 1, tzinfo=UTC) < found <= fetched_at else None


def match(message: Message, matcher: Matcher) -> list[Message]:
    """Return the decision on a clean article, its sightings and the changed snapshots; or erase an article."""
    if message.value is None:
        left = matcher.forget(article_of(message))
        snapshots = (s for s in (*left.clusters.values(), *left.stories.values()) if s is not None)
        return [*decided(message, left), *map(_message, snapshots)]
    clean = decoded(message, CleanArticle)
    records, fold = matcher.decide(clean, message.partition, message.offset)
    decision, *others = map(_message, records)
    return [with_fold(decision, fold, matcher.record_bytes) if fold else decision, *others]


def apply_decision(message: Message, matcher: Matcher) -> None:
    """Fold a recorded decision into the state, using the details in its header if there are any."""
    if message.value is None:
        matcher.forget(message.key)
        return
    article, fold = decoded(message, Article), fold_of(message)
    if fold is None or len(fold.kept) != len(article.sightings):
        matcher.apply(article)
    else:
        matcher.refold(article, message.value, fold)


def position_of(message: Message) -> tuple[int, int]:
    """Return partition and offset in articles.clean of a recorded decision."""
    if message.value is None or "clean_offset" in message.headers:
        return number(message.headers, "clean_partition"), number(message.headers, "clean_offset")
    article = decoded(message, Article)
    return article.clean_partition, article.clean_offset


def alert(message: Message, rules: tuple[Rule, ...]) -> list[Message]:
    """Return the alerts of an article and of its claims."""
    if message.value is None:
        return told_on(topics.ALERTS, message)
    article = decoded(message, Article)
    of_claims = (alert for sighting in article.sightings for alert in claim_alerts(rules, sighting))
    return [_message(a) for a in (*article_alerts(rules, article), *of_claims)]


def learn(message: Message, learner: Learner) -> list[Message]:
    """Return a host's new rules and health, if an article changed them."""
    if message.value is None:
        return []
    return [_message(r) for r in learner.process(decoded(message, Extraction))]


def apply_extraction(message: Message, learner: Learner) -> None:
    """Fold an extraction result into the state of its host."""
    learn(message, learner)


def _rejected(raw: RawArticle, reason: RejectReason) -> list[Message]:
    return [_message(r) for r in (rejection(raw, reason, "analyse"), extraction_of(raw, reason)) if r]


def _message(record: Record) -> Message:
    """Return a record as a message: clusters reduced to their displayed part, outcomes counted."""
    match record:
        case Cluster():
            return message_of(published(record))
        case Outcome():
            return outcome_message(record)
        case _:
            return message_of(record)
