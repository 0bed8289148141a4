"""The features of a claim that predict whether a reader wants it reported: position, event, numbers, claimant, wording, page.

Each is a name that is there or not; `weights.tsv` has the weight of each, and `claimwire show --why` names the heaviest.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from claimwire.records import BlockType, Claim, CleanArticle
from claimwire.vocabulary import HARD, NOT_NEWS
from processors.claims.attribution.headlines import headline_block
from processors.match.features import idf, stems, words_of
from processors.match.verdicts.counts import counts_of

NARRATOR = "narrator"
# The page says of itself that it is no report. Labelled texts have no pages: no weight is fitted for it (`select.OFF_PAGE`).
OTHER_PAGE = "page of another kind"
CHARACTERS = (300, 600, 1200, 2400, 4800)
PARAGRAPHS = (1, 2, 3, 5, 8, 14)
WORDS = (4, 7, 12, 20, 32, 50)
FIRST_PERSON = re.compile(r"\b(?:I|we|my|our|me|us|I'm|I’m|we're|we’re)\b")
SECOND_PERSON = re.compile(r"\b(?:you|your|you're|you’re)\b", re.IGNORECASE)
QUOTE_MARK = re.compile(r"[\"“”]")
WEAK_START = re.compile(
    r"(?:and|but|or|so|because|that|which|who|whose|where|when|it|this|these|those|they|he|she|there|his|her|their|its|with|as|"
    r"if|while|after|before|although|though|in which|of which)\b",
    re.IGNORECASE,
)
HYPOTHETICAL = re.compile(r"\b(?:would|could|might|may|if|perhaps|possibly|likely)\b", re.IGNORECASE)
PAST_PERFECT = re.compile(r"\b(?:had|previously|earlier|formerly|ago|once|at the time|used to)\b", re.IGNORECASE)
OLD_YEAR = re.compile(r"\b(?:in|since|of|from) (?:19|20)\d\d\b", re.IGNORECASE)
EVALUATES = re.compile(
    r"\b(?:very|really|great|amazing|important|good|bad|best|worst|beautiful|significant|feel|think|believe|hope|love|proud|"
    r"excited|happy|sad|tough|incredible|unique|wonderful|terrible)\b",
    re.IGNORECASE,
)
NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w’'-]+")
SHARE_OF_TITLE = (0.15, 0.34, 0.6)
OLD_DAYS, FRESH_DAYS = 30, 3
RARE = 8.5


@dataclass(frozen=True)
class Page:
    """Context of the claims of an article: weights of the title's words, starts of paragraphs, kind of page."""

    title: dict[str, float]
    lead: dict[str, float]
    starts: tuple[int, ...]
    traits: tuple[str, ...]
    published: date
    language: str
    title_end: int
    lead_end: int

    @classmethod
    def of(cls, clean: CleanArticle) -> "Page":
        starts = tuple(b.start for b in clean.blocks if b.type not in (BlockType.TITLE, BlockType.CAPTION))
        first = next((b for b in clean.blocks if b.type is BlockType.PARAGRAPH), None)
        lead = clean.text[first.start : first.end] if first else ""
        published = (clean.published_at or clean.first_seen_at).date()
        headline = headline_block(clean.blocks)
        title, title_end = (clean.text[headline.start : headline.end], headline.end) if headline else ("", 0)
        return cls(
            weights_of(title, clean.language), weights_of(lead, clean.language), starts,
            (*_traits(clean.text), *([OTHER_PAGE] if clean.page_kind in NOT_NEWS else [])), published, clean.language, title_end,
            first.end if first else title_end,
        )  # fmt: skip


def weights_of(text: str, language: str) -> dict[str, float]:
    """The stems of a text with their inverse frequencies."""
    return {s: idf(s, language) for s in stems(words_of(text))}


def share(a: dict[str, float], b: dict[str, float]) -> float:
    """The share of the weight of `b` that `a` has."""
    total = sum(b.values())
    return sum(w for s, w in b.items() if s in a) / total if total else 0.0


