"""A logistic regression over named features, as plain weights: what the fitted tables of the program are made with."""

from collections import Counter

import numpy as np

from processors.report.salience import BIAS, FURTHEST

RATE, LEAST_WEIGHT = 0.05, 0.02
NEWTON_STEPS = 12
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


def standardised(
    rows: list[tuple[dict[str, float], bool, float]], *, shrink: float
) -> dict[str, tuple[float, float, float]]:
    """(mean, spread, weight) of each numeric feature and the bias, by Newton's method, cut at `FURTHEST`."""
    named = sorted({name for features, _, _ in rows for name in features})
    names = [n for n in named if len({features.get(n, 0.0) for features, _, _ in rows}) > 1]
    values = np.array([[features.get(name, 0.0) for name in names] for features, _, _ in rows])
    wanted, importance = np.array([float(y) for _, y, _ in rows]), np.array([w for _, _, w in rows])
    mean, spread = values.mean(0), values.std(0)
    x = np.hstack([np.ones((len(rows), 1)), np.clip((values - mean) / spread, -FURTHEST, FURTHEST)])
    theta, penalty = np.zeros(len(names) + 1), np.array([1e-6, *[shrink] * len(names)])
    for _ in range(NEWTON_STEPS):
        said = 1 / (1 + np.exp(-x @ theta))
        slope = x.T @ (importance * (said - wanted)) + penalty * theta
        theta -= np.linalg.solve((x * (importance * said * (1 - said))[:, None]).T @ x + np.diag(penalty), slope)
    columns = zip([BIAS, *names], [0.0, *mean], [1.0, *spread], theta, strict=True)
    return {name: (float(f"{m:.4g}"), float(f"{s:.4g}"), round(float(w), 3)) for name, m, s, w in columns}
