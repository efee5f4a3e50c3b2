"""Whether two figures of the same things order them alike: Spearman's (1904) rank correlation.

Within each of several sets on its own, so that what a set shares (a data split) is not taken for order;
or over all sets together, where each value counts by its distance from the mean of its own set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_LEAST = 3
_DIGITS = 10  # behind the point: equal accuracies differ by rounding once their mean is taken off


def rank_correlation(x: Floats, y: Floats) -> float | None:
    """Of (n,) pairs, those with a NaN left out; None for fewer than three, or where one side is constant."""
    from scipy.stats import spearmanr

    known = np.isfinite(x) & np.isfinite(y)
    x, y = (np.round(side[known], _DIGITS) for side in (x, y))
    if len(x) < _LEAST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(spearmanr(x, y).statistic)


def together(sets: Sequence[tuple[Floats, Floats]]) -> float | None:
    """Over all sets, each centred on its own means."""
    centred = []
    for x, y in sets:
        known = np.isfinite(x) & np.isfinite(y)
        if known.any():
            centred.append((x[known] - x[known].mean(), y[known] - y[known].mean()))
    if not centred:
        return None
    left, right = zip(*centred, strict=True)
    return rank_correlation(np.concatenate(left), np.concatenate(right))
