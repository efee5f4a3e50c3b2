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
import numpy.typing as npt

from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.statistics.wilson import wilson

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ToTarget:
    """Spent until the target, one number a run: infinite where it was not reached."""

    spent: Floats  # (n,) rising
    given_up: float = 0.0  # spent by the runs that never reached it

    @property
    def n(self) -> int:
        """Runs."""
        return len(self.spent)

    @property
    def solved(self) -> int:
        """Runs that reached it."""
        return int(np.isfinite(self.spent).sum())

    @property
    def share(self) -> tuple[float, float, float]:
        """Share solved, and its interval."""
        return (self.solved / self.n, *wilson(self.solved, self.n))

    def quantile(self, q: float) -> float:
        """What the share q of all runs needed at most; infinite where fewer reached the target."""
        return float(self.spent[max(int(np.ceil(q * self.n)) - 1, 0)])

    @property
    def median(self) -> float:
        """Over all runs; infinite where half of them never reached it."""
        middle = self.spent[[(self.n - 1) // 2, self.n // 2]]
        return float(middle.mean()) if np.isfinite(middle).all() else float("inf")

    @property
    def mean_of_solved(self) -> tuple[float, float]:
        """Mean and standard deviation (ddof 0) of the runs that reached it: what papers report."""
        solved = self.spent[np.isfinite(self.spent)]
        return (float(solved.mean()), float(solved.std())) if len(solved) else (np.nan, np.nan)

    @property
    def expected_running_time(self) -> float:
        """ERT; infinite where no run reached it."""
        solved = self.spent[np.isfinite(self.spent)]
        return float((solved.sum() + self.given_up) / len(solved)) if len(solved) else float("inf")


def to_target(needed: Iterable[float], given_up: float = 0.0) -> ToTarget:
    """From what each run needed, infinity or NaN where it failed; ValueError where there is no run."""
    spent = np.array([float(value) for value in needed])
    if not len(spent):
        raise ValueError("there is no run to say anything about")
    return ToTarget(np.sort(np.where(np.isnan(spent), np.inf, spent)), given_up)


def reached(curves: Iterable[Curve], target: float) -> ToTarget:
    """When curves first stood at the target or above; exact to a row of their histories."""
    needed, given_up = [], 0.0
    for curve in curves:
        there = np.flatnonzero(curve.score >= target)
        needed.append(float(curve.spent[there[0]]) if len(there) else np.inf)
        if not len(there) and len(curve.spent):
            given_up += float(curve.spent[-1])
    return to_target(needed, given_up)


def ecdf(of: ToTarget, grid: Floats) -> Floats:
    """(G,) shares of all runs that had reached the target by each point."""
    return np.searchsorted(of.spent, grid, "right") / of.n
