"""Salience: how likely a claim is to be worth a reader's time, by a logistic model over named features.

`weights.tsv` is fitted to labelled claims of real articles by `python -m tests.quality.report_weights`; one weight a line.
"""

import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("weights.tsv")
BIAS = "bias"


@cache
def weights() -> dict[str, float]:
    """The weight of each feature."""
    rows = (line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if line)
    return {name: float(weight) for name, weight in rows}


def salience(features: Iterable[str]) -> float:
    """The salience (0 to 1) of a claim with these features, to four digits."""
    table = weights()
    odds = math.fsum([table[BIAS], *(table.get(name, 0.0) for name in features)])
    return round(1.0 / (1.0 + math.exp(-odds)), 4)


def heaviest(features: Iterable[str], count: int = 3) -> list[tuple[str, float]]:
    """The features that decided most, with their weights."""
    table = weights()
    return sorted(((n, table.get(n, 0.0)) for n in features), key=lambda row: (-abs(row[1]), row[0]))[:count]
