"""Comparison of claims: the probability that two make the same proposition, from event, roles, places, numbers, names and words.

The score is a logistic function of a few comparisons, with weights fitted to pairs of labelled claims of one story
(`python -m tests.quality.weights`). The `why` of a sighting lists the comparisons.
"""

import calendar
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec

from claimwire.records.claims import Claim
from claimwire.records.vocabulary import HARD, VAGUE_TYPES, EventType, Modality, QuantityRole
from processors.claims import PACKS
from processors.claims.events.quantity_roles import HUMAN, VICTIMS
from processors.claims.mentions.spelling import fold, skeleton
from processors.match.vectors import Vector, contained, cosine, idf, name_keys, stem_of, stems, weighted, words_of

# From THRESHOLD on, a claim is a repeat unless it is a change; from NEAR on, it may be a change, which has further conditions.
THRESHOLD, NEAR = 0.4, 0.2
MEMBERS_KEPT = 6
TOLL_TYPES = frozenset({
    EventType.CASUALTY, EventType.DISASTER, EventType.HEALTH, EventType.ASSAULT, EventType.DAMAGE,
})  # fmt: skip
FAMILIES = (
    TOLL_TYPES | {EventType.ACCUSE, EventType.REJECT},
    frozenset({EventType.CONTROL, EventType.RETREAT, EventType.ASSAULT}),
    frozenset({EventType.CONSULT, EventType.AGREE, EventType.COOPERATE, EventType.REQUEST}),
    frozenset({EventType.LEGAL, EventType.COERCE, EventType.ACCUSE, EventType.REJECT}),
    frozenset({EventType.PROTEST, EventType.COERCE, EventType.REQUEST}),
    frozenset({EventType.AID, EventType.SUPPORT, EventType.DISASTER}),
    frozenset({EventType.ELECTION, EventType.LEGAL}),
)
RELATED: Mapping[str, frozenset[EventType]] = {
    kind: frozenset(k for f in FAMILIES if kind in f for k in f) for kind in EventType
}
LEAST_ODDS = math.log(NEAR / (1 - NEAR))
BIAS = -4.27
WEIGHTS = {
    "type": 1.91, "family": 0.47, "actor": 0.69, "other actor": -0.76, "target": 0.88, "other target": -0.68,
    "place": 0.29, "other place": -0.45, "value": 3.25, "role": 1.75, "loose role": 1.29, "toll": 2.26, "words": 2.95,
    "claimant": 0.76, "names": 0.67, "other kind": -1.46, "other victims": -1.68, "one culprit": -0.2,
    "one victim": -0.44, "mirrored": -0.14, "other role": -0.5,
}  # fmt: skip
WHEN = re.compile(r"\b(?:before|after|during|since|until|while|when)\b")
# Least similarity of words for claims of equal, related or vague event types and equal claimants.
WORDS_ALONE = (LEAST_ODDS - BIAS - WEIGHTS["type"] - WEIGHTS["claimant"]) / WEIGHTS["words"]
WORDS_IN_FAMILY = (LEAST_ODDS - BIAS - WEIGHTS["family"] - WEIGHTS["claimant"]) / WEIGHTS["words"]
WORDS_OF_VAGUE = (LEAST_ODDS - BIAS - WEIGHTS["claimant"]) / WEIGHTS["words"]
NEAR_IN_WORDS, ROUNDING = min(WORDS_ALONE, WORDS_IN_FAMILY, WORDS_OF_VAGUE), 0.01
# Counts of the victims of one event are one proposition, unlike counts of infected and quarantined people.
TOLL_ROLES = VICTIMS | {QuantityRole.DISPLACED}
# Claims must share one of these, or words: event type and roles of numbers do not suffice.
EVIDENCE = ("value", "actor", "target", "place", "names")
LEAST_WORDS, SAME_WORDS = 0.2, 0.97
# Least words in common of two claims by one claimant, one of which may be a part of the other.
LEAST_QUOTED = 4
NAME_PREFIX = 5
NAME_IDF = 8.5
# "UTC" after a time is not a name.
CALENDAR = frozenset(name.casefold() for name in (*calendar.day_name, *calendar.month_name) if name)
CAPITALISED = re.compile(r"(?<!\d )\b[A-Z]{2,4}\b|(?!\b[A-Z]{2,4}\b)\b[A-ZÀ-Þ][\w’']+")


