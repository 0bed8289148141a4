"""Claim clusters: the same proposition in any words, scored by event, roles, places, numbers and wording."""

from dataclasses import dataclass
from typing import Any

from claimwire.records import Claim
from processors.claims.spelling import fold
from processors.match.features import Vector, cosine, name_keys, stems, weighted

THRESHOLD = 0.50
MEMBERS_KEPT = 6
FAMILIES = (
    frozenset({"ASSAULT", "CASUALTY", "DISASTER", "HEALTH", "DAMAGE", "ACCUSE", "REJECT"}),
    frozenset({"CONTROL", "RETREAT", "ASSAULT"}),
    frozenset({"CONSULT", "AGREE", "COOPERATE", "REQUEST"}),
    frozenset({"LEGAL", "COERCE", "ACCUSE", "REJECT"}),
    frozenset({"PROTEST", "COERCE", "REQUEST"}),
    frozenset({"AID", "SUPPORT", "DISASTER"}),
    frozenset({"ELECTION", "LEGAL"}),
)
WEIGHTS = {"type": 0.16, "actor": 0.12, "target": 0.08, "place": 0.12, "number": 0.16, "words": 0.45}
TOTAL = sum(WEIGHTS.values())
ONE_LACKS, BOTH_LACK = 0.4, 0.6
NAME_PREFIX = 5
SAME_COUNT = 0.55
SAME_WORDS, NEARLY_ALL_WORDS = 0.8, 0.92
# Another actor is another proposition, unless the wording says otherwise.
OTHER_ACTOR = 0.8


@dataclass(frozen=True)
class Features:
    """What of a claim is compared."""

    event_type: str
    actor: frozenset[str]
    target: frozenset[str]
    place: frozenset[str]
    claimant: frozenset[str]
    keys: frozenset[str]
    values: frozenset[str]
    words: Vector

    def to_json(self) -> dict[str, Any]:
        return {
            "t": self.event_type, "a": sorted(self.actor), "g": sorted(self.target), "p": sorted(self.place),
            "c": sorted(self.claimant), "k": sorted(self.keys), "v": sorted(self.values), "w": self.words,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Features":
        a, g, p, c, k, v = (frozenset(data[key]) for key in "agpckv")
        return cls(data["t"], a, g, p, c, k, v, data["w"])


def features_of(claim: Claim, evidence: str, language: str) -> Features:
    """Features of a claim; the words of a leading attribution are left out, who says it is no part of what is said."""
    hard = [q for q in claim.quantities if q.role not in ("context", "duration")]
    return Features(
        event_type=claim.event_type,
        actor=name_keys(claim.actor),
        target=name_keys(claim.target),
        place=name_keys(claim.places),
        claimant=name_keys(c for c in claim.claimant if c != "narrator"),
        keys=frozenset(f"{q.role}/{q.unit}" for q in hard),
        values=frozenset(f"{q.unit}/{q.value:g}" for q in hard),
        words=weighted(_said(claim, evidence), language, 40),
    )


def _said(claim: Claim, evidence: str) -> list[str]:
    """Stems of the proposition without the names of its actor and target, which are compared for themselves."""
    names = {fold(w)[:NAME_PREFIX] for n in (*claim.actor, *claim.target) for w in n.split() if len(w) >= NAME_PREFIX}
    return [s for s in stems(evidence[claim.content - claim.start :]) if s[:NAME_PREFIX] not in names]


def similarity(a: Features, b: Features) -> tuple[float, dict[str, float]]:
    """Score in 0..1 and its parts: what one side lacks counts ONE_LACKS, what both lack BOTH_LACK."""
    parts = {"type": _type(a.event_type, b.event_type), "words": cosine(a.words, b.words)}
    score = WEIGHTS["type"] * parts["type"] + WEIGHTS["words"] * parts["words"]
    for name, x, y in (("actor", a.actor, b.actor), ("target", a.target, b.target), ("place", a.place, b.place)):
        if x and y:
            parts[name] = len(x & y) / min(len(x), len(y))
        score += WEIGHTS[name] * parts.get(name, ONE_LACKS if x or y else BOTH_LACK)
    if a.keys and b.keys:
        parts["number"] = 1.0 if a.values & b.values else 0.6 if a.keys & b.keys else 0.0
    score += WEIGHTS["number"] * parts.get("number", ONE_LACKS if a.keys or b.keys else BOTH_LACK)
    score /= TOTAL
    if parts.get("actor") == 0.0 and parts["words"] < SAME_WORDS:
        score *= OTHER_ACTOR
    # One count of one thing in one story, and nothing that speaks against it.
    if (
        parts.get("number") == 1.0
        and a.keys & b.keys
        and all(parts.get(n, 1.0) > 0 for n in ("actor", "target", "place"))
    ):
        score = max(score, SAME_COUNT)
    if parts["words"] > NEARLY_ALL_WORDS:
        score = max(score, 0.9)
    return round(score, 6), parts


def _type(a: str, b: str) -> float:
    if a == b:
        return 1.0
    return 0.5 if any(a in family and b in family for family in FAMILIES) else 0.0
