"""Whether two settings are as good as equal: two one-sided tests (Schuirmann 1987).

That a difference is not significant does not show that there is none. Here the burden is turned round:
the means are equivalent within a margin d, at 5 %, where both "x is worse than y by d or more" and "x
is better by d or more" are rejected,

    t_low = (mean x - mean y + d) / s,   t_high = (mean x - mean y - d) / s,
    s^2 = s_x^2 / m + s_y^2 / n,

with Welch's (1947) degrees of freedom: variances need not be equal. The p-value is the larger of both.
Where neither side has any spread, s is 0 and no test exists: that all runs of both came to the same does
not show how far others would be from them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from wannsearch.reporting.statistics.sample import Sample


@dataclass(frozen=True)
class Equivalence:
    """What the tests found."""

    difference: float
    margin: float
    p_value: float | None  # None where there is no spread, and so no test

    @property
    def is_equivalent(self) -> bool | None:
        """The difference is smaller than the margin, at 5 %; None where there was no test."""
        return None if self.p_value is None else self.p_value < 0.05


def equivalence_test(x: Sample, y: Sample, margin: float) -> Equivalence:
    """Of the means of x and y; ValueError for a margin of 0 or less, or fewer than two runs a side."""
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
