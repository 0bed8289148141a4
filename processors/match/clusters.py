"""Claim clusters: the same proposition in any words, scored by event, roles, places, numbers, names and wording.

The score is a logistic function of a few comparisons; its weights were fitted to pairs of labelled claims of one story
(`python -m tests.quality.weights`), and each says in the sighting's `why` what it added.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from claimwire.records import Claim, Quantity
from processors.claims.spelling import fold, skeleton
from processors.match.features import Vector, cosine, idf, name_keys, stem_of, stems, weighted

THRESHOLD = 0.42
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
BIAS = -4.74
WEIGHTS = {
    "type": 2.67, "family": 0.99, "actor": 0.19, "other actor": -1.0, "target": 1.06, "other target": -0.28,
    "place": 0.43, "other place": -0.46, "value": 2.94, "role": 1.2, "toll": 2.5, "words": 3.4, "claimant": 0.72,
    "names": 0.64, "other kind": -1.61, "other victims": -2.55,
}  # fmt: skip
HUMAN = frozenset("person civilian soldier fighter worker police_officer protester prisoner".split())
TOLL_ROLES = frozenset({"killed", "injured", "missing", "critical", "displaced", "infected", "affected"})
TOLL_TYPES = frozenset({"CASUALTY", "DISASTER", "HEALTH", "ASSAULT", "DAMAGE"})
NAME_PREFIX = 5
NAME_IDF = 8.5
CAPITALISED = re.compile(r"\b[A-ZÀ-Þ][\w’']+")


@dataclass(frozen=True)
class Features:
    """What of a claim is compared: keys of names, of counts (`role/unit`), of values (`unit/value`), of the kinds of
    people counted, and words."""

    event_type: str
    actor: frozenset[str]
    target: frozenset[str]
    place: frozenset[str]
    claimant: frozenset[str]
    keys: frozenset[str]
    values: frozenset[str]
    kinds: frozenset[str]
    names: frozenset[str]
    words: Vector

    def to_json(self) -> dict[str, Any]:
        return {
            "t": self.event_type, "a": sorted(self.actor), "g": sorted(self.target), "p": sorted(self.place),
            "c": sorted(self.claimant), "k": sorted(self.keys), "v": sorted(self.values), "h": sorted(self.kinds),
            "n": sorted(self.names), "w": self.words,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Features":
        a, g, p, c, k, v, h, n = (frozenset(data[key]) for key in "agpckvhn")
        return cls(data["t"], a, g, p, c, k, v, h, n, data["w"])

    @property
    def is_toll(self) -> bool:
        """Whether it counts whom something befell."""
        return self.event_type in TOLL_TYPES and any(k.split("/")[0] in TOLL_ROLES for k in self.keys)


def features_of(claim: Claim, evidence: str, language: str) -> Features:
    """Features of a claim; the words of a leading attribution are left out, who says it is no part of what is said."""
    hard = [q for q in claim.quantities if q.role not in ("context", "duration")]
    actor, target, place = name_keys(claim.actor), name_keys(claim.target), name_keys(claim.places)
    return Features(
        event_type=claim.event_type,
        actor=actor,
        target=target,
        place=place,
        claimant=name_keys(c for c in claim.claimant if c != "narrator"),
        keys=frozenset(f"{q.role}/{_counted(q)}" for q in hard),
        values=frozenset(f"{_counted(q)}/{q.value:g}" for q in hard),
        kinds=frozenset(q.unit for q in hard if q.unit in HUMAN and q.unit != "person"),
        names=actor | target | place | _names(evidence, language),
        words=weighted(_said(claim, evidence), language, 40),
    )


def _counted(quantity: Quantity) -> str:
    return "human" if quantity.unit in HUMAN else quantity.unit


def _names(evidence: str, language: str) -> frozenset[str]:
    """Consonant keys of the capitalised words that general text seldom has, whatever their role was taken for."""
    words = (w for w in CAPITALISED.findall(evidence) if idf(stem_of(w.casefold()), language) > NAME_IDF)
    return frozenset(k for w in words if len(k := skeleton(w)) >= 2)


def _said(claim: Claim, evidence: str) -> list[str]:
    """Stems of the proposition without the names of its actor and target, which are compared for themselves."""
    names = {fold(w)[:NAME_PREFIX] for n in (*claim.actor, *claim.target) for w in n.split() if len(w) >= NAME_PREFIX}
    return [s for s in stems(evidence[claim.content - claim.start :]) if s[:NAME_PREFIX] not in names]


def comparisons(a: Features, b: Features) -> dict[str, float]:
    """What speaks for and against one proposition, each in 0..1; what is 0 is left out."""
    parts = {"words": cosine(a.words, b.words), "claimant": float(bool(a.claimant & b.claimant))}
    parts["type"] = float(a.event_type == b.event_type)
    parts["family"] = float(not parts["type"] and any(a.event_type in f and b.event_type in f for f in FAMILIES))
    for name, x, y in (("actor", a.actor, b.actor), ("target", a.target, b.target), ("place", a.place, b.place)):
        if x and y:
            parts[name] = len(x & y) / min(len(x), len(y))
            parts[f"other {name}"] = float(not x & y)
    if a.names and b.names:
        parts["names"] = len(a.names & b.names) / min(len(a.names), len(b.names))
    parts["value"] = float(bool(a.values & b.values))
    parts["role"] = float(not parts["value"] and bool(a.keys & b.keys))
    parts["toll"] = float(a.is_toll and b.is_toll)
    parts["other victims"] = float(bool(parts["toll"]) and parts.get("other target", 0.0) > 0)
    parts["other kind"] = float(bool(a.kinds) and bool(b.kinds) and not a.kinds & b.kinds)
    return {name: value for name, value in parts.items() if value}


def log_odds(parts: dict[str, float]) -> float:
    """Log odds that two claims are one proposition."""
    return BIAS + sum(WEIGHTS[name] * value for name, value in parts.items())


def probability(odds: float) -> float:
    """The logistic function, rounded so that it is the same after a round trip through JSON."""
    return round(1.0 / (1.0 + math.exp(-odds)), 6)


def nearness(features: Features, members: list[Features]) -> tuple[float, dict[str, float]]:
    """Log odds that a claim belongs to a cluster, half by its nearest member and half by all, and the nearest's parts."""
    compared = [comparisons(features, member) for member in members]
    odds = [log_odds(parts) for parts in compared]
    best = max(range(len(odds)), key=lambda i: (odds[i], -i))
    return (odds[best] + sum(odds) / len(odds)) / 2, compared[best]
