"""Performance profiles: which share of runs scores more than tau (Dolan and More 2002; Agarwal et al. 2021).

    share(tau) = mean over tasks of (runs of the task above tau) / (runs of the task)

A profile that lies above another everywhere belongs to the better setting, whatever one asks for. The
band is the stratified bootstrap's, point by point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wannsearch.reporting.statistics.across_tasks import Tasks
from wannsearch.reporting.statistics.interval import expanded_tail
from wannsearch.reporting.statistics.resampling import BAND_RESAMPLES, Purpose, places

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Profile:
    """Shares of runs above thresholds (T,), and the band, which is NaN for one run a task."""

    thresholds: Floats
    share: Floats
    low: Floats
    high: Floats


def profile(tasks: Tasks, thresholds: Floats, resamples: int = BAND_RESAMPLES) -> Profile:
    """The profile of one setting; ValueError where a task has no run, or there is no task."""
    samples = [tasks[name] for name in sorted(tasks)]
    if not samples or min(one.n for one in samples) == 0:
        raise ValueError("every task needs a run")
    share = np.mean([_above(one.scores[None], thresholds)[0] for one in samples], axis=0)
    fewest = min(one.n for one in samples)
    if fewest == 1:
        nothing = np.full(len(thresholds), np.nan)
        return Profile(thresholds, share, nothing, nothing)
    drawn = np.zeros((resamples, len(thresholds)))
    for number, one in enumerate(samples):
        drawn += _above(one.scores[places(one.n, resamples, Purpose.STRATA, number)], thresholds)
    runs = sum(one.n for one in samples)
    tail = expanded_tail(runs - len(samples) + 1)
    low, high = np.quantile(drawn / len(samples), [tail, 1 - tail], axis=0)
    return Profile(thresholds, share, low, high)


def _above(scores: Floats, thresholds: Floats) -> Floats:
    """(B, n), (T,) -> (B, T) shares above each threshold."""
    shares: Floats = (scores[:, :, None] > thresholds).mean(axis=1)
    return shares
