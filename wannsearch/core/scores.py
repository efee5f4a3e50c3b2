"""Scores of a generation: one return and one number of steps per candidate, weight and episode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Scores:
    """Scores are not averaged, because that is left to the method. NaN marks a failed evaluation."""

    returns: FloatArray  # (P, K, R)
    steps: IntArray  # (P, K, R) steps of each episode
    num_played: int | None = (
        None  # candidates that were evaluated, without those known to be equal; None: all
    )

    @property
    def mean_by_weight(self) -> FloatArray:
        """Return the (P, K) mean over episodes; NaN if one of them failed."""
        mean: FloatArray = self.returns.mean(axis=2)
        return mean

    @property
    def mean(self) -> FloatArray:
        """Return the (P,) mean over weights of the mean over episodes."""
        mean: FloatArray = self.mean_by_weight.mean(axis=1)
        return mean

    @property
    def max(self) -> FloatArray:
        """Return the (P,) mean over episodes at the best weight."""
        max_mean: FloatArray = self.mean_by_weight.max(axis=1)
        return max_mean

    @property
    def failed_mask(self) -> BoolArray:
        """Return the (P,) bool mask of the candidates with a failed evaluation."""
        return ~np.isfinite(self.mean)
