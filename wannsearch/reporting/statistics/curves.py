"""Learning curves of several runs on a common grid of costs.

A curve keeps its last value until the next row of its history, because nothing better was found between. Runs
may end at different points. A run that reached its own total keeps its last value. A failed run counts as the
floor before its first value and behind its last one, or everywhere if it left no curve. Band and center are
computed at each point from all runs. No run drops out half-way, since that would look like progress.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.statistics.resampling import BAND_RESAMPLES
from wannsearch.reporting.statistics.sample import build_sample

BUDGET_SHARES = (0.10, 0.25, 0.50, 1.00)


@dataclass(frozen=True)
class Curve:
    """The learning curve of one run: the best score so far (T,) at ascending costs (T,)."""

    cost: FloatArray
    score: FloatArray
    has_failed: bool = False


@dataclass(frozen=True)
class ConfidenceBand:
    """A center of n runs with its interval along a grid of costs, all (G,); bounds may be NaN."""

    grid: FloatArray
    center: FloatArray
    low: FloatArray
    high: FloatArray
    n: int


def value_at(curve: Curve, grid: FloatArray) -> FloatArray:
    """Return the value (G,) of a curve at each cost; NaN before its first, and after a failed run's last.

    A curve without rows is NaN everywhere.
    """
    if not len(curve.cost):
        return np.full(len(grid), np.nan)
    row = np.searchsorted(curve.cost, grid, "right") - 1
    values = np.where(row >= 0, curve.score[np.maximum(row, 0)], np.nan)
    if curve.has_failed:
        values = np.where(grid > curve.cost[-1], np.nan, values)
    return values


def align_curves(curves: Sequence[Curve], grid: FloatArray, floor: float | None) -> FloatArray:
    """Return the values (n, G) of the curves on a common grid, with the floor in gaps.

    Raise ValueError where there is a gap and no floor. Raise it too where a run that did not fail has no
    curve, or begins behind the first point of the grid.
    """
    table = np.array([value_at(curve, grid) for curve in curves]).reshape(len(curves), len(grid))
    for curve, row in zip(curves, table, strict=True):
        if not curve.has_failed and np.isnan(row).any():
            raise ValueError(f"the grid begins at {grid[0]:g}, where a run had no value yet")
    if np.isnan(table).any():
        if floor is None:
            raise ValueError("a run failed, and there is no floor")
        table = np.where(np.isnan(table), floor, table)
    return table


def common_grid(curves: Sequence[Curve], points: int = 100) -> FloatArray:
    """Return costs (points,) evenly spaced in the logarithm, over the range of all runs that did not fail.

    The grid begins where each of these runs has a value, and ends where the longest one ends. Where all runs
    failed, it is taken from the curves that they left. Raise ValueError where no run has a curve.
    """
    completed = [curve for curve in curves if len(curve.cost) and not curve.has_failed]
    usable = completed or [curve for curve in curves if len(curve.cost)]
    if not usable:
        raise ValueError("no run has a curve")
    first, last = max(curve.cost[0] for curve in usable), max(curve.cost[-1] for curve in usable)
    grid = np.exp(np.linspace(np.log(first), np.log(max(first, last)), points))
    grid[0], grid[-1] = first, max(first, last)  # exact, where exp and log round
    return grid


def estimate_band(
    curves: Sequence[Curve], grid: FloatArray, floor: float | None = None, center: str = "iqm"
) -> ConfidenceBand:
    """Return the center (`iqm`, `mean` or `median`) and its 95 % interval at every point of the grid (G,).

    Each interval has 2000 resamples. Raise ValueError where `align_curves` does.
    """
    table = align_curves(curves, grid, floor)
    return build_band(
        [bootstrap_interval(build_sample(column), center, BAND_RESAMPLES) for column in table.T], grid
    )


def build_band(intervals: Sequence[Interval], grid: FloatArray) -> ConfidenceBand:
    """Make a band from one interval at each point of the grid (G,); its `n` is that of the first one."""
    bounds = np.array(
        [
            [np.nan if bound is None else bound for bound in (point_interval.low, point_interval.high)]
            for point_interval in intervals
        ]
    )
    low, high = bounds.reshape(len(intervals), 2).T
    return ConfidenceBand(
        grid,
        np.array([point_interval.estimate for point_interval in intervals]),
        low,
        high,
        intervals[0].n if intervals else 0,
    )


def anytime_scores(
    curves: Sequence[Curve], budget: float, floor: float | None = None, center: str = "iqm"
) -> dict[float, Interval | None]:
    """Return a map from each share of the budget (0.1, 0.25, 0.5 and 1) to the score there.

    An entry is None where a run that did not fail had no value yet, or where there is no run. Raise
    ValueError where a failed run has no value there, and there is no floor.
    """
    result: dict[float, Interval | None] = {}
    for share in BUDGET_SHARES:
        grid = np.array([share * budget])
        all_started = all(
            curve.has_failed or (len(curve.cost) and curve.cost[0] <= grid[0]) for curve in curves
        )
        has_value = all_started and len(curves) > 0
        result[share] = (
            bootstrap_interval(build_sample(align_curves(curves, grid, floor)[:, 0]), center)
            if has_value
            else None
        )
    return result