@dataclass(frozen=True)
class Features:
    """Parts of a claim that are compared: `keys` are `role/unit` and `values` are `unit/value` of its numbers, `kinds` the
    units of people counted, `stated` the values with a known role (`role/unit/value`), the rest keys of names."""

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
    stated: frozenset[str] = frozenset()

    def to_json(self) -> dict[str, Any]:
        return {
            "t": self.event_type, "a": sorted(self.actor), "g": sorted(self.target), "p": sorted(self.place),
            "c": sorted(self.claimant), "k": sorted(self.keys), "v": sorted(self.values), "h": sorted(self.kinds),
            "n": sorted(self.names), "w": self.words, "r": sorted(self.stated),
        }  # fmt: skip

    @cached_property
    def encoded(self) -> msgspec.Raw:
        """JSON of the features, cached because a cluster is written with all its members each time that it grows."""
        return msgspec.Raw(msgspec.json.encode(self.to_json()))

    @cached_property
    def heavy(self) -> frozenset[str]:
        """Heaviest words, of which a claim similar in words alone must share one (prefix filtering; Bayardo, Ma and Srikant,
        2007)."""
        rest, found = sum(w * w for w in self.words.values()), []
        for word, weight in self.words.items():
            if rest < (NEAR_IN_WORDS - ROUNDING) ** 2:
                break
            found.append(word)
            rest -= weight * weight
        return frozenset(found)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Features":
        a, g, p, c, k, v, h, n = (frozenset(data[key]) for key in "agpckvhn")
        return cls(data["t"], a, g, p, c, k, v, h, n, data["w"], frozenset(data.get("r", ())))

    @cached_property
    def marks(self) -> frozenset[str]:
        """Everything that it can share with another claim, except words and event type."""
        toll = frozenset({"toll"}) if self.is_toll else frozenset()
        return self.names | self.keys | self.values | toll

    @cached_property
    def roles(self) -> frozenset[str]:
        """The known roles of its numbers."""
        return frozenset(value.partition("/")[0] for value in self.stated)

    @cached_property
    def is_toll(self) -> bool:
        """Return whether it counts victims."""
        return self.event_type in TOLL_TYPES and any(k.split("/")[0] in TOLL_ROLES for k in self.keys)


def features_of(claim: Claim, evidence: str, language: str) -> Features:
    """Return the features of a claim, without the words of a leading attribution."""
    hard = [q for q in claim.quantities if q.role not in (QuantityRole.CONTEXT, QuantityRole.DURATION)]
    actor, target, place = name_keys(claim.actor), name_keys(claim.target), name_keys(claim.places)
    return Features(
        event_type=claim.event_type,
        actor=actor,
        target=target,
        place=place,
        claimant=name_keys(_claimants(claim)),
        keys=frozenset(f"{q.role}/{_counted(q.unit)}" for q in hard),
        values=frozenset(f"{_counted(q.unit)}/{q.value!r}" for q in hard),
        kinds=frozenset(q.unit for q in hard if q.unit in HUMAN and q.unit != "person"),
        names=actor | target | place | _names(evidence, language),
        words=weighted(_stems(claim, evidence), language, 40),
        stated=frozenset(stated_value(q.role, q.unit, q.value) for q in hard if q.role is not QuantityRole.OTHER),
    )


def _claimants(claim: Claim) -> list[str]:
    return [name for name in claim.claimant if name != "narrator"]


def _counted(unit: str) -> str:
    return "human" if unit in HUMAN else unit


def stated_value(role: QuantityRole, unit: str, value: float) -> str:
    """Return the key of a number with a known role, the same for all units of people."""
    return f"{role}/{_counted(unit)}/{value!r}"


def _names(evidence: str, language: str) -> frozenset[str]:
    """Return the consonant keys of capitalised words that are rare in general text."""
    # In languages without a claims pack, the capital of the first word may only mark the beginning of the sentence.
    known = evidence if language in PACKS else evidence.partition(" ")[2]
    words = (
        w
        for w in CAPITALISED.findall(known)
        if w.casefold() not in CALENDAR and idf(stem_of(w.casefold()), language) > NAME_IDF
    )
    return frozenset(k for w in words if len(k := skeleton(w)) >= 2)


def _stems(claim: Claim, evidence: str) -> list[str]:
    """Return the stems of the proposition without the names of claimant, actor and target, which are compared separately."""
    named = chain(_claimants(claim), claim.actor, claim.target)
    names = {fold(w)[:NAME_PREFIX] for n in named for w in n.split() if len(w) >= NAME_PREFIX}
    text = evidence[claim.content - claim.start :]
    if claim.modality is Modality.DENIED:
        # "denied that its office was searched | before the derailment": the time is not denied.
        text = WHEN.split(text, maxsplit=1)[0].strip() or text
    return [s for s in stems(words_of(text)) if s[:NAME_PREFIX] not in names]


def related(event_type: str) -> frozenset[EventType]:
    """Return the event types that the same proposition may also have; none for a type of a newer version."""
    return RELATED.get(event_type, frozenset())


def comparisons(a: Features, b: Features) -> dict[str, float]:
    """Return the comparisons of two claims that are not zero, each in 0..1, with the names of WEIGHTS."""
    parts = _without_words(a, b)
    if words := similarity(a, b):
        parts["words"] = words
    return parts


