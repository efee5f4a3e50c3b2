"""Performance profiles: the share of runs with a score above tau (Dolan and More 2002; Agarwal et al. 2021).

    share(tau) = mean over tasks of (runs of the task above tau) / (runs of the task)

A setting whose profile lies above another one everywhere is better by every threshold. The band comes from
the stratified bootstrap, point by point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.reporting.statistics.across_tasks import SamplesByTask
from wannsearch.reporting.statistics.interval import tail_probability
from wannsearch.reporting.statistics.resampling import BAND_RESAMPLES, ResamplePurpose, resample_indices


@dataclass(frozen=True)
class Profile:
    """Shares of runs above thresholds and their band, all (T,); a task with a single run makes it NaN."""

    thresholds: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray


def performance_profile(
    tasks: SamplesByTask, thresholds: FloatArray, resamples: int = BAND_RESAMPLES
) -> Profile:
    """Compute the profile of one setting, at thresholds (T,) on the scale of the samples' scores.

    The band is pointwise 95 %, with the quantiles of runs - tasks + 1 values. Raise ValueError where a task
    has no run, or there is no task.
    """
    samples = [tasks[name] for name in sorted(tasks)]
    if not samples or min(sample.n for sample in samples) == 0:
        raise ValueError("every task needs a run")
    share = np.mean([_shares_above(sample.scores[None], thresholds)[0] for sample in samples], axis=0)
    min_runs = min(sample.n for sample in samples)
    if min_runs == 1:
        no_band = np.full(len(thresholds), np.nan)
        return Profile(thresholds, share, no_band, no_band)
    resampled = np.zeros((resamples, len(thresholds)))
    for stratum, sample in enumerate(samples):
        resampled += _shares_above(
            sample.scores[resample_indices(sample.n, resamples, ResamplePurpose.STRATA, stratum)], thresholds
        )
    runs = sum(sample.n for sample in samples)
    tail = tail_probability(runs - len(samples) + 1)
    low, high = np.quantile(resampled / len(samples), [tail, 1 - tail], axis=0)
    return Profile(thresholds, share, low, high)


def _shares_above(scores: FloatArray, thresholds: FloatArray) -> FloatArray:
    """Map scores (B, n) and thresholds (T,) to the shares (B, T) above each threshold."""
    shares: FloatArray = (scores[:, :, None] > thresholds).mean(axis=1)
    return shares
