"""Two arms over the same repeats: differences seed by seed, and all that is asked of them.

Both sides of a pair share split, parent and order of batches, and what these do to both cancels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wannsearch.reporting.statistics.equivalence import PairedEquivalence, paired_equivalence_test
from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.statistics.paired import signed_rank_p_value
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.document import Record
from wannsearch.reporting.tables.weedout.arms import RepeatKey

_DIGITS = 9
"""Behind the point: a mean of equal accuracies is off by rounding, and a tie must stay a tie."""


@dataclass(frozen=True)
class PairedDifferences:
    """The differences x - y of n repeats."""

    differences: tuple[float, ...]  # (n,) rising
    mean: Interval

    @property
    def n(self) -> int:
        """Repeats that both sides have."""
        return len(self.differences)

    @property
    def sd(self) -> float:
        """Of the differences, ddof 1; NaN for one."""
        return float(np.std(self.differences, ddof=1)) if self.n > 1 else math.nan

    @property
    def standard_error(self) -> float:
        """Of the mean."""
        return self.sd / math.sqrt(self.n)

    @property
    def won_tied_lost(self) -> tuple[int, int, int]:
        """Repeats in which x was above, at, below y."""
        differences = np.array(self.differences)
        return int((differences > 0).sum()), int((differences == 0).sum()), int((differences < 0).sum())

    @property
    def p_value(self) -> float:
        """Wilcoxon's, two-sided."""
        return signed_rank_p_value(self.differences)

    @property
    def is_above(self) -> bool:
        """Whether the interval lies above 0."""
        return self.mean.low is not None and self.mean.low > 0

    def equivalence(self, margin: float, alpha: float) -> PairedEquivalence | None:
        """None for fewer than two pairs."""
        return paired_equivalence_test(self.differences, margin, alpha) if self.n > 1 else None

    def to_record(self, name: str) -> Record:
        """Its numbers, under this name."""
        wins, ties, losses = self.won_tied_lost
        return {
            name: self.mean.estimate,
            f"{name}_se": self.standard_error,
            f"{name}_low": self.mean.low,
            f"{name}_high": self.mean.high,
            f"{name}_sd": self.sd,
            f"{name}_n": self.n,
            f"{name}_won": wins,
            f"{name}_tied": ties,
            f"{name}_lost": losses,
            f"{name}_p": self.p_value,
        }


def paired_differences(
    x: Mapping[RepeatKey, float], y: Mapping[RepeatKey, float]
) -> PairedDifferences | None:
    """Of the keys that both have; None where there is none."""
    differences = sorted(round(x[key] - y[key], _DIGITS) + 0.0 for key in x if key in y)  # + 0.0: no minus 0
    return (
        PairedDifferences(tuple(differences), bootstrap_interval(build_sample(differences), "mean"))
        if differences
        else None
    )
