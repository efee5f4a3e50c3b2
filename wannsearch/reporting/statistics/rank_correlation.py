"""Spearman's (1904) rank correlation: whether two scores order the same candidates alike.

It is computed within each of several sets, so that a property shared by a set (a data split) does not count
as order. Or it is computed over all sets together, where each value is centered on the mean of its own set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wannsearch.core.arrays import FloatArray

_MIN_PAIRS = 3
_DIGITS = 10  # decimals: equal accuracies differ by rounding once their mean is subtracted


def rank_correlation(x: FloatArray, y: FloatArray) -> float | None:
    """Correlate those of n pairs in which both values are finite, each rounded to 10 decimals.

    Return None for fewer than three such pairs, or where one side is constant.
    """
    from scipy.stats import spearmanr

    valid = np.isfinite(x) & np.isfinite(y)
    x, y = (np.round(side[valid], _DIGITS) for side in (x, y))
    if len(x) < _MIN_PAIRS or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(spearmanr(x, y).statistic)


def pooled_correlation(sets: Sequence[tuple[FloatArray, FloatArray]]) -> float | None:
    """Correlate the finite pairs of all sets together, each set centered on its own means.

    Return None where `rank_correlation` does; a set is a pair of (n,) arrays.
    """
    centered = []
    for x, y in sets:
        valid = np.isfinite(x) & np.isfinite(y)
        if valid.any():
            centered.append((x[valid] - x[valid].mean(), y[valid] - y[valid].mean()))
    if not centered:
        return None
    left, right = zip(*centered, strict=True)
    return rank_correlation(np.concatenate(left), np.concatenate(right))
