"""Back-test of rules on stored articles, with the live code of rules, policies and outbox. Nothing is sent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from claimwire.records.alerts import Alert
from claimwire.records.articles import CleanArticle
from claimwire.records.marks import MarkKind
from claimwire.records.sightings import Article, Sighting
from claimwire.store import SearchStore, Span
from console.queries.stored_claims import sighting_of
from processors.rules import Rule, article_alerts, claim_alerts
from sinks.notify.outbox import Outbox

Subject = Sighting | Article


@dataclass
class OfRule:
    """Alerts of a rule in a back-test: delayed ones by reason, alerts by day, `messages` as (time, alerts)."""

    alerts: int = 0
    back_fill: int = 0
    put_off: Counter[str] = field(default_factory=Counter)
    by_day: Counter[str] = field(default_factory=Counter)
    messages: list[tuple[datetime, tuple[Alert, ...]]] = field(default_factory=list)


def history(store: SearchStore, since: datetime) -> list[Subject]:
    """Return articles and claims first seen since a time, as input for the alert stage, in order of fetch time."""
    claims: dict[tuple[str, str], list[Sighting]] = {}
    for _, body in store.scan("claims", span=Span(since)):
        # As it was, without its later removal from the article by an edit.
        sighting = msgspec.structs.replace(sighting_of(body), withdrawn_in=None)
        claims.setdefault((sighting.article_id, sighting.revision_id), []).append(sighting)
    found: list[tuple[datetime, str, int, Subject]] = []
    for _, body in store.scan("articles", span=Span(since)):
        article = _article(body, claims.get((body["article_id"], body["revision_id"]), []))
        found.append((article.clean.fetched_at, article.clean.article_id, -1, article))
    for sightings in claims.values():
        found += ((s.fetched_at, s.article_id, s.claim.start, s) for s in sightings)
    return [subject for *_, subject in sorted(found, key=lambda row: row[:3])]


def _article(body: Mapping[str, Any], sightings: Sequence[Sighting]) -> Article:
    clean = {name: body[name] for name in CleanArticle.__struct_fields__ if name in body} | {"claims": []}
    own = {name: body[name] for name in Article.__struct_fields__ if name in body} | {"sightings": [], "clean": clean}
    return msgspec.structs.replace(msgspec.convert(own, Article), sightings=tuple(sightings))


def try_rules(rules: Sequence[Rule], subjects: Iterable[Subject], marks: Mapping[str, MarkKind]) -> dict[str, OfRule]:
    """Return for each rule the messages it would have sent, their times, and delays or suppressions with reasons."""
    found = {rule.name: OfRule() for rule in rules}
    outbox = Outbox(":memory:", "trial")
    for subject in subjects:
        now = fetched_at(subject)
        _deliver(outbox, now, found)
        for alert in alerts_of(tuple(rules), subject):
            taken = outbox.take(alert, now, marks)
            if taken is None:
                continue
            of_rule = found[alert.rule]
            of_rule.alerts += 1
            of_rule.by_day[f"{now:%Y-%m-%d}"] += 1
            if taken.why:
                of_rule.put_off[taken.why] += 1
        for alert in alerts_of(tuple(rules), _live(subject)) if _is_back_fill(subject) else ():
            found[alert.rule].back_fill += 1
    _deliver(outbox, datetime.max.replace(tzinfo=UTC), found)
    outbox.close()
    return found


def alerts_of(rules: tuple[Rule, ...], subject: Subject) -> list[Alert]:
    """Return the alerts that a claim or an article raises."""
    return claim_alerts(rules, subject) if isinstance(subject, Sighting) else article_alerts(rules, subject)


def fetched_at(subject: Subject) -> datetime:
    """Return the fetch time, which is the time of its alerts."""
    return subject.fetched_at if isinstance(subject, Sighting) else subject.clean.fetched_at


def _is_back_fill(subject: Subject) -> bool:
    return subject.backfill if isinstance(subject, Sighting) else subject.clean.backfill


def _live(subject: Subject) -> Subject:
    if isinstance(subject, Sighting):
        return msgspec.structs.replace(subject, backfill=False)
    return msgspec.structs.replace(subject, clean=msgspec.structs.replace(subject.clean, backfill=False))


def _deliver(outbox: Outbox, until: datetime, found: Mapping[str, OfRule]) -> None:
    """Simulate delivery up to a time; each message is counted once for all its channels."""
    sent: set[str] = set()
    while (at := outbox.next_due()) is not None and at <= until:
        for delivery in (d for channel in outbox.channels() for d in outbox.deliveries(at, channel)):
            outbox.delivered(delivery)
            if delivery.notice.notice_id not in sent:
                sent.add(delivery.notice.notice_id)
                found[delivery.notice.rule].messages.append((at, delivery.notice.alerts))
