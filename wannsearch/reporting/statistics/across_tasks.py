"""One number for several tasks (Agarwal et al. 2021).

Scores become comparable by what a task pays at worst and when it is solved,

    normalised = (score - floor) / (solved - floor).

The aggregates are taken over all runs of all tasks at once: the interquartile mean, the mean, the
median, and the optimality gap, the mean of what is missing to 1, where more than 1 is no credit. Runs
are resampled within each task (the stratified bootstrap): which tasks there are is not left to chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wannsearch.reporting.statistics.centre import CENTRES
from wannsearch.reporting.statistics.comparison import probability_of_improvement
from wannsearch.reporting.statistics.interval import Interval, ends
from wannsearch.reporting.statistics.resampling import (
    BAND_RESAMPLES,
    RESAMPLES,
    Purpose,
    affordable,
    places,
)
from wannsearch.reporting.statistics.sample import Sample

Floats = npt.NDArray[np.float64]
Tasks = Mapping[str, Sample]
"""The runs of one setting, by task. Tasks are taken in the order of their names."""


@dataclass(frozen=True)
class Scale:
    """What a task pays at worst, and what when it is solved."""

    floor: float
    solved: float

    def __post_init__(self) -> None:
        if not self.solved > self.floor:
            raise ValueError(f"solved at {self.solved} is not above the floor {self.floor}")


def normalised(of: Sample, scale: Scale) -> Sample:
    """The same runs between 0, the floor, and 1, solved."""
    return Sample((of.scores - scale.floor) / (scale.solved - scale.floor), of.failed)


def optimality_gap(values: Floats) -> Floats:
    """(..., n) normalised scores -> (...): the mean of what is missing to 1."""
    return np.asarray((1 - np.minimum(values, 1)).mean(axis=-1))


AGGREGATES: dict[str, Callable[[Floats], Floats]] = CENTRES | {"optimality_gap": optimality_gap}


def aggregate(tasks: Tasks, of: str = "iqm", resamples: int = RESAMPLES) -> Interval:
    """One of AGGREGATES over all runs, with its stratified interval; there is none for one run a task.

    ValueError where a task has no run, or there is no task.
    """
    samples = _samples(tasks)
    statistic = AGGREGATES[of]
    estimate = float(statistic(np.sort(np.concatenate([one.scores for one in samples]))))
    fewest = min(one.n for one in samples)
    runs = sum(one.n for one in samples)
    if fewest == 1:
        return Interval(estimate, None, None, runs)
    resamples = affordable(runs, resamples)
    drawn = [
        one.scores[places(one.n, resamples, Purpose.STRATA, number)] for number, one in enumerate(samples)
    ]
    low, high = ends(statistic(np.concatenate(drawn, axis=1)), runs - len(samples) + 1)
    return Interval(estimate, low, high, runs)


def mean_improvement(x: Tasks, y: Tasks, resamples: int = BAND_RESAMPLES) -> Interval:
    """The probability of improvement of x over y, averaged over the tasks that both have."""
    common = sorted(set(x) & set(y))
    if not common:
        raise ValueError("no task has runs of both")
    pairs = [(x[task], y[task]) for task in common]
    estimate = float(np.mean([probability_of_improvement(a, b).probability for a, b in pairs]))
    fewest = min(min(a.n, b.n) for a, b in pairs)
    if fewest == 1:
        return Interval(estimate, None, None, 1)
    total = np.zeros(resamples)
    for number, (a, b) in enumerate(pairs):
        wins = np.sign(a.scores[:, None] - b.scores)  # (m, n): 1, 0 or -1
        left = _times_drawn(places(a.n, resamples, Purpose.STRATA, 2 * number))
        right = _times_drawn(places(b.n, resamples, Purpose.STRATA, 2 * number + 1))
        total += (((left @ wins) * right).sum(axis=1) / (a.n * b.n) + 1) / 2
    low, high = ends(total / len(pairs), fewest)
    return Interval(estimate, low, high, fewest)


def _times_drawn(drawn: npt.NDArray[np.intp]) -> Floats:
    """(B, n) places -> (B, n): how often each of the n is in a resample; whole numbers, so sums are exact."""
    resamples, n = drawn.shape
    rows = np.arange(resamples)[:, None] * n
    return np.bincount((drawn + rows).ravel(), minlength=resamples * n).reshape(resamples, n).astype(float)


def _samples(tasks: Tasks) -> list[Sample]:
    samples = [tasks[name] for name in sorted(tasks)]
    if not samples or min(one.n for one in samples) == 0:
        raise ValueError("every task needs a run")
    return samples