def similarity(a: Features, b: Features) -> float:
    """Return the cosine of the words, or the share of the shorter claim's words in the other one if they have one claimant.

    Outlets quote one statement at different lengths.
    """
    if a.claimant & b.claimant and len(a.words.keys() & b.words.keys()) >= LEAST_QUOTED:
        return contained(a.words, b.words)
    return cosine(a.words, b.words)


def _without_words(a: Features, b: Features) -> dict[str, float]:
    """Return all comparisons except words, which take longer; `nearness` compares words only if they can decide."""
    parts: dict[str, float] = {}
    if a.event_type == b.event_type:
        if a.event_type not in VAGUE_TYPES:
            parts["type"] = 1.0
    elif b.event_type in related(a.event_type):
        parts["family"] = 1.0
    if a.claimant & b.claimant:
        parts["claimant"] = 1.0
    for name, x, y in (("actor", a.actor, b.actor), ("target", a.target, b.target), ("place", a.place, b.place)):
        if x and y:
            if both := x & y:
                parts[name] = len(both) / min(len(x), len(y))
            else:
                parts[f"other {name}"] = 1.0
    # Actor and target are exchanged.
    if "other actor" in parts and (a.actor & b.target or a.target & b.actor):
        parts["mirrored"] = 1.0
    if a.names and b.names and (both := a.names & b.names):
        parts["names"] = len(both) / min(len(a.names), len(b.names))
    if a.keys and b.keys:
        _numbers(a, b, parts)
    return parts


def _numbers(a: Features, b: Features, parts: dict[str, float]) -> None:
    if any(not _is_of_other_role(value, a, b) for value in a.values & b.values):
        parts["value"] = 1.0
    elif both := a.keys & b.keys:
        is_hard = any(key.split("/")[0] in HARD for key in both)
        parts["role" if is_hard else "loose role"] = 1.0
    if a.is_toll and b.is_toll:
        parts["toll"] = 1.0
        if "other target" in parts:
            parts["other victims"] = 1.0
        if bool(a.actor) != bool(b.actor):
            parts["one culprit"] = 1.0
        if bool(a.target) != bool(b.target):
            parts["one victim"] = 1.0
    elif a.roles and b.roles and a.roles.isdisjoint(b.roles):
        parts["other role"] = 1.0
    if a.kinds and b.kinds and not a.kinds & b.kinds:
        parts["other kind"] = 1.0


def _is_of_other_role(value: str, a: Features, b: Features) -> bool:
    """Return whether an equal value has different roles, as in "two were infected" and "two were quarantined"."""
    mine, other = ({known for known in side.stated if known.endswith(f"/{value}")} for side in (a, b))
    return bool(mine) and bool(other) and mine.isdisjoint(other)


def log_odds(parts: dict[str, float]) -> float:
    """Return the log odds that two claims make the same proposition."""
    odds = BIAS
    for name, value in parts.items():
        odds += WEIGHTS[name] * value
    return odds


def has_evidence(parts: dict[str, float]) -> bool:
    """Return whether two claims share more than event type and roles of numbers."""
    return parts.get("words", 0.0) >= LEAST_WORDS or any(parts.get(name) for name in EVIDENCE)


def is_same_wording(parts: dict[str, float]) -> bool:
    """Return whether two claims have nearly the same words and no comparison with a negative weight."""
    return parts.get("words", 0.0) >= SAME_WORDS and not any(WEIGHTS[name] < 0 for name in parts)


def probability(odds: float) -> float:
    """Return the probability for log odds, rounded so that it survives a round trip through JSON."""
    return round(1.0 / (1.0 + math.exp(-odds)), 6)


def is_near_in_words(features: Features, members: list[Features]) -> bool:
    """Return whether any member is similar enough in words to reach NEAR without other marks in common."""
    heavy = features.heavy
    for member in members:
        if heavy.isdisjoint(member.words):
            continue
        if member.event_type == features.event_type:
            least = WORDS_ALONE if member.event_type not in VAGUE_TYPES else WORDS_OF_VAGUE
        elif member.event_type in related(features.event_type):
            least = WORDS_IN_FAMILY
        else:
            continue
        if similarity(features, member) >= least:
            return True
    return False


def nearness(features: Features, members: list[Features], least: float = LEAST_ODDS) -> tuple[float, dict[str, float]]:
    """Return the log odds that a claim belongs to a cluster, and the comparisons with its most similar member.

    The log odds are the mean of the best member's and of all members' mean. Words are not compared if even equal words could
    not reach NEAR and `least`.
    """
    compared, odds = [], []
    for member in members:
        parts = _without_words(features, member)
        compared.append(parts)
        odds.append(log_odds(parts))
    if max(odds) + WEIGHTS["words"] >= max(LEAST_ODDS, least):
        for index, member in enumerate(members):
            if words := similarity(features, member):
                compared[index]["words"] = words
                odds[index] += WEIGHTS["words"] * words
    best = odds.index(max(odds))
    return (odds[best] + sum(odds) / len(odds)) / 2, compared[best]
