"""Select the claims of one article that are reported: changes first, then by salience, each thing once, at most a few."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from claimwire.records import CleanArticle, Sighting, Verdict
from claimwire.vocabulary import ChangeKind, ReportReason
from processors.match.features import Vector, cosine, stems, weighted, words_of
from processors.report.features import OTHER_PAGE, WEAK_START, Page, features_of
from processors.report.salience import salience

# With stories left out, .56 of the claims over it are worth it; over .5 it is half of them.
LEAST_SALIENCE = 0.6
SAME, COVERED = 0.5, 0.75
TERMS = 60
LEAST_WORDS = 4
OF_CHANGE = {
    ChangeKind.UPDATE: ReportReason.CHANGE,
    ChangeKind.CALLED_OFF: ReportReason.CHANGE,
    ChangeKind.DISPUTE: ReportReason.DISPUTE,
    ChangeKind.RETRACTION: ReportReason.RETRACTION,
}
# A page that says of itself that it is a review or a recipe has this share of the salience of a report: under the least.
OFF_PAGE = 0.49
# The feature that says most plainly why a claim is not wanted gives the reason; the first that a claim has.
WHY_NOT = (
    (OTHER_PAGE, ReportReason.NOT_NEWS),
    ("question", ReportReason.UNSURE),
    ("first person", ReportReason.OPINION),
    ("evaluates", ReportReason.OPINION),
    ("old day", ReportReason.BACKGROUND),
    ("old year", ReportReason.BACKGROUND),
    ("past perfect", ReportReason.BACKGROUND),
    ("page first person 3", ReportReason.NOT_NEWS),
    ("page second person 3", ReportReason.NOT_NEWS),
    ("page second person 2", ReportReason.NOT_NEWS),
    ("open quotation", ReportReason.COLOUR),
    ("quotation marks", ReportReason.COLOUR),
)


@dataclass(frozen=True)
class Candidate:
    """A claim with its place in the article, its features and salience."""

    place: int
    sighting: Sighting
    features: frozenset[str]
    salience: float
    is_lead: bool

    @cached_property
    def words(self) -> Vector:
        """Weights of its words; only those of claims that may be reported are compared."""
        return weighted(stems(words_of(self.sighting.evidence)), self.sighting.language, TERMS)

    @property
    def change(self) -> ReportReason | None:
        """The reason where the claim changes what was said before."""
        return next((OF_CHANGE.get(c.kind) for c in self.sighting.changes), None)


def reported(clean: CleanArticle, sightings: Sequence[Sighting], known: frozenset[str], most: int) -> list[Sighting]:
    """The sightings with `reported`, `reason` and `salience`; those of `known` claims were decided with an earlier revision."""
    page = Page.of(clean)
    candidates = [candidate(n, s, page) for n, s in enumerate(sightings) if s.claim_id not in known]
    reasons = chosen(candidates, most)
    said = said_by(candidates, reasons)
    done = list(sightings)
    for one in candidates:
        reason = reasons.get(one.place)
        done[one.place] = msgspec.structs.replace(
            one.sighting, reported=reason is not None, reason=reason or why_not(one), salience=one.salience,
            stands_for=tuple(other.sighting.claim_id for other in said.get(one.place, ())),
        )  # fmt: skip
    return done


def said_by(candidates: Sequence[Candidate], reported: Collection[int]) -> dict[int, list[Candidate]]:
    """By the place of a reported claim, the others of its article that say the same: headline, standfirst and text are one."""
    kept = [one for one in candidates if one.place in reported]
    found: dict[int, list[Candidate]] = {}
    for one in candidates:
        if one.place not in reported and (other := next((k for k in kept if is_said_by(one, k)), None)):
            found.setdefault(other.place, []).append(one)
    return found


def candidate(place: int, sighting: Sighting, page: Page, score: float | None = None) -> Candidate:
    """A claim as it is judged; `score` in place of the salience of the model."""
    claim = sighting.claim
    features = features_of(claim, sighting.evidence, sighting.sentence, page)
    value = salience(features) if score is None else score
    if OTHER_PAGE in features:
        value = round(value * OFF_PAGE, 4)
    return Candidate(place, sighting, frozenset(features), value, claim.start < page.lead_end)


def chosen(candidates: Sequence[Candidate], most: int) -> dict[int, ReportReason]:
    """The places of the claims that are reported, with the reasons."""
    kept: list[Candidate] = []
    for one in sorted(candidates, key=lambda c: (c.change is None, -c.salience, c.place)):
        if len(kept) == most:
            break
        is_wanted = one.change is not None or _is_worth(one)
        if is_wanted and not any(is_said_by(one, other) for other in kept):
            kept.append(one)
    return {c.place: c.change or (ReportReason.LEAD if c.is_lead else ReportReason.FACT) for c in kept}


def _is_worth(candidate: Candidate) -> bool:
    is_new = candidate.sighting.verdict is Verdict.NEW
    return is_new and candidate.salience >= LEAST_SALIENCE and not is_fragment(candidate)


def is_said_by(candidate: Candidate, other: Candidate) -> bool:
    """Say whether a claim that is reported already says this one: the same cluster, near-equal words, or words that it has."""
    if candidate.sighting.cluster_id == other.sighting.cluster_id:
        return candidate.change is None or candidate.change == other.change
    covered = sum(weight * weight for word, weight in candidate.words.items() if word in other.words)
    return cosine(candidate.words, other.words) >= SAME or covered >= COVERED


def is_fragment(candidate: Candidate) -> bool:
    """Say whether the words are a piece of a sentence that says nothing alone."""
    evidence = candidate.sighting.evidence
    count = len(evidence.split())
    is_weak = WEAK_START.match(evidence) is not None and evidence[:1].islower()
    return not candidate.is_lead and (count < LEAST_WORDS or (is_weak and count < 2 * LEAST_WORDS))


def why_not(candidate: Candidate) -> ReportReason:
    """The reason for which a claim is kept without being reported."""
    if candidate.sighting.verdict is Verdict.REPEAT:
        return ReportReason.REPEAT
    if is_fragment(candidate):
        return ReportReason.FRAGMENT
    if candidate.salience >= LEAST_SALIENCE:
        return ReportReason.DETAIL
    return next((reason for name, reason in WHY_NOT if name in candidate.features), ReportReason.UNSURE)
