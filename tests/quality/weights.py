"""Fit the weights of `processors.match.clusters` to pairs of labelled claims: `python -m tests.quality.weights`.

A pair is two claims of one story, once as they are labelled and once as they are extracted; it counts as one
proposition where the labels put both into one cluster. Logistic regression, from zero, no seed; the figures are of pairs
whose story was left out.
"""

import json
from itertools import combinations
from typing import Any

import numpy as np

from claimwire.records.claims import Claim, Quantity
from processors.match.clusters import WEIGHTS, Features, comparisons, features_of
from tests.quality.labelled import EVAL, require_labels, rows, scorer
from tests.quality.scores import CLAIM_SETS, SEEDS, predictions

STEPS, LONGEST_STEP, SHRINK = 15, 2.0, 1e-4
# A missed repeat is reported again, a wrong one never: both hurt, but there are thirty times as many unequal pairs.
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


def stories_of(name: str, articles: list[dict[str, Any]]) -> dict[str, str]:
    """Document to story: as labelled, else as grouped here; documents of two groups were labelled apart, nothing links them."""
    if name == "seeds":
        return {p.stem: "seeds" for p in SEEDS.glob("*.txt")}
    grouped = {a["doc_id"]: a["cluster_id"] for a in articles}
    found = {}
    for path in (EVAL / "claims" / name).glob("*.txt"):
        meta = json.loads(path.read_text("utf-8").split("\n", 1)[0])
        found[path.stem] = meta.get("story") or f"{meta.get('group')} {grouped.get(path.stem, path.stem)}"
    return found


def labelled(name: str) -> tuple[list[list[Row]], dict[str, str]]:
    """(document, cluster, features) of a set's claims, as labelled and as extracted; and the story of each document."""
    module = scorer("claims", "score_claims")
    gold = rows(EVAL / "claims" / name / "gold.jsonl")
    table = json.loads((EVAL / "claims" / name / "entities.json").read_text("utf-8"))
    claims, articles = predictions(name)
    _, matched = module.match(gold, claims, module.Names(table))

    def row(line: dict[str, Any], cluster: str) -> Row:
        return line["doc"], cluster, features_of(claim_of(line, module), line["span"]["text"], "en")

    clusters = [gold[matched[j]]["cluster"] if j in matched else f"none {j}" for j in range(len(claims))]
    found = [
        [row(line, line["cluster"]) for line in gold if not line.get("optional")],
        [row(line, cluster) for line, cluster in zip(claims, clusters, strict=True)],
    ]
    return found, stories_of(name, articles)


def pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Comparisons, the truth, the story and "extracted, of two articles" of each pair."""
    x: list[list[float]] = []
    rest: list[tuple[bool, str, bool]] = []
    for name in CLAIM_SETS:
        found, stories = labelled(name)
        for lines, extracted in zip(found, (False, True), strict=True):
            for (doc, cluster, a), (other, cluster_b, b) in combinations(lines, 2):
                if stories[doc] == stories[other]:
                    parts = comparisons(a, b)
                    x.append([1.0, *(parts.get(n, 0.0) for n in WEIGHTS)])
                    rest.append((cluster == cluster_b, f"{name} {stories[doc]}", extracted and doc != other))
    same, story, counts = (np.array(column) for column in zip(*rest, strict=True))
    return np.array(x, float), same, story, counts


def fitted(x: np.ndarray, same: np.ndarray) -> np.ndarray:
    """The weights with the least loss, by Newton's method."""
    importance = np.where(same, POSITIVE, 1.0)
    importance /= importance.sum()
    shrink = np.full(x.shape[1], SHRINK)
    shrink[0] = 0.0
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        said = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (importance * (said - same)) + shrink * weights
        curve = (x * (importance * said * (1 - said))[:, None]).T @ x + np.diag(shrink + 1e-9)
        weights -= np.clip(np.linalg.solve(curve, slope), -LONGEST_STEP, LONGEST_STEP)
    return weights


def left_out(x: np.ndarray, same: np.ndarray, story: np.ndarray) -> np.ndarray:
    """The probability of each pair by weights that were fitted without its story."""
    said = np.zeros(len(same))
    for one in np.unique(story):
        out = story == one
        said[out] = 1 / (1 + np.exp(-x[out] @ fitted(x[~out], same[~out])))
    return said


if __name__ == "__main__":
    require_labels()
    features, truth, stories, of_two = pairs()
    result = fitted(features, truth)
    print(json.dumps({n: round(float(w), 2) for n, w in zip(NAMES, result, strict=True)}))
    chances = left_out(features, truth, stories)
    print("extracted claims of two articles, their story left out:")
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5):
        found = (chances > threshold) & of_two
        hits = float((found & truth).sum())
        print(f"over {threshold}: P {hits / max(1, found.sum()):.3f} R {hits / max(1, (truth & of_two).sum()):.3f}")
