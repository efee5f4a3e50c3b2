"""What came of playing: one return and one number of steps per individual, weight and episode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Scores:
    """Unaveraged; what to average is the method's idea. NaN where an evaluation failed."""

    returns: npt.NDArray[np.float64]  # (P, K, R)
    steps: npt.NDArray[np.int64]  # (P, K, R) steps of the task that each lived through
    num_played: int | None = (
        None  # individuals that were played for it, less those known to be equal; None: all
    )

    @property
    def mean_by_weight(self) -> npt.NDArray[np.float64]:
        """(P, K): mean over episodes; NaN if one of them failed."""
        mean: npt.NDArray[np.float64] = self.returns.mean(axis=2)
        return mean

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """(P,): mean over weights of the mean over episodes."""
        mean: npt.NDArray[np.float64] = self.mean_by_weight.mean(axis=1)
        return mean

    @property
    def max(self) -> npt.NDArray[np.float64]:
        """(P,): the mean at the weight where it is highest."""
        max_mean: npt.NDArray[np.float64] = self.mean_by_weight.max(axis=1)
        return max_mean

    @property
    def failed_mask(self) -> npt.NDArray[np.bool_]:
        """(P,): individuals with an evaluation that failed."""
        return ~np.isfinite(self.mean)
