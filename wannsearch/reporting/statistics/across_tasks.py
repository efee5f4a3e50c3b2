"""One number for several tasks (Agarwal et al. 2021).

Scores become comparable through the task's worst score (the floor) and the score at which it is solved,

    normalised = (score - floor) / (solved - floor).

With x_tr the score of run r on task t, the aggregates are those of the paper and of rliable,

    iqm              the interquartile mean of all x_tr together
    mean, median     over tasks t, of the tasks' means over runs
    optimality_gap   the mean over tasks of the mean of 1 - min(x_tr, 1): scores above 1 count as 1

so a task with more runs has no more weight, except in the first one. Runs are resampled within each task
(the stratified bootstrap), because the set of tasks is fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import FloatArray, IndexArray
from wannsearch.reporting.statistics.center import iqm
from wannsearch.reporting.statistics.comparison import probability_of_improvement
from wannsearch.reporting.statistics.interval import Interval, build_interval
from wannsearch.reporting.statistics.resampling import (
    BAND_RESAMPLES,
    RESAMPLES,
    ResamplePurpose,
    cap_resamples,
    resample_indices,
)
from wannsearch.reporting.statistics.sample import Sample

SamplesByTask = Mapping[str, Sample]
"""Runs of one setting by task. Functions sort the tasks by name."""


@dataclass(frozen=True)
class ScoreScale:
    """The two scores of a task that normalization maps to 0 (`floor`) and to 1 (`solved`).

    Raise ValueError unless `solved` is above `floor`.
    """

    floor: float
    solved: float

    def __post_init__(self) -> None:
        if not self.solved > self.floor:
            raise ValueError(f"solved at {self.solved} is not above the floor {self.floor}")


def normalize(sample: Sample, scale: ScoreScale) -> Sample:
    """Return the same runs with scores on the scale where the floor is 0 and solved is 1.

    Scores outside of the two are not clipped: they become negative, or larger than 1.
    """
    return Sample((sample.scores - scale.floor) / (scale.solved - scale.floor), sample.num_failed)


def optimality_gap(values: FloatArray) -> FloatArray:
    """Map normalised scores (..., n) to the mean (...) of 1 - min(score, 1)."""
    return np.asarray((1 - np.minimum(values, 1)).mean(axis=-1))


def _task_means(tasks: Sequence[FloatArray]) -> FloatArray:
    """Map T arrays (..., n) to their means (..., T)."""
    return np.stack([scores.mean(axis=-1) for scores in tasks], axis=-1)


Aggregate = Callable[[Sequence[FloatArray]], FloatArray]
"""A function from T arrays (..., n) of normalised scores, one a task, to (...)."""

AGGREGATES: dict[str, Aggregate] = {
    "iqm": lambda tasks: iqm(np.concatenate(tasks, axis=-1)),
    "mean": lambda tasks: np.asarray(_task_means(tasks).mean(axis=-1)),
    "median": lambda tasks: np.asarray(np.median(_task_means(tasks), axis=-1)),
    "optimality_gap": lambda tasks: np.asarray(
        np.stack([optimality_gap(scores) for scores in tasks], axis=-1).mean(axis=-1)
    ),
}


def aggregate(tasks: SamplesByTask, name: str = "iqm", resamples: int = RESAMPLES) -> Interval:
    """Compute one of AGGREGATES over normalised scores, with its stratified bootstrap interval.

    The interval has no bounds where some task has a single run, or where resamples do not differ. Its `n` is
    the number of runs of all tasks. Its quantiles are those of runs - tasks + 1 values, since each task costs
    one degree of freedom. Raise ValueError where a task has no run, or there is no task; KeyError for another
    name.
    """
    samples = _sort_samples(tasks)
    statistic = AGGREGATES[name]
    estimate = float(statistic([sample.scores for sample in samples]))
    min_runs = min(sample.n for sample in samples)
    runs = sum(sample.n for sample in samples)
    if min_runs == 1:
        return Interval(estimate, None, None, runs)
    resamples = cap_resamples(runs, resamples)
    resampled = [
        sample.scores[resample_indices(sample.n, resamples, ResamplePurpose.STRATA, stratum)]
        for stratum, sample in enumerate(samples)
    ]
    return build_interval(estimate, statistic(resampled), runs - len(samples) + 1, runs)


def mean_improvement(x: SamplesByTask, y: SamplesByTask, resamples: int = BAND_RESAMPLES) -> Interval:
    """Average the probability of improvement of x over y over the tasks that both have.

    The interval is the stratified bootstrap's; its `n` is the number of runs in the smallest sample, and it
    has no bounds where that is 1. Raise ValueError where there is no such task, or a sample is empty.
    """
    common = sorted(set(x) & set(y))
    if not common:
        raise ValueError("no task has runs of both")
    pairs = [(x[task], y[task]) for task in common]
    estimate = float(np.mean([probability_of_improvement(a, b).probability for a, b in pairs]))
    min_runs = min(min(a.n, b.n) for a, b in pairs)
    if min_runs == 1:
        return Interval(estimate, None, None, 1)
    total = np.zeros(resamples)
    for task_index, (a, b) in enumerate(pairs):
        wins = np.sign(a.scores[:, None] - b.scores)  # (m, n): 1, 0 or -1
        left = _count_draws(resample_indices(a.n, resamples, ResamplePurpose.STRATA, 2 * task_index))
        right = _count_draws(resample_indices(b.n, resamples, ResamplePurpose.STRATA, 2 * task_index + 1))
        total += (((left @ wins) * right).sum(axis=1) / (a.n * b.n) + 1) / 2
    return build_interval(estimate, total / len(pairs), min_runs, min_runs)


def _count_draws(indices: IndexArray) -> FloatArray:
    """Map indices (B, n) to float64 counts (B, n) of each of the n runs in a resample.

    Counts are whole numbers, so sums of them are exact.
    """
    resamples, n = indices.shape
    rows = np.arange(resamples)[:, None] * n
    return np.bincount((indices + rows).ravel(), minlength=resamples * n).reshape(resamples, n).astype(float)


def _sort_samples(tasks: SamplesByTask) -> list[Sample]:
    samples = [tasks[name] for name in sorted(tasks)]
    if not samples or min(sample.n for sample in samples) == 0:
        raise ValueError("every task needs a run")
    return samples
