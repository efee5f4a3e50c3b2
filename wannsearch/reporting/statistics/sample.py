"""The final scores of the runs of one setting, failed runs included.

A failed run has no score. A method that fails often would look better if such runs were dropped. They count
as the worst score of the task, its floor (Agarwal et al. 2021 require every run that was started). Scores are
kept sorted, so that no statistic depends on the order of the runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import FloatArray

ROUNDING = 1e-12
"""A difference below this share of the largest score is rounding, and counts as none."""


@dataclass(frozen=True)
class Sample:
    """The scores of n runs in ascending order, with failed runs at the floor.

    `build_sample` sorts them; code that makes a sample directly must give them sorted.
    """

    scores: FloatArray  # (n,)
    num_failed: int = 0

    @property
    def n(self) -> int:
        """Return the number of runs, failed runs included."""
        return len(self.scores)

    @property
    def has_spread(self) -> bool:
        """Return whether the scores differ by more than rounding; False for an empty sample.

        Where they do not differ, their random variation is unknown.
        """
        if not self.n:
            return False
        lowest, highest = float(self.scores[0]), float(self.scores[-1])
        return highest - lowest > ROUNDING * max(abs(lowest), abs(highest))


def build_sample(values: Iterable[float], floor: float | None = None) -> Sample:
    """Make a sample from the scores of runs; NaN or an infinity is a failed run and becomes the floor.

    Raise ValueError where a run failed and no floor is given for it.
    """
    scores = np.array([float(value) for value in values], np.float64)
    is_failed = ~np.isfinite(scores)
    if is_failed.any():
        if floor is None:
            raise ValueError(f"{int(is_failed.sum())} of {len(scores)} runs failed, and there is no floor")
        scores[is_failed] = floor
    return Sample(np.sort(scores), int(is_failed.sum()))
