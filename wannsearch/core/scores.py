"""Scores of a generation: one return and one number of steps per candidate, weight and episode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, IntArray
from wannsearch.core.errors import ConfigError


@dataclass(frozen=True)
class Scores:
    """Scores hold the return and the steps of every evaluation; NaN marks a failed one. Methods average."""

    returns: FloatArray  # (P, K, R)
    steps: IntArray  # (P, K, R) steps of each episode
    num_played: int | None = (
        None  # candidates that were evaluated, without those known to be equal; None: all
    )

    def check_shape(
        self, num_candidates: int, num_weights: int, num_episodes: int, evaluator: object
    ) -> None:
        """Raise ConfigError, which names the class of the evaluator, unless both arrays are (P, K, R)."""
        shape = (num_candidates, num_weights, num_episodes)
        for name, array in (("returns", self.returns), ("steps", self.steps)):
            if np.shape(array) != shape:
                raise ConfigError(
                    f"{type(evaluator).__name__}.evaluate gives {name} of shape {np.shape(array)}; they "
                    f"must be {shape}: candidates, weights, episodes."
                )

    @property
    def mean_by_weight(self) -> FloatArray:
        """Return the (P, K) mean over episodes; NaN if one of them failed."""
        mean: FloatArray = self.returns.mean(axis=2)
        return mean

    @property
    def mean(self) -> FloatArray:
        """Return the (P,) mean over weights of the mean over episodes; NaN if one evaluation failed."""
        mean: FloatArray = self.mean_by_weight.mean(axis=1)
        return mean

    @property
    def max(self) -> FloatArray:
        """Return the (P,) mean over episodes at the best weight; NaN if one evaluation failed."""
        max_mean: FloatArray = self.mean_by_weight.max(axis=1)
        return max_mean

    @property
    def cases(self) -> FloatArray:
        """Return the (P, C) returns, each (weight, episode) a column, the episodes of a weight together."""
        cases: FloatArray = self.returns.reshape(len(self.returns), -1)
        return cases

    @property
    def failed_mask(self) -> BoolArray:
        """Return the (P,) bool mask of the candidates whose mean is not finite: an evaluation failed."""
        return ~np.isfinite(self.mean)
