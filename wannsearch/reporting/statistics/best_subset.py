"""The settings that may be the best one: all that are not distinguishable from the one with the highest mean.

This is the selection of a subset that contains the best (Gupta 1965, "On some multiple decision (selection
and ranking) rules"). Of k settings, b has the highest mean. Setting i is left out where it is worse than b
by Welch's (1947) one-sided t test, with its p-value multiplied by k - 1 (Bonferroni),

    t = (mean b - mean i) / s,   s^2 = s_b^2 / n_b + s_i^2 / n_i,   (k - 1) P(T >= t) < 5 %.

The setting b was chosen by the same runs, and the factor covers that. The truly best setting is left out only
where one of the k - 1 others is above it by that much, and each of them is so with a probability of at most
5 % / (k - 1). So it is left out of at most 5 % of all tables, whichever setting comes out on top. For the
same reason Holm's smaller factors are not used: they hold for a reference that was fixed beforehand.

Few runs that solve or fail break the t test. In simulations of 12 equally good settings whose runs solve with
a probability of 50 %, the test left the truly best one out of 23 % of the tables with 2 runs a setting, of
10 % with 3, of 3 % with 4, of 3 % with 6 and of 4 % with 10. A setting with fewer than 4 runs is therefore
not judged. From 4 runs on the share was at most 7 %, for normal scores of equal and of unequal variance and
for solve-or-fail scores, and for 2 to 40 settings. It was up to 15 % where the best setting alone owes its
mean to a few very high scores. Two settings without spread are not judged either, since equal runs do not
show how far others would be.

A test by ranks needs no normal scores, but with few runs it can never reject: the smallest one-sided p-value
of Mann and Whitney's test is 1 / 70 for 4 runs a side, and 11 times that is 16 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wannsearch.reporting.statistics.sample import Sample

MIN_RUNS = 4
"""A setting with fewer runs is not judged."""
LEVEL = 0.05


@dataclass(frozen=True)
class BestSubset:
    """The index of the setting with the highest mean, and the test of each setting against it."""

    best: int
    p_values: tuple[float | None, ...]  # corrected, at most 1; None for the best and where nothing is judged

    @property
    def members(self) -> tuple[int, ...]:
        """Return the indices of the best setting and of all that are not distinguishable from it."""
        return tuple(
            index for index, p_value in enumerate(self.p_values) if p_value is None or p_value >= LEVEL
        )


def select_best_subset(samples: Sequence[Sample]) -> BestSubset:
    """Compare each of k samples with the one that has the highest mean, the first of several.

    Raise ValueError where there is no sample, or an empty one.
    """
    if not samples or min(sample.n for sample in samples) == 0:
        raise ValueError("every setting needs a run")
    best = int(np.argmax([sample.scores.mean() for sample in samples]))
    return BestSubset(
        best,
        tuple(
            None if index == best else _test_worse(sample, samples[best], len(samples) - 1)
            for index, sample in enumerate(samples)
        ),
    )


def _test_worse(x: Sample, best: Sample, num_comparisons: int) -> float | None:
    from scipy.stats import t

    if min(x.n, best.n) < MIN_RUNS or not (x.has_spread or best.has_spread):
        return None
    a, b = float(x.scores.var(ddof=1)) / x.n, float(best.scores.var(ddof=1)) / best.n
    degrees = (a + b) ** 2 / (a**2 / (x.n - 1) + b**2 / (best.n - 1))
    difference = float(best.scores.mean() - x.scores.mean())
    return min(1.0, num_comparisons * float(t.sf(difference / math.sqrt(a + b), degrees)))


def distinguishable_gap(runs: int, num_settings: int) -> float:
    """Return how far below the best a setting lies, in standard deviations, that is left out half the time.

    All settings have this number of runs, at least 2, and the same standard deviation; `num_settings` is at
    least 2.
    """
    from scipy.stats import t

    critical_value = float(t.isf(LEVEL / (num_settings - 1), 2 * runs - 2))
    return critical_value * math.sqrt(2 / runs)
