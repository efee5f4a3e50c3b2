"""Equivalence of two settings, from two samples or from pairs: two one-sided tests (Schuirmann 1987).

A difference that is not significant is no evidence of equality. Two one-sided tests reverse the burden of
proof. One null hypothesis is "x is worse than y by m or more", the other "x is better than y by m or more".
The means are equivalent within the margin m at the level a, where both are rejected. The p-value is the
larger one of the two tests.

Of two samples, with Welch's (1947) degrees of freedom, which allow unequal variances,

    t_low = (mean x - mean y + m) / s,   t_high = (mean x - mean y - m) / s,
    s^2 = s_x^2 / n_x + s_y^2 / n_y.

Of n paired differences with the mean d and the standard deviation s, and n - 1 degrees of freedom,

    t_low = (d + m) / (s / sqrt n),   t_high = (d - m) / (s / sqrt n).

Both are rejected exactly where the interval of confidence 1 - 2 a, d -+ t_(1-a) s / sqrt n, lies inside
(-m, m). If the true difference is 0, these tests succeed with the probability b in about

    n = ((z_(1-a) + z_((1+b)/2)) s / m)^2

pairs; the sum of the two quantiles, rounded to one digit, is 2.9 for a = 5 % and b = 80 %.

Where there is no spread, s is 0 and no test exists. Equal results of all runs do not show how far the
results of other runs would be from them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wannsearch.reporting.statistics.sample import Sample

_POWER = 0.8


@dataclass(frozen=True)
class Equivalence:
    """The result of the two tests for two samples x and y."""

    difference: float  # mean x - mean y
    margin: float
    p_value: float | None  # None where there is no spread, and so no test

    @property
    def is_equivalent(self) -> bool | None:
        """Return whether the difference is smaller than the margin, at 5 %; None where there was no test."""
        return None if self.p_value is None else self.p_value < 0.05


def equivalence_test(x: Sample, y: Sample, margin: float) -> Equivalence:
    """Test whether the means of x and y are equivalent within a margin.

    There is no p-value where neither sample has spread. Raise ValueError for a margin of 0 or less, or fewer
    than two runs on a side.
    """
    from scipy.stats import t

    if not margin > 0:
        raise ValueError(f"the margin is {margin}; it must be above 0")
    if min(x.n, y.n) < 2:
        raise ValueError("each side needs two runs")
    difference = float(x.scores.mean() - y.scores.mean())
    a, b = float(x.scores.var(ddof=1)) / x.n, float(y.scores.var(ddof=1)) / y.n
    if not (x.has_spread or y.has_spread):
        return Equivalence(difference, margin, None)
    degrees = (a + b) ** 2 / (a**2 / (x.n - 1) + b**2 / (y.n - 1))
    standard_error = math.sqrt(a + b)
    p_worse = float(t.sf((difference + margin) / standard_error, degrees))
    p_better = float(t.cdf((difference - margin) / standard_error, degrees))
    return Equivalence(difference, margin, max(p_worse, p_better))


@dataclass(frozen=True)
class PairedEquivalence:
    """The result of the two tests for pairs; None where differences without spread allow no test."""

    difference: float  # mean
    standard_error: float  # of the mean; 0 where differences have no spread
    low: float | None  # of the interval of confidence 1 - 2 level
    high: float | None
    margin: float
    level: float
    p_value: float | None
    min_pairs: int | None  # pairs that show equivalence with 80 % power, given this spread

    @property
    def is_equivalent(self) -> bool | None:
        """Return whether the mean is smaller than the margin, at `level`; None where there was no test."""
        return None if self.p_value is None else self.p_value < self.level


def paired_equivalence_test(
    differences: Iterable[float], margin: float, level: float = 0.05
) -> PairedEquivalence:
    """Test whether the mean of the differences (n,) is equivalent to 0 within a margin.

    Raise ValueError for fewer than two differences, a margin of 0 or less, or a level outside of (0, 0.5).
    """
    from scipy.stats import norm, t

    values = np.sort(np.array(list(differences), np.float64))  # sorted: pair order changes no bit
    n = len(values)
    if not margin > 0:
        raise ValueError(f"the margin is {margin}; it must be above 0")
    if not 0 < level < 0.5:
        raise ValueError(f"the level is {level}; it must lie between 0 and 0.5")
    if n < 2:
        raise ValueError("there must be two pairs")
    mean, std = float(values.mean()), float(values.std(ddof=1))
    standard_error = std / math.sqrt(n)
    if not Sample(values).has_spread:
        return PairedEquivalence(mean, 0.0, None, None, margin, level, None, None)
    factor = round(float(norm.ppf(1 - level) + norm.ppf((1 + _POWER) / 2)), 1)
    min_pairs = max(2, math.ceil((factor * std / margin) ** 2))
    p_value = max(
        float(t.sf((mean + margin) / standard_error, n - 1)),
        float(t.cdf((mean - margin) / standard_error, n - 1)),
    )
    half_width = float(t.ppf(1 - level, n - 1)) * standard_error
    return PairedEquivalence(
        mean, standard_error, mean - half_width, mean + half_width, margin, level, p_value, min_pairs
    )
