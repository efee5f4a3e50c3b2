"""Whether two figures of the same things order them alike: Spearman's (1904) rank correlation.

Within each of several sets on its own, so that what a set shares (a data split) is not taken for order;
or over all sets together, where each value counts by its distance from the mean of its own set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wannsearch.core.arrays import FloatArray

_MIN_PAIRS = 3
_DIGITS = 10  # behind the point: equal accuracies differ by rounding once their mean is taken off


def rank_correlation(x: FloatArray, y: FloatArray) -> float | None:
    """Of (n,) pairs, those with a NaN left out; None for fewer than three, or where one side is constant."""
    from scipy.stats import spearmanr

    valid = np.isfinite(x) & np.isfinite(y)
    x, y = (np.round(side[valid], _DIGITS) for side in (x, y))
    if len(x) < _MIN_PAIRS or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(spearmanr(x, y).statistic)


def pooled_correlation(sets: Sequence[tuple[FloatArray, FloatArray]]) -> float | None:
    """Over all sets, each centred on its own means."""
    centered = []
    for x, y in sets:
        valid = np.isfinite(x) & np.isfinite(y)
        if valid.any():
            centered.append((x[valid] - x[valid].mean(), y[valid] - y[valid].mean()))
    if not centered:
        return None
    left, right = zip(*centered, strict=True)
    return rank_correlation(np.concatenate(left), np.concatenate(right))
