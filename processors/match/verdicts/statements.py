"""Statements: the parts of claims that a cluster keeps for comparison with later claims."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from claimwire.records.articles import CleanArticle
from claimwire.records.claims import Claim
from claimwire.records.vocabulary import BlockType, EventType, Modality
from processors.claims.lexicon import countries
from processors.claims.mentions import gazetteer
from processors.match.clusters import Features
from processors.match.vectors import name_keys
from processors.match.verdicts import cues
from processors.match.verdicts.counts import Count, counts_of, figures_in
from processors.match.verdicts.cues import Kind

NARRATOR = "narrator"
MOST_STATEMENTS = 60


@dataclass(frozen=True)
class Scene:
    """Keys of the places that an article names, ordered: `lead` as far as its first paragraph, and `all`."""

    lead: tuple[str, ...]
    all: tuple[str, ...]


def scene_of(clean: CleanArticle) -> Scene:
    """Return the places of an article's claims."""
    first = next((b.end for b in clean.blocks if b.type is BlockType.PARAGRAPH), 0)
    lead = name_keys(place for claim in clean.claims if claim.start < first for place in claim.places)
    every = name_keys(place for claim in clean.claims for place in claim.places)
    return Scene(tuple(sorted(lead)), tuple(sorted(every)))


class Statement(msgspec.Struct, frozen=True, array_like=True):
    """A claim in the form in which it is compared. Names are consonant keys, days ISO dates, `published` an ISO time.

    `scene` are the places of its article's headline and first paragraph, `around` those of the whole article, `countries` those
    in which its places lie; `figures` are all
    numbers in its words, `place` is its offset in the article.
    """

    claim_id: str
    article_id: str
    revision_id: str
    origin: str
    claimant: tuple[str, ...]
    speakers: tuple[str, ...]
    event_type: EventType
    modality: Modality
    published: str
    first_day: str
    last_day: str
    targets: tuple[str, ...]
    names: tuple[str, ...]
    places: tuple[str, ...]
    scene: tuple[str, ...]
    around: tuple[str, ...]
    figures: tuple[float, ...]
    counts: tuple[Count, ...]
    denies: bool
    called_off: bool
    takes_back: str
    is_negated: bool
    disputes: bool = False
    actors: tuple[str, ...] = ()
    place: int = 0
    is_contrast: bool = False
    claimant_text: str = ""
    source: str = ""
    contradicts: bool = False
    countries: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, str, int]:
        """Return the key of the order of statements: by publication, then as in the article."""
        return self.published, self.article_id, self.place

    @property
    def is_named(self) -> bool:
        """Return whether the claimant is known and not the outlet itself."""
        return bool(self.claimant) and NARRATOR not in self.claimant


def statement_of(
    claim: Claim, evidence: str, features: Features, clean: CleanArticle, origin: str, scene: Scene
) -> Statement:
    """Return the statement of a claim in an article."""
    words = f"{claim.cue or ''} {evidence}"
    day = claim.event_date
    context = clean.text[claim.sentence_start : claim.end]
    is_doubled = cues.found(Kind.DOUBLED, context) is not None
    is_denied = claim.modality is Modality.DENIED and not is_doubled
    return Statement(
        claim_id=claim.claim_id,
        article_id=clean.article_id,
        revision_id=clean.revision_id,
        origin=origin,
        claimant=claim.claimant,
        speakers=tuple(sorted(set(claim.claimant) - {NARRATOR} or set(claim.actor))),
        event_type=claim.event_type,
        modality=claim.modality,
        published=(clean.published_at or clean.first_seen_at).isoformat(),
        first_day=day.start.isoformat() if day else "",
        last_day=day.end.isoformat() if day else "",
        targets=tuple(sorted(features.target)),
        names=tuple(sorted(features.names)),
        places=tuple(sorted(features.place)),
        scene=scene.lead,
        around=scene.all,
        figures=tuple(sorted({value for _, _, value in figures_in(evidence)})),
        counts=() if cues.found(Kind.SUPERSEDED, context) else counts_of(claim, evidence),
        denies=is_denied and cues.found(Kind.DENIAL, words) is not None and cues.found(Kind.FORMER, context) is None,
        called_off=cues.found(Kind.CALLED_OFF, words) is not None,
        takes_back=cues.found(Kind.RETRACTION, words) or _withdrawn(claim.cue, context),
        is_negated=not is_doubled and cues.found(Kind.NEGATION, evidence) is not None,
        actors=tuple(sorted(features.actor)),
        place=claim.start,
        contradicts=cues.found(Kind.CONTRADICTION, clean.text[claim.sentence_start : claim.sentence_end]) is not None,
        is_contrast=cues.found(Kind.CONTRAST, context) is not None,
        claimant_text=claim.claimant_text,
        source=clean.source,
        countries=tuple(sorted(name_keys(_countries(claim.places)))),
    )


def _countries(names: Iterable[str]) -> Iterator[str]:
    """Yield the countries of the places that are no countries themselves; of several places with one name the best known counts."""
    for name in names:
        if name.casefold() not in countries().names and (found := gazetteer.places(name)):
            yield found[0].country


def _withdrawn(cue: str | None, context: str) -> str:
    """Return the id of the retraction cue that begins with the claim's own cue ("withdrew the claim that ..."), or ""."""
    if not cue:
        return ""
    found = ((c, match) for c in cues.of_kind(Kind.RETRACTION) for match in c.pattern.finditer(context))
    return next((c.id for c, match in found if match.group().casefold().startswith(cue.casefold())), "")


def as_of(statement: Statement, clean: CleanArticle) -> Statement:
    """Return the statement with the revision of `clean` if that is of the same article and still makes the claim."""
    if statement.article_id != clean.article_id or statement.revision_id == clean.revision_id:
        return statement
    is_current = any(claim.claim_id == statement.claim_id for claim in clean.claims)
    return msgspec.structs.replace(statement, revision_id=clean.revision_id) if is_current else statement
