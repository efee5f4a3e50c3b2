"""The final scores of the runs of one setting, the failed ones among them.

A run that failed has no score. To drop it would make a method look the better the more often it
breaks, so it counts as the worst that the task pays, its floor (Agarwal et al. 2021 ask for every run
that was begun). Scores are kept sorted: whatever is computed of them cannot depend on the order of
the runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import FloatArray

ROUNDING = 1e-12
"""Of the largest score: what differs by less is equal, and was rounded on different ways."""


@dataclass(frozen=True)
class Sample:
    """Scores of n runs, rising, failed ones at the floor."""

    scores: FloatArray  # (n,)
    num_failed: int = 0

    @property
    def n(self) -> int:
        """Runs, failed ones too."""
        return len(self.scores)

    @property
    def has_spread(self) -> bool:
        """Whether the scores differ; where they do not, nothing tells how far chance could move them."""
        if not self.n:
            return False
        lowest, highest = float(self.scores[0]), float(self.scores[-1])
        return highest - lowest > ROUNDING * max(abs(lowest), abs(highest))


def build_sample(values: Iterable[float], floor: float | None = None) -> Sample:
    """The runs with these scores; NaN or an infinity is a failed run.

    ValueError where a run failed and the floor, which it would count as, is not given.
    """
    scores = np.array([float(value) for value in values], np.float64)
    is_failed = ~np.isfinite(scores)
    if is_failed.any():
        if floor is None:
            raise ValueError(f"{int(is_failed.sum())} of {len(scores)} runs failed, and there is no floor")
        scores[is_failed] = floor
    return Sample(np.sort(scores), int(is_failed.sum()))
