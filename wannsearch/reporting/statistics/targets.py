"""The cost until a score was reached, where not every run reaches it.

A run that ended without the score gives a lower bound only, so no mean over all runs exists. A mean over
the solved runs alone favors a method that stops early. Three quantities do exist. The first is the share of
runs that reached the score by each point, the empirical distribution of run times (Hoos and Stuetzle 1998;
the ECDF of COCO). The second is its median, which exists once more than half of the runs reached it. The
third is the expected running time with restarts,

    ERT = evaluations of all runs, until solved or ended / number of runs that solved it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.statistics.wilson import wilson_interval


@dataclass(frozen=True)
class RunTimes:
    """The cost of each run until the target, infinite where it was not reached."""

    times: FloatArray  # (n,) rising
    unsolved_cost: float = 0.0  # total cost of the runs that never reached it

    @property
    def n(self) -> int:
        """Return the number of runs."""
        return len(self.times)

    @property
    def num_solved(self) -> int:
        """Return the number of runs that reached the target."""
        return int(np.isfinite(self.times).sum())

    @property
    def share(self) -> tuple[float, float, float]:
        """Return the share of solved runs, and the lower and upper bound of its 95 % interval (Wilson)."""
        return (self.num_solved / self.n, *wilson_interval(self.num_solved, self.n))

    def quantile(self, q: float) -> float:
        """Return the cost by which a share q of all runs reached the target; infinite where fewer did."""
        return float(self.times[max(int(np.ceil(q * self.n)) - 1, 0)])

    @property
    def median(self) -> float:
        """Return the median over all runs; infinite where half of them or more never reached the target."""
        middle = self.times[[(self.n - 1) // 2, self.n // 2]]
        return float(middle.mean()) if np.isfinite(middle).all() else float("inf")

    @property
    def mean_of_solved(self) -> tuple[float, float]:
        """Return mean and standard deviation (ddof 0) of the solved runs, as papers report them.

        Both are NaN where no run reached the target.
        """
        solved_times = self.times[np.isfinite(self.times)]
        return (
            (float(solved_times.mean()), float(solved_times.std())) if len(solved_times) else (np.nan, np.nan)
        )

    @property
    def expected_running_time(self) -> float:
        """Return the ERT in units of the cost; infinite where no run reached the target."""
        solved_times = self.times[np.isfinite(self.times)]
        return (
            float((solved_times.sum() + self.unsolved_cost) / len(solved_times))
            if len(solved_times)
            else float("inf")
        )


def build_run_times(times: Iterable[float], unsolved_cost: float = 0.0) -> RunTimes:
    """Make run times from the cost of each run, infinity or NaN where it never reached the target.

    `unsolved_cost` is the total cost of those runs. Raise ValueError where there is no run.
    """
    values = np.array([float(value) for value in times])
    if not len(values):
        raise ValueError("there is no run to say anything about")
    return RunTimes(np.sort(np.where(np.isnan(values), np.inf, values)), unsolved_cost)


def time_to_target(curves: Iterable[Curve], target: float) -> RunTimes:
    """Find the first cost at which each curve has at least the target score, exact to a row of its history.

    A curve that never did adds its last cost to `unsolved_cost`. Raise ValueError where there is no curve.
    """
    times, unsolved_cost = [], 0.0
    for curve in curves:
        rows = np.flatnonzero(curve.score >= target)
        times.append(float(curve.cost[rows[0]]) if len(rows) else np.inf)
        if not len(rows) and len(curve.cost):
            unsolved_cost += float(curve.cost[-1])
    return build_run_times(times, unsolved_cost)


def ecdf(run_times: RunTimes, grid: FloatArray) -> FloatArray:
    """Return the shares (G,) of all runs that had reached the target by each cost of the grid (G,)."""
    return np.searchsorted(run_times.times, grid, "right") / run_times.n
