"""Whether paired differences are as good as none: two one-sided tests on pairs (Schuirmann 1987).

With n differences d_i, their mean d and standard deviation s, the mean is equivalent to 0 within a margin
m where both "d <= -m" and "d >= m" are rejected at a level a,

    t_low = (d + m) / (s / sqrt n),   t_high = (d - m) / (s / sqrt n),   n - 1 degrees of freedom,

which is the same as that the interval of confidence 1 - 2 a, d -+ t_(1-a) s / sqrt n, lies inside
(-m, m). The p-value is the larger of both. If the truth is 0, these tests succeed with probability b in
about

    n = ((z_(1-a) + z_((1+b)/2)) s / m)^2

pairs; the bracket is 2.9 for a = 5 % and b = 80 %. Where all differences are the same, s is 0, and there is
neither a test nor a number of pairs that one would take.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wannsearch.reporting.statistics.sample import Sample

_POWER = 0.8


@dataclass(frozen=True)
class PairedEquivalence:
    """What the tests found; None stands where differences without spread allow no test."""

    difference: float  # mean
    standard_error: float
    low: float | None  # of the interval of confidence 1 - 2 level
    high: float | None
    margin: float
    level: float
    p_value: float | None
    min_pairs: int | None  # pairs, to show it if there is no difference, with a spread as found here

    @property
    def is_equivalent(self) -> bool | None:
        """The mean difference is smaller than the margin; None where there was no test."""
        return None if self.p_value is None else self.p_value < self.level


def paired_equivalence_test(
    differences: Iterable[float], margin: float, level: float = 0.05
) -> PairedEquivalence:
    """Of the mean of the differences (n,); ValueError for fewer than two, or a margin of 0 or less."""
    from scipy.stats import norm, t

    values = np.sort(np.array(list(differences), np.float64))  # sorted: no order of the pairs moves a bit
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
