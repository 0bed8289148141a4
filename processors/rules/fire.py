"""Evaluation of rules: from a sighting or an article to its alerts. Pure."""

from claimwire.ids import digest
from claimwire.records.alerts import Alert
from claimwire.records.sightings import Article, Sighting
from claimwire.records.vocabulary import ReportReason
from claimwire.text import display
from processors.rules.fields import FIELDS, Subject, is_new_story
from processors.rules.rule import Rule

SHOWN_OF_ARTICLE = 300


def claim_alerts(rules: tuple[Rule, ...], sighting: Sighting) -> list[Alert]:
    """Return the alerts of a sighting; none for back-fill, or for a claim that an edit removed."""
    if sighting.backfill or sighting.withdrawn_in:
        return []
    return [
        _of_claim(r, sighting)
        for r in rules
        if r.on == "claim" and _is_shown(r, sighting) and _crosses(r, sighting) and _fits(r, sighting)
    ]


def _is_shown(rule: Rule, sighting: Sighting) -> bool:
    """Return whether a rule considers a claim: reported ones, and repeats if it counts origins."""
    return sighting.reported or (rule.independent_origins > 1 and sighting.reason is ReportReason.REPEAT)


def article_alerts(rules: tuple[Rule, ...], article: Article) -> list[Alert]:
    """Return the alerts of an article; none for back-fill."""
    if article.clean.backfill:
        return []
    return [_of_article(r, article) for r in rules if r.on == "article" and _fits(r, article)]


def _fits(rule: Rule, subject: Subject) -> bool:
    return rule.when(subject) and rule.words(subject)


def _crosses(rule: Rule, sighting: Sighting) -> bool:
    """Return whether the sighting reaches the rule's number of independent origins; true once for each cluster."""
    wanted = rule.independent_origins
    return wanted == 1 or (sighting.adds_origin and sighting.origin_count == wanted)


def group_of(rule: Rule, subject: Subject) -> str:
    """Return the values of the fields by which the rule groups."""
    fields = FIELDS[rule.on]
    return "/".join(str(value) for name in rule.group_by for value in fields[name].values(subject))


def _of_claim(rule: Rule, sighting: Sighting) -> Alert:
    group = group_of(rule, sighting)
    changed = ";".join(f"{c.field}:{c.role}:{c.unit}:{c.old}>{c.new}" for c in sighting.changes)
    what, why = f"{sighting.verdict}:{changed}", display.why(display.shown(sighting))
    if rule.independent_origins > 1:
        what, why = (
            f"origins:{rule.independent_origins}",
            f"{rule.independent_origins} independent origins report it; {why}",
        )
    return Alert(
        alert_id=digest("alert", rule.name, group, sighting.cluster_id, what), rule=rule.name, severity=rule.severity,
        notify=rule.notify, policy=rule.policy, group=group, story_id=sighting.story_id, cluster_id=sighting.cluster_id,
        claim_id=sighting.claim_id, article_id=sighting.article_id, url=sighting.url, source=sighting.source,
        claimant=sighting.claim.claimant, cue=sighting.claim.cue, title=sighting.title, sentence=sighting.sentence,
        evidence=sighting.evidence, event_type=sighting.claim.event_type, verdict=sighting.verdict,
        changes=sighting.changes, why=why, fetched_at=sighting.fetched_at, first_seen_at=sighting.first_seen_at,
        claimant_text=sighting.claim.claimant_text, modality=sighting.claim.modality, story_title=sighting.story_title,
        published_at=sighting.published_at,
    )  # fmt: skip


def _of_article(rule: Rule, article: Article) -> Alert:
    clean, group = article.clean, group_of(rule, article)
    what = "withdrawn" if clean.withdrawn_at else "article"
    why = (
        "the page is gone" if clean.withdrawn_at else "it begins a new story" if is_new_story(article)
        else "it matches the rule" if article.revision == 1 else f"its revision {article.revision} matches the rule"
    )  # fmt: skip
    shown = clean.title or clean.text[:SHOWN_OF_ARTICLE]
    return Alert(
        alert_id=digest("alert", rule.name, group, clean.article_id, what), rule=rule.name, severity=rule.severity,
        notify=rule.notify, policy=rule.policy, group=group, story_id=article.story_id, cluster_id="", claim_id="",
        article_id=clean.article_id, url=clean.url, source=clean.source, claimant=(), cue=None, title=clean.title,
        sentence=shown, evidence=shown, event_type="", verdict=None, changes=(), why=why, fetched_at=clean.fetched_at,
        first_seen_at=clean.first_seen_at, published_at=clean.published_at,
    )  # fmt: skip
