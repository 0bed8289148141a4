"""Verdicts: what a claim is against the cluster that it joins. The first that holds of retraction, contradiction,
update, repeat; `new` is for a claim that joins none."""

import re
from dataclasses import dataclass

from claimwire.records import Change, Claim, Quantity, Verdict
from claimwire.snapshots import Cluster, Value
from claimwire.vocabulary import ChangedField, Modality, QuantityRole
from processors.claims.outcomes import HUMAN

SOFT = frozenset({QuantityRole.CONTEXT, QuantityRole.DURATION})
TAKEN_BACK = re.compile(
    r"\b(?:retract\w*|withdr[ae]w\w* (?:its|his|her|the) (?:claim|statement|report|figure)|corrected|correction|"
    r"wrongly|mistaken\w*|in error|apologi[sz]ed for)\b",
    re.IGNORECASE,
)
ADMITS = re.compile(r"(?:admit|conced|acknowledg)\w*", re.IGNORECASE)


@dataclass(frozen=True)
class Decision:
    """A verdict, what changed, and why in words."""

    verdict: Verdict
    changes: tuple[Change, ...]
    why: str


def decide(claim: Claim, evidence: str, cluster: Cluster, dates: frozenset[str]) -> Decision:
    """The verdict of a claim that joins `cluster`; `dates` are the planned dates seen in it."""
    changes = tuple(_value_changes(claim, cluster))
    denies = claim.modality == Modality.DENIED and any(m != Modality.DENIED for m in cluster.modalities)
    # Who takes a statement back may be named as the one who acts, by an outlet that says it in its own words.
    speakers = set(claim.claimant) - {"narrator"} or set(claim.actor)
    same_claimant = bool(speakers & set(cluster.claimants))
    modality = () if claim.modality in cluster.modalities else (
        Change(field=ChangedField.MODALITY, old="|".join(cluster.modalities), new=claim.modality),
    )  # fmt: skip
    who = ", ".join(claim.claimant if claim.claimant != ("narrator",) else claim.actor or claim.claimant)
    is_admission = Modality.DENIED in cluster.modalities and ADMITS.match(claim.cue or "") is not None
    is_turn = (denies and Modality.DENIED not in cluster.modalities) or TAKEN_BACK.search(evidence) or is_admission
    if same_claimant and is_turn:
        return Decision(Verdict.RETRACTION, changes + modality, f"{who} takes back what {who} said before")
    if denies and Modality.DENIED not in cluster.modalities:
        return Decision(Verdict.CONTRADICTION, changes + modality, f"{who} denies what was said")
    lower = [c for c in changes if c.value is not None and _is_below(c)]
    if lower and not same_claimant:
        return Decision(
            Verdict.CONTRADICTION, changes + modality, f"{who} gives a lower {lower[0].role}: {_arrow(lower[0])}"
        )
    if changes:
        return Decision(Verdict.UPDATE, changes + modality, f"{changes[0].role}: {_arrow(changes[0])}")
    if modality:
        return Decision(Verdict.UPDATE, modality, f"modality: {_arrow(modality[0])}")
    day = str(claim.event_date.start) if claim.event_date and claim.modality == Modality.PLANNED else None
    if day and dates and day not in dates:
        change = Change(field=ChangedField.EVENT_DATE, old="|".join(sorted(dates)), new=day)
        return Decision(Verdict.UPDATE, (change,), f"planned date: {_arrow(change)}")
    return Decision(Verdict.REPEAT, (), "nothing that was not seen in the cluster before")


def _value_changes(claim: Claim, cluster: Cluster) -> list[Change]:
    changes = []
    for quantity in claim.quantities:
        if quantity.role in SOFT or any(_is_same(quantity, seen) for seen in cluster.values):
            continue
        before = [v for v in cluster.values if v.role == quantity.role and same_unit(v.unit, quantity.unit)]
        old = before[-1] if before else None
        changes.append(
            Change(
                field=ChangedField.QUANTITY,
                role=quantity.role,
                unit=quantity.unit,
                value=quantity.value,
                old=f"{old.value:g}" if old else "",
                new=f"{quantity.value:g}",
            )
        )
    return changes


def same_unit(a: str, b: str) -> bool:
    """Whether two units count the same thing: "person" stands for any of people."""
    return a == b or (a in HUMAN and b == "person") or (b in HUMAN and a == "person")


def _is_same(quantity: Quantity, seen: Value) -> bool:
    # A number once seen is no news when it is only told less clearly what it counts.
    is_role = quantity.role == seen.role or QuantityRole.OTHER in (quantity.role, seen.role)
    return quantity.value == seen.value and is_role and same_unit(quantity.unit, seen.unit)


def _is_below(change: Change) -> bool:
    return bool(change.old) and change.value is not None and change.value < float(change.old)


def _arrow(change: Change) -> str:
    return f"{change.old or 'none'} → {change.new}"
