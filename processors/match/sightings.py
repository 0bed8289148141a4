"""Sightings: claims with their verdicts, updated or withdrawn by a later revision. Pure."""

import msgspec

from claimwire.records.articles import CleanArticle
from claimwire.records.base import Record
from claimwire.records.claims import Claim
from claimwire.records.sightings import Article, Sighting
from processors.claims.attribution.headlines import headline_block
from processors.match.verdicts import Decision


def claim_ids(article: Article | None) -> frozenset[str]:
    """Return the ids of a decision's claims; none without a decision."""
    return frozenset(s.claim_id for s in article.sightings) if article else frozenset()


def sighting_of(
    clean: CleanArticle,
    claim: Claim,
    story_id: str,
    cluster_id: str,
    decision: Decision,
    compared: str | None,
    score: float,
) -> Sighting:
    """Return the sighting of a claim; `compared` is the claim that it was compared with, `score` the similarity."""
    return Sighting(
        claim_id=claim.claim_id, cluster_id=cluster_id, story_id=story_id, article_id=clean.article_id,
        revision_id=clean.revision_id, url=clean.url, source=clean.source, lane=clean.lane, language=clean.language,
        fetched_at=clean.fetched_at, first_seen_at=clean.first_seen_at, published_at=clean.published_at,
        title=clean.title, sentence=clean.text[claim.sentence_start : claim.sentence_end],
        evidence=clean.text[claim.start : claim.end], claim=claim, verdict=decision.verdict, why=decision.why,
        changes=decision.changes, compared_with=compared, score=score, backfill=clean.backfill,
    )  # fmt: skip


def renewed(before: Sighting, clean: CleanArticle, claim: Claim) -> Sighting:
    """Return an earlier revision's sighting with its position in a later one; the verdict stays the same."""
    return msgspec.structs.replace(
        before, revision_id=clean.revision_id, fetched_at=clean.fetched_at, claim=claim, title=clean.title,
        sentence=clean.text[claim.sentence_start : claim.sentence_end], evidence=clean.text[claim.start : claim.end],
    )  # fmt: skip


def withdrawal(previous: Article, clean: CleanArticle, partition: int, offset: int) -> list[Record]:
    """Return the decision on an article whose page was removed, and its sightings marked as withdrawn; all stay stored."""
    kept = msgspec.structs.replace(
        previous.clean, revision_id=clean.revision_id, fetched_at=clean.fetched_at, withdrawn_at=clean.withdrawn_at
    )
    article = msgspec.structs.replace(
        previous, clean=kept, revision=previous.revision + 1, changes=(), clean_partition=partition, clean_offset=offset
    )
    marked = {"withdrawn_in": clean.revision_id, "fetched_at": clean.fetched_at}
    return [article, *(msgspec.structs.replace(s, **marked) for s in previous.sightings)]


def withdrawn(previous: Article | None, article: Article) -> list[Sighting]:
    """Return the previous revision's sightings that this one no longer has, marked as withdrawn."""
    if previous is None:
        return []
    remaining = claim_ids(article)
    return [
        msgspec.structs.replace(s, withdrawn_in=article.clean.revision_id, fetched_at=article.clean.fetched_at)
        for s in previous.sightings
        if s.claim_id not in remaining
    ]


def body_first(clean: CleanArticle) -> list[Claim]:
    """Return the claims of an article, those of its headline last: the text is more detailed and names the claimant."""
    headline = headline_block(clean.blocks)
    end = headline.end if headline else 0
    return sorted(clean.claims, key=lambda claim: claim.start < end)
