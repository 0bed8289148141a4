"""Fit the weights of `processors.match.clusters` to pairs of labelled claims: `python -m tests.quality.weights`.

A pair is two claims of one story, once as they are labelled and once as they are extracted; it counts as one
proposition where the labels put both into one cluster. Logistic regression by gradient descent, from zero, no seed.
Stories whose names are given as arguments are left out and scored instead.
"""

import json
import sys
from itertools import combinations
from typing import Any

import numpy as np

from claimwire.records import Claim, Quantity
from processors.match.clusters import WEIGHTS, Features, comparisons, features_of
from tests.quality.labelled import EVAL, rows, scorer
from tests.quality.scores import CLAIM_SETS, SEEDS, predictions

STEPS, RATE, SHRINK = 6000, 2.0, 1e-4
# A missed repeat is told again, a wrong one is never told: both hurt, but there are thirty times as many unequal pairs.
POSITIVE = 2.0
NAMES = ("bias", *WEIGHTS)
Row = tuple[str, str, Features]


def claim_of(line: dict[str, Any], module: Any) -> Claim:
    """A labelled or extracted line as a claim."""
    quantities = tuple(
        Quantity(value=q["value"], unit=module.unit(q["unit"]), role=module.qkey(q)[3], op=q.get("op") or "eq")
        for q in line["quantities"]
    )
    return Claim(
        claim_id="", start=0, end=0, content=0, sentence_start=0, sentence_end=0, claimant=tuple(line["source"]),
        cue=None, event_type=line["event_type"], actor=tuple(line["actor"]), target=tuple(line["target"]),
        quantities=quantities, places=tuple(line["places"]), modality=line["modality"],
    )  # fmt: skip


def stories_of(name: str) -> dict[str, str]:
    """Document to story."""
    if name == "seeds":
        return {p.stem: "seeds" for p in SEEDS.glob("*.txt")}
    found = {}
    for path in (EVAL / "claims" / name).glob("*.txt"):
        found[path.stem] = json.loads(path.read_text("utf-8").split("\n", 1)[0]).get("story", path.stem)
    return found


def labelled(name: str) -> list[list[Row]]:
    """(document, cluster, features) of a set's claims: as labelled, and as extracted."""
    module = scorer("claims", "score_claims")
    gold = rows(EVAL / "claims" / name / "gold.jsonl")
    table = json.loads((EVAL / "claims" / name / "entities.json").read_text("utf-8"))
    claims, _ = predictions(name)
    _, matched = module.match(gold, claims, module.Names(table))

    def row(line: dict[str, Any], cluster: str) -> Row:
        return line["doc"], cluster, features_of(claim_of(line, module), line["span"]["text"], "en")

    clusters = [gold[matched[j]]["cluster"] if j in matched else f"none {j}" for j in range(len(claims))]
    return [
        [row(line, line["cluster"]) for line in gold if not line.get("optional")],
        [row(line, cluster) for line, cluster in zip(claims, clusters, strict=True)],
    ]


def pairs(left_out: tuple[str, ...]) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """(comparisons, whether one proposition) of the pairs to fit, and of those left out."""
    found: dict[bool, tuple[list[list[float]], list[bool]]] = {False: ([], []), True: ([], [])}
    for name in CLAIM_SETS:
        stories = stories_of(name)
        for lines in labelled(name):
            for (doc, cluster, a), (other, cluster_b, b) in combinations(lines, 2):
                if stories[doc] == stories[other]:
                    parts = comparisons(a, b)
                    x, y = found[stories[doc] in left_out]
                    x.append([1.0, *(parts.get(n, 0.0) for n in WEIGHTS)])
                    y.append(cluster == cluster_b)
    fit, rest = ((np.array(x, float), np.array(y, float)) for x, y in (found[False], found[True]))
    return fit, rest


def fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The weights with the least loss."""
    weights, importance = np.zeros(x.shape[1]), np.where(y > 0, POSITIVE, 1.0)
    for step in range(STEPS):
        expected = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ ((expected - y) * importance) / len(y) + SHRINK * np.concatenate(([0.0], weights[1:]))
        weights -= RATE * gradient if step < STEPS / 2 else RATE / 2 * gradient
    return weights


if __name__ == "__main__":
    (x_fit, y_fit), (x_out, y_out) = pairs(tuple(sys.argv[1:]))
    result = fitted(x_fit, y_fit)
    print(json.dumps({n: round(float(w), 2) for n, w in zip(NAMES, result, strict=True)}, indent=1))
    for label, x, y in (("fitted", x_fit, y_fit), ("left out", x_out, y_out)):
        if len(y):
            said = 1 / (1 + np.exp(-x @ result)) > 0.38
            hits = float((said & (y > 0)).sum())
            print(f"{label}: {len(y)} pairs, P {hits / max(1, said.sum()):.3f} R {hits / max(1, y.sum()):.3f}")
