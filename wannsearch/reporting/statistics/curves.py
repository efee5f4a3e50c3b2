"""What runs had found when they had spent so much: learning curves on a common grid.

A curve holds its last value until the next: between two rows of a history nothing was found. Runs may
end at different points. One that reached its own total is carried on as it ended; one that failed
counts as the floor from there on, and from the start if it left no curve. Band and centre are taken at
each point on its own, from all runs: no run leaves the picture half-way, which would look like progress.
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
    """One run: the best so far (T,) when so much (T,), rising, had been spent."""

    cost: FloatArray
    score: FloatArray
    has_failed: bool = False


@dataclass(frozen=True)
class ConfidenceBand:
    """A centre with its interval along a grid (G,); the ends are NaN where it has none."""

    grid: FloatArray
    center: FloatArray
    low: FloatArray
    high: FloatArray
    n: int


def value_at(curve: Curve, grid: FloatArray) -> FloatArray:
    """(G,): what the run had found by each point; NaN before its first, and after a failed one's last."""
    if not len(curve.cost):
        return np.full(len(grid), np.nan)
    row = np.searchsorted(curve.cost, grid, "right") - 1
    values = np.where(row >= 0, curve.score[np.maximum(row, 0)], np.nan)
    if curve.has_failed:
        values = np.where(grid > curve.cost[-1], np.nan, values)
    return values


def align_curves(curves: Sequence[Curve], grid: FloatArray, floor: float | None) -> FloatArray:
    """(n, G) on a common grid, gaps at the floor.

    ValueError where there is a gap and no floor, or the grid begins before a sound run's first value.
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
    """Evenly spaced in the logarithm, from where all sound runs have a value to the longest one's end."""
    completed = [curve for curve in curves if len(curve.cost) and not curve.has_failed]
    usable = completed or [curve for curve in curves if len(curve.cost)]
    if not usable:
        raise ValueError("no run has a curve")
    first, last = max(curve.cost[0] for curve in usable), max(curve.cost[-1] for curve in usable)
    grid = np.exp(np.linspace(np.log(first), np.log(max(first, last)), points))
    grid[0], grid[-1] = first, max(first, last)  # exactly, whatever exp and log make of them
    return grid


def estimate_band(
    curves: Sequence[Curve], grid: FloatArray, floor: float | None = None, center: str = "iqm"
) -> ConfidenceBand:
    """Centre and interval at every point of the grid."""
    table = align_curves(curves, grid, floor)
    return build_band(
        [bootstrap_interval(build_sample(column), center, BAND_RESAMPLES) for column in table.T], grid
    )


def build_band(intervals: Sequence[Interval], grid: FloatArray) -> ConfidenceBand:
    """From an interval at each point of the grid (G,)."""
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
    """The score when 10, 25, 50 and 100 % of the budget were spent; None where a sound run had none yet.

    None, too, where there is no curve. ValueError where a run failed and there is no floor.
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
