"""Scores of a generation: one return and one number of steps per candidate, weight and episode."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, IntArray
from wannsearch.core.errors import ConfigError


@dataclass(frozen=True)
class Scores:
    """Scores hold the return and the steps of every evaluation; NaN marks a failed one. Methods average.

    Extra returns belong to further weights. They are cases, but no mean includes them.
    """

    returns: FloatArray  # (P, K, R)
    steps: IntArray  # (P, K, R) steps of each episode
    num_played: int | None = (
        None  # candidates that were evaluated, without those known to be equal; None: all
    )
    extra_returns: FloatArray | None = (
        None  # (P, K2, R), finite unless all of the candidate's returns are NaN
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

    def split_off_extra_weights(self, num_weights: int) -> Scores:
        """Return the scores of the first `num_weights` weights, with the returns of the others as extra ones.

        A candidate that failed at one of the others gets NaN as each of its returns, so it counts as failed
        everywhere. The steps are those of the first weights. Without others, return the same object.
        """
        if num_weights == self.returns.shape[1]:
            return self
        extra_returns = self.returns[:, num_weights:]
        is_valid = np.isfinite(extra_returns).all(axis=(1, 2), keepdims=True)
        return replace(
            self,
            returns=np.where(is_valid, self.returns[:, :num_weights], np.nan),
            steps=self.steps[:, :num_weights],
            extra_returns=np.where(is_valid, extra_returns, np.nan),
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
        """Return the (P, C) returns, each (weight, episode) a column, the episodes of a weight together.

        The extra returns follow, in the same order.
        """
        parts = [self.returns] if self.extra_returns is None else [self.returns, self.extra_returns]
        cases: FloatArray = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
        return cases

    @property
    def failed_mask(self) -> BoolArray:
        """Return the (P,) bool mask of the candidates whose mean is not finite: an evaluation failed."""
        return ~np.isfinite(self.mean)