def _traits(text: str) -> Iterator[str]:
    """The kind of page, by how its words are: reports against features, advice, interviews and match reports."""
    words = max(1, len(words_of(text)))
    for name, pattern, marks in (
        ("first person", FIRST_PERSON, (0.004, 0.015, 0.03)),
        ("second person", SECOND_PERSON, (0.002, 0.01, 0.02)),
        ("quotes", QUOTE_MARK, (0.005, 0.015, 0.03)),
        ("evaluates", EVALUATES, (0.004, 0.01)),
    ):
        rate = len(pattern.findall(text)) / words
        yield f"page {name} {sum(rate >= mark for mark in marks)}"
    yield f"page words {sum(words >= n for n in (150, 400, 800, 1500))}"


def features_of(claim: Claim, evidence: str, sentence: str, page: Page) -> list[str]:
    """The features of a claim, in a fixed order; `page words 3` and the like are those of its whole page."""
    return [
        *_position(claim, page),
        *_event(claim, evidence, page),
        *_wording(claim, evidence, sentence),
        *_likeness(evidence, page),
        *page.traits,
    ]


def _position(claim: Claim, page: Page) -> Iterator[str]:
    if claim.end <= page.title_end:
        yield "title"
        return
    behind = claim.start - page.title_end
    yield f"characters {sum(behind >= n for n in CHARACTERS)}"
    paragraph = sum(start <= claim.start for start in page.starts)
    yield f"paragraph {sum(paragraph > n for n in PARAGRAPHS)}"
    if claim.start - claim.sentence_start < 3:
        yield "opens sentence"


def _event(claim: Claim, evidence: str, page: Page) -> Iterator[str]:
    yield f"type {claim.event_type}"
    yield f"modality {claim.modality}"
    counts = counts_of(claim, evidence)
    if any(c.role in HARD and c.is_stated for c in counts):
        yield "number with a role"
    if any(q.role == "money" for q in claim.quantities):
        yield "money"
    if claim.quantities:
        yield "number"
    if NARRATOR in claim.claimant:
        yield "outlet's own words"
    else:
        yield "claimant named" if any(c[:1].isupper() for c in claim.claimant) else "claimant described"
        yield f"claimant with type {claim.event_type}"
    yield f"actor {min(2, len(claim.actor))}"
    yield f"target {min(2, len(claim.target))}"
    if claim.places:
        yield "place"
    if claim.event_date is not None:
        days = (page.published - claim.event_date.end).days
        yield "old day" if days > OLD_DAYS else "fresh day" if abs(days) <= FRESH_DAYS else "other day"


def _wording(claim: Claim, evidence: str, sentence: str) -> Iterator[str]:
    count = len(evidence.split())
    yield f"words {sum(count >= n for n in WORDS)}"
    for name, pattern in (
        ("first person", FIRST_PERSON), ("second person", SECOND_PERSON), ("hypothetical", HYPOTHETICAL),
        ("past perfect", PAST_PERFECT), ("old year", OLD_YEAR), ("evaluates", EVALUATES),
    ):  # fmt: skip
        if pattern.search(evidence):
            yield name
    if WEAK_START.match(evidence.lstrip("“\"' ")):
        yield "weak start"
    if evidence[:1].islower():
        yield "starts inside"
    if sentence.rstrip().endswith("?"):
        yield "question"
    marks = len(QUOTE_MARK.findall(evidence))
    if marks:
        yield "quotation marks" if marks > 1 else "open quotation"
    names = len(NAME.findall(evidence))
    yield f"names {min(4, names)}"
    if claim.cue:
        yield "cue"


def _likeness(evidence: str, page: Page) -> Iterator[str]:
    words = weights_of(evidence, page.language)
    title, lead = share(words, page.title), share(words, page.lead)
    yield f"of title {sum(title >= n for n in SHARE_OF_TITLE)}"
    yield f"of lead {sum(lead >= n for n in SHARE_OF_TITLE)}"
    own = share(page.title | page.lead, words)
    yield f"in title or lead {sum(own >= n for n in (0.2, 0.4, 0.6, 0.8))}"
