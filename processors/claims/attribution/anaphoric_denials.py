"""Denials of an earlier claim, such as "the company disputed the figure"."""

import msgspec

from claimwire.records.claims import Claim
from claimwire.records.vocabulary import VAGUE_TYPES, Modality
from processors.claims.lexicon import noun_class
from processors.claims.mentions.discourse import Context
from processors.claims.model import CONTENT, INFINITIVE, NARRATOR, Proposition, Token

# Largest distance of a denied claim, in characters.
FAR = 700
POINTERS = frozenset("that this it".split())


def stand_of(tokens: list[Token], unit: Proposition, claim: Claim, context: Context) -> Claim:
    """Return the claim with the event, cast and id of the earlier claim that it denies, if there is one."""
    said = unit.said
    if said.kind == "deny" and (accusation := _accusation(claim, context)):
        return msgspec.structs.replace(claim, refers_to=str(accusation.start))
    if said.kind != "deny" or said.frame is not unit.head or any(c.kind in (CONTENT, INFINITIVE) for c in unit.clauses):
        return claim
    objects = [p for p in unit.head.right if not p.prep and not p.is_date]
    if len(objects) != 1:
        return claim
    head, first = tokens[objects[0].head].low, tokens[objects[0].first].low
    is_definite = first in ("the", "that", "this", "these", "those", "such", "all") or head in POINTERS
    if not is_definite or not (head in POINTERS or head in noun_class("tally") or head in noun_class("speech")):
        return claim
    meant = next((c for c in reversed(context.told) if _can_mean(c, claim, head)), None)
    if meant is None:
        return claim
    return msgspec.structs.replace(
        claim, event_type=meant.event_type, actor=meant.actor, target=meant.target, places=meant.places,
        modality=Modality.DENIED, refers_to=str(meant.content),
    )  # fmt: skip


def _accusation(denial: Claim, context: Context) -> Claim | None:
    """Return the claim before a denial if it accuses the denier of that act."""
    before = context.told[-1] if context.told else None
    if before is None or not 0 <= denial.content - before.end <= FAR or before.event_type in VAGUE_TYPES:
        return None
    is_of_another = before.claimant != NARRATOR and not set(before.claimant) & set(denial.claimant)
    is_of_denier = bool(set(before.actor) & set(denial.claimant)) and before.event_type == denial.event_type
    return before if is_of_another and is_of_denier and before.modality is Modality.ASSERTED else None


def _can_mean(before: Claim, claim: Claim, head: str) -> bool:
    is_near = claim.content - before.end <= FAR and before.end <= claim.content
    is_told = before.claimant != claim.claimant and (before.claimant != NARRATOR or head not in noun_class("speech"))
    return is_near and is_told and (head not in noun_class("tally") or bool(before.quantities))
