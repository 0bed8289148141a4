"""A logistic regression over named features, as plain weights: what the fitted tables of the program are made with."""

from collections import Counter

import numpy as np

RATE, LEAST_WEIGHT = 0.05, 0.02
BIAS = "bias"
# The features of an example, whether it is one, and how much it matters.
Row = tuple[list[str], bool, float]


def fitted(groups: list[list[Row]], *, steps: int, shrink: float, least_groups: int) -> dict[str, float]:
    """The weights with the least loss, by Adam from zero, no seed; a feature of fewer than `least_groups` groups has none."""
    seen = Counter(name for rows in groups for name in {n for names, _, _ in rows for n in names})
    known = {n: i for i, n in enumerate(sorted({BIAS, *(n for n, c in seen.items() if c >= least_groups)}))}
    rows = [row for group in groups for row in group]
    places = [(r, known[n]) for r, (names, _, _) in enumerate(rows) for n in [BIAS, *names] if n in known]
    row, column = (np.array(side) for side in zip(*places, strict=True))
    wanted, importance = np.array([float(y) for _, y, _ in rows]), np.array([w for _, _, w in rows])
    importance /= importance.sum()
    theta, mean, square = np.zeros(len(known)), np.zeros(len(known)), np.zeros(len(known))
    for step in range(1, steps + 1):
        said = 1 / (1 + np.exp(-np.bincount(row, theta[column], len(rows))))
        slope = np.bincount(column, (importance * (said - wanted))[row], len(known)) + shrink * theta
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope * slope
        rate = RATE if step < steps * 0.6 else RATE * 0.3
        theta -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-7)
    return {n: round(float(theta[i]), 2) for n, i in known.items() if abs(theta[i]) >= LEAST_WEIGHT or n == BIAS}
