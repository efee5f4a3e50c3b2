"""How much had to be spent until a score was reached, where not every run reaches it.

A run that ended without it says only "more than this", so no mean over all runs exists, and one over
the solved alone flatters whoever gives up early. What exists: the share that reached it by each point,
the empirical distribution of run times (Hoos and Stuetzle 1998; the ECDF of COCO), its median, which
is there as soon as half of the runs made it, and the expected running time of restarts,

    ERT = evaluations spent by all runs, until solved or given up / runs that solved it.
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
    """Spent until the target, one number a run: infinite where it was not reached."""

    times: FloatArray  # (n,) rising
    unsolved_cost: float = 0.0  # spent by the runs that never reached it

    @property
    def n(self) -> int:
        """Runs."""
        return len(self.times)

    @property
    def num_solved(self) -> int:
        """Runs that reached it."""
        return int(np.isfinite(self.times).sum())

    @property
    def share(self) -> tuple[float, float, float]:
        """Share solved, and its interval."""
        return (self.num_solved / self.n, *wilson_interval(self.num_solved, self.n))

    def quantile(self, q: float) -> float:
        """What the share q of all runs needed at most; infinite where fewer reached the target."""
        return float(self.times[max(int(np.ceil(q * self.n)) - 1, 0)])

    @property
    def median(self) -> float:
        """Over all runs; infinite where half of them never reached it."""
        middle = self.times[[(self.n - 1) // 2, self.n // 2]]
        return float(middle.mean()) if np.isfinite(middle).all() else float("inf")

    @property
    def mean_of_solved(self) -> tuple[float, float]:
        """Mean and standard deviation (ddof 0) of the runs that reached it: what papers report."""
        solved_times = self.times[np.isfinite(self.times)]
        return (
            (float(solved_times.mean()), float(solved_times.std())) if len(solved_times) else (np.nan, np.nan)
        )

    @property
    def expected_running_time(self) -> float:
        """ERT; infinite where no run reached it."""
        solved_times = self.times[np.isfinite(self.times)]
        return (
            float((solved_times.sum() + self.unsolved_cost) / len(solved_times))
            if len(solved_times)
            else float("inf")
        )


def build_run_times(times: Iterable[float], unsolved_cost: float = 0.0) -> RunTimes:
    """From what each run needed, infinity or NaN where it failed; ValueError where there is no run."""
    values = np.array([float(value) for value in times])
    if not len(values):
        raise ValueError("there is no run to say anything about")
    return RunTimes(np.sort(np.where(np.isnan(values), np.inf, values)), unsolved_cost)


def time_to_target(curves: Iterable[Curve], target: float) -> RunTimes:
    """When curves first stood at the target or above; exact to a row of their histories."""
    times, unsolved_cost = [], 0.0
    for curve in curves:
        rows = np.flatnonzero(curve.score >= target)
        times.append(float(curve.cost[rows[0]]) if len(rows) else np.inf)
        if not len(rows) and len(curve.cost):
            unsolved_cost += float(curve.cost[-1])
    return build_run_times(times, unsolved_cost)


def ecdf(run_times: RunTimes, grid: FloatArray) -> FloatArray:
    """(G,) shares of all runs that had reached the target by each point."""
    return np.searchsorted(run_times.times, grid, "right") / run_times.n
