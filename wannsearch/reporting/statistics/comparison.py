"""The probability that a run of one setting beats a run of another,

    theta = P(X > Y) + P(X = Y) / 2.

This is the probability of improvement (Agarwal et al. 2021), and Mann and Whitney's U / (m n). Its interval
is Newcombe's (2006, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic",
part 2, method 5). With the estimate theta', it contains all theta with (theta' - theta)^2 <= z^2 V(theta) and

    V = theta (1 - theta) (1 + N (1 - theta) / (2 - theta) + N theta / (1 + theta)) / (m n),
    N = (m + n) / 2 - 1.

A bootstrap interval would shrink to a point where every X beats every Y, which happens when runs are few.

With several comparisons, p-values are corrected by Holm (1979). In ascending order, the i-th of k is
multiplied by k - i + 1, and none may be below the one before it or above 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.reporting.statistics.sample import Sample

_Z = 1.959963984540054  # the 97.5 % quantile of the normal distribution
_HALVINGS = 80


@dataclass(frozen=True)
class Improvement:
    """The probability that a run of one setting beats a run of the other, with its interval."""

    probability: float
    low: float | None  # None where a side has a single run
    high: float | None
    p_value: float  # two-sided, of "neither is better"; 1 where all scores are equal
    n: tuple[int, int]  # runs of x and of y


def probability_of_improvement(x: Sample, y: Sample) -> Improvement:
    """Estimate the probability that a run of x beats a run of y, where a tie counts one half.

    The p-value is Mann and Whitney's. Raise ValueError where a sample is empty.
    """
    if not x.n or not y.n:
        raise ValueError("there is no run to compare")
    from scipy.stats import mannwhitneyu

    num_wins = np.searchsorted(y.scores, x.scores, "left").sum()
    num_wins_and_ties = np.searchsorted(y.scores, x.scores, "right").sum()
    theta = float(num_wins + num_wins_and_ties) / (2 * x.n * y.n)
    all_equal = x.scores[0] == x.scores[-1] == y.scores[0] == y.scores[-1]
    p_value = 1.0 if all_equal else float(mannwhitneyu(x.scores, y.scores).pvalue)
    low: float | None = None
    high: float | None = None
    if min(x.n, y.n) > 1:
        low, high = _lower_bound(theta, x.n, y.n), 1 - _lower_bound(1 - theta, y.n, x.n)
    return Improvement(theta, low, high, p_value, (x.n, y.n))


def _lower_bound(estimate: float, m: int, n: int) -> float:
    """Find the smallest theta of Newcombe's interval by bisection; 0 for an estimate of 0."""
    if estimate == 0:
        return 0.0
    half_extra_runs = (m + n) / 2 - 1
    low, high = 0.0, estimate
    for _ in range(_HALVINGS):
        theta = (low + high) / 2
        variance_factor = 1 + half_extra_runs * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        is_too_far = (estimate - theta) ** 2 > _Z**2 * theta * (1 - theta) * variance_factor / (m * n)
        low, high = (theta, high) if is_too_far else (low, theta)
    return (low + high) / 2


def holm_correction(p_values: Sequence[float]) -> FloatArray:
    """Return the (k,) corrected p-values, at most 1, in the order given."""
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    corrected = np.empty_like(values)
    corrected[order] = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    return np.minimum(corrected, 1.0)
