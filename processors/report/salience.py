"""Salience: how likely a claim is to be worth a reader's time, by a logistic model over named features.

`weights.tsv` is fitted to labelled claims of real articles by `python -m tests.quality.report_weights`: a feature a line, with
its mean and spread over the claims of these articles, and its weight.
"""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("weights.tsv")
BIAS = "bias"
# A value counts as at most so many spreads from the mean: no single feature decides alone.
FURTHEST = 3.0


class Weight(NamedTuple):
    """The weight of a feature, which counts by the distance of its value from the mean."""

    mean: float
    spread: float
    weight: float


@cache
def weights() -> dict[str, Weight]:
    """The weight of each feature."""
    rows = (line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if line)
    return {name: Weight(float(mean), float(spread), float(weight)) for name, mean, spread, weight in rows}


def parts(features: Mapping[str, float], table: Mapping[str, Weight]) -> dict[str, float]:
    """The part of each feature in the log odds, the bias left out; a feature that a claim lacks has the value 0."""
    return {
        name: weight * min(FURTHEST, max(-FURTHEST, (features.get(name, 0.0) - mean) / spread))
        for name, (mean, spread, weight) in table.items()
        if name != BIAS
    }


def salience(features: Mapping[str, float]) -> float:
    """The salience (0 to 1) of a claim with these features, to four digits."""
    table = weights()
    odds = math.fsum([table[BIAS].weight, *parts(features, table).values()])
    return round(1.0 / (1.0 + math.exp(-odds)), 4)
