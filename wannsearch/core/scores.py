"""What came of playing: one return and one number of steps per individual, weight and episode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Scores:
    """Unaveraged; what to average is the method's idea. NaN where an evaluation failed."""

    returns: FloatArray  # (P, K, R)
    steps: IntArray  # (P, K, R) steps of the task that each lived through
    num_played: int | None = (
        None  # individuals that were played for it, less those known to be equal; None: all
    )

    @property
    def mean_by_weight(self) -> FloatArray:
        """(P, K): mean over episodes; NaN if one of them failed."""
        mean: FloatArray = self.returns.mean(axis=2)
        return mean

    @property
    def mean(self) -> FloatArray:
        """(P,): mean over weights of the mean over episodes."""
        mean: FloatArray = self.mean_by_weight.mean(axis=1)
        return mean

    @property
    def max(self) -> FloatArray:
        """(P,): the mean at the weight where it is highest."""
        max_mean: FloatArray = self.mean_by_weight.max(axis=1)
        return max_mean

    @property
    def failed_mask(self) -> BoolArray:
        """(P,): individuals with an evaluation that failed."""
        return ~np.isfinite(self.mean)
