"""Selection of the claims of one article that are reported: changes first, then by salience, without paraphrases."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from claimwire.records.articles import CleanArticle
from claimwire.records.claims import Quantity
from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import HARD, ChangeKind, QuantityRole, ReportReason, Verdict
from processors.match.vectors import Vector, cosine, stems, weighted, words_of
from processors.report.features import HEADLINE_IN_TEXT, ArticleContext, features_of, is_headline
from processors.report.salience import parts, salience, weights

# On stories that the weights were not fitted to, three in five of the claims above it are worth reporting.
LEAST_SALIENCE = 0.55
SAME, COVERED = 0.5, 0.75
TERMS = 60
LEAST_WORDS = 4
WEAK_START = re.compile(
    r"(?:and|but|or|so|because|that|which|who|whose|where|when|it|this|these|those|they|he|she|there|his|her|their|its|with|as|"
    r"if|while|after|before|although|though|in which|of which)\b",
    re.IGNORECASE,
)
OF_CHANGE = {
    ChangeKind.UPDATE: ReportReason.CHANGE,
    ChangeKind.CALLED_OFF: ReportReason.CHANGE,
    ChangeKind.DISPUTE: ReportReason.DISPUTE,
    ChangeKind.RETRACTION: ReportReason.RETRACTION,
}
# Factor for the salience of claims on a page that declares itself a review or a recipe: below LEAST_SALIENCE in all cases.
OFF_PAGE = 0.49
# Reasons for not reporting, by the feature that counts most against a claim.
WHY_NOT = {
    "first person": ReportReason.OPINION,
    "a judgement": ReportReason.OPINION,
    "long ago": ReportReason.BACKGROUND,
    "earlier than something else": ReportReason.BACKGROUND,
    "says what something is": ReportReason.BACKGROUND,
    "a quotation": ReportReason.COLOUR,
    "first person on the page": ReportReason.NOT_NEWS,
    "the reader is addressed on the page": ReportReason.NOT_NEWS,
    "headline that asks or counts": ReportReason.NOT_NEWS,
}


@dataclass(frozen=True)
class Candidate:
    """A claim that may be reported; `place` is its index among the sightings of its article."""

    place: int
    sighting: Sighting
    features: Mapping[str, float]
    salience: float
    is_headline: bool
    is_lead: bool
    is_news: bool

    @cached_property
    def words(self) -> Vector:
        """Word vector, computed only for claims that are compared."""
        return weighted(stems(words_of(self.sighting.evidence)), self.sighting.language, TERMS)

    @property
    def change(self) -> ReportReason | None:
        """Return the reason of its first change; None without one."""
        return next((OF_CHANGE.get(c.kind) for c in self.sighting.changes), None)


def reported(clean: CleanArticle, sightings: Sequence[Sighting], known: frozenset[str], most: int) -> list[Sighting]:
    """Return the sightings with `reported`, `reason`, `salience` and `stands_for` set; at most `most` are reported.

    Those of `known` claims, which were decided with an earlier revision, stay unchanged.
    """
    page = ArticleContext.of(clean)
    candidates = [candidate(n, s, page) for n, s in enumerate(sightings) if s.claim_id not in known]
    reasons = chosen(candidates, most)
    same = paraphrases(candidates, reasons)
    done = list(sightings)
    for one in candidates:
        reason = reasons.get(one.place)
        done[one.place] = msgspec.structs.replace(
            one.sighting, reported=reason is not None, reason=reason or why_not(one), salience=one.salience,
            stands_for=tuple(other.sighting.claim_id for other in same.get(one.place, ())),
        )  # fmt: skip
    return done


def paraphrases(candidates: Sequence[Candidate], reported: Collection[int]) -> dict[int, list[Candidate]]:
    """Return the unreported claims that say the same as a reported one, by the latter's place.

    Headline, standfirst and text often repeat each other.
    """
    kept = [one for one in candidates if one.place in reported]
    found: dict[int, list[Candidate]] = {}
    for one in candidates:
        if one.place not in reported and (other := next((k for k in kept if is_paraphrase(one, k)), None)):
            found.setdefault(other.place, []).append(one)
    return found


def candidate(place: int, sighting: Sighting, page: ArticleContext, score: float | None = None) -> Candidate:
    """Return a claim with its features and salience; `score` replaces the salience of the model."""
    claim = sighting.claim
    features = features_of(claim, sighting.evidence, page)
    value = salience(features) if score is None else score
    if not page.is_news:
        value = round(value * OFF_PAGE, 4)
    return Candidate(
        place, sighting, features, value, is_headline(claim, page), claim.start < page.lead_end, page.is_news
    )


def chosen(candidates: Sequence[Candidate], most: int) -> dict[int, ReportReason]:
    """Return the reasons of the claims to report, by place."""
    kept: list[Candidate] = []
    for one in sorted(candidates, key=lambda c: (c.change is None, -c.salience, c.place)):
        if len(kept) == most:
            break
        is_wanted = one.change is not None or _is_worth(one)
        if is_wanted and not any(is_paraphrase(one, other) or is_opening(one, other) for other in kept):
            kept.append(one)
    return {c.place: c.change or (ReportReason.LEAD if c.is_lead else ReportReason.FACT) for c in kept}


def _is_worth(candidate: Candidate) -> bool:
    is_new = candidate.sighting.verdict is Verdict.NEW
    return is_new and candidate.salience >= LEAST_SALIENCE and not is_fragment(candidate)


def is_paraphrase(candidate: Candidate, other: Candidate) -> bool:
    """Return whether two claims say the same: same cluster, similar words, or nearly all words of one are in the other."""
    if candidate.sighting.cluster_id == other.sighting.cluster_id:
        return candidate.change is None or candidate.change == other.change
    words, others = candidate.words, other.words
    if words.keys().isdisjoint(others):
        return False
    return cosine(words, others) >= SAME or max(_covered(words, others), _covered(others, words)) >= COVERED


def _covered(words: Vector, others: Vector) -> float:
    return sum(weight * weight for word, weight in words.items() if word in others)


def is_opening(candidate: Candidate, other: Candidate) -> bool:
    """Return whether the two are the headline and the first claim of the text, and the latter adds no number or change."""
    second, first = sorted((candidate, other), key=lambda c: c.is_headline)
    if not first.is_headline or second.is_headline or second.place > 0 or second.change is not None:
        return False
    return {q.value for q in _counted(second)} <= {q.value for q in _counted(first)}


def _counted(candidate: Candidate) -> list[Quantity]:
    return [q for q in candidate.sighting.claim.quantities if q.role in HARD or q.role == QuantityRole.MONEY]


def is_fragment(candidate: Candidate) -> bool:
    """Return whether the words make no sense alone: part of a sentence, or a slogan in place of the headline."""
    if candidate.features.get(HEADLINE_IN_TEXT) == 0.0:
        return True
    evidence = candidate.sighting.evidence
    count = len(evidence.split())
    is_weak = WEAK_START.match(evidence) is not None and evidence[:1].islower()
    return not candidate.is_lead and (count < LEAST_WORDS or (is_weak and count < 2 * LEAST_WORDS))


def why_not(candidate: Candidate) -> ReportReason:
    """Return the reason for not reporting a claim."""
    if candidate.sighting.verdict is Verdict.REPEAT:
        return ReportReason.REPEAT
    if is_fragment(candidate):
        return ReportReason.FRAGMENT
    if not candidate.is_news:
        return ReportReason.NOT_NEWS
    if candidate.salience >= LEAST_SALIENCE:
        return ReportReason.DETAIL
    counted = parts(candidate.features, weights())
    against = min((n for n in WHY_NOT if candidate.features.get(n)), key=lambda n: counted.get(n, 0.0), default=None)
    return WHY_NOT[against] if against and counted.get(against, 0.0) < 0 else ReportReason.UNSURE
