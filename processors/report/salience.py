"""Salience: the probability that a claim is worth reporting, from a logistic model over named features.

`weights.tsv` is fitted to labelled claims of real articles by `python -m tests.quality.report_weights`. Each line has a
feature, its mean and standard deviation over these claims, and its weight.
"""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("weights.tsv")
BIAS = "bias"
# Limit, in standard deviations from the mean, so that no single feature decides alone.
FURTHEST = 3.0


class Weight(NamedTuple):
    """Weight of a feature, applied to the distance of its value from `mean` in units of `spread` (standard deviation)."""

    mean: float
    spread: float
    weight: float


@cache
def weights() -> dict[str, Weight]:
    """Return the weights by feature, read once from `weights.tsv`."""
    rows = (line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if line)
    return {name: Weight(float(mean), float(spread), float(weight)) for name, mean, spread, weight in rows}


def parts(features: Mapping[str, float], table: Mapping[str, Weight]) -> dict[str, float]:
    """Return the contribution of each feature to the log odds, without the bias; missing features count as 0."""
    found = {}
    for name, (mean, spread, weight) in table.items():
        if name != BIAS:
            distance = (features.get(name, 0.0) - mean) / spread
            found[name] = weight * (
                FURTHEST if distance > FURTHEST else -FURTHEST if distance < -FURTHEST else distance
            )
    return found


def salience(features: Mapping[str, float]) -> float:
    """Return the salience (0 to 1) of a claim with these features, rounded to four digits."""
    table = weights()
    odds = math.fsum([table[BIAS].weight, *parts(features, table).values()])
    return round(1.0 / (1.0 + math.exp(-odds)), 4)
