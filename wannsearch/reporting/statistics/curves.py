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
import numpy.typing as npt

from wannsearch.reporting.statistics.interval import Interval, interval
from wannsearch.reporting.statistics.resampling import BAND_RESAMPLES
from wannsearch.reporting.statistics.sample import sample

Floats = npt.NDArray[np.float64]

SHARES_OF_BUDGET = (0.10, 0.25, 0.50, 1.00)


@dataclass(frozen=True)
class Curve:
    """One run: the best so far (T,) when so much (T,), rising, had been spent."""

    spent: Floats
    score: Floats
    failed: bool = False


@dataclass(frozen=True)
class Band:
    """A centre with its interval along a grid (G,); the ends are NaN where it has none."""

    grid: Floats
    centre: Floats
    low: Floats
    high: Floats
    n: int


def at(curve: Curve, grid: Floats) -> Floats:
    """(G,): what the run had found by each point; NaN before its first, and after a failed one's last."""
    if not len(curve.spent):
        return np.full(len(grid), np.nan)
    row = np.searchsorted(curve.spent, grid, "right") - 1
    found = np.where(row >= 0, curve.score[np.maximum(row, 0)], np.nan)
    if curve.failed:
        found = np.where(grid > curve.spent[-1], np.nan, found)
    return found


def together(curves: Sequence[Curve], grid: Floats, floor: float | None) -> Floats:
    """(n, G) on a common grid, gaps at the floor.

    ValueError where there is a gap and no floor, or the grid begins before a sound run's first value.
    """
    table = np.array([at(curve, grid) for curve in curves]).reshape(len(curves), len(grid))
    for curve, row in zip(curves, table, strict=True):
        if not curve.failed and np.isnan(row).any():
            raise ValueError(f"the grid begins at {grid[0]:g}, where a run had no value yet")
    if np.isnan(table).any():
        if floor is None:
            raise ValueError("a run failed, and there is no floor")
        table = np.where(np.isnan(table), floor, table)
    return table


def common_grid(curves: Sequence[Curve], points: int = 100) -> Floats:
    """Evenly spaced in the logarithm, from where all sound runs have a value to the longest one's end."""
    sound = [curve for curve in curves if len(curve.spent) and not curve.failed]
    used = sound or [curve for curve in curves if len(curve.spent)]
    if not used:
        raise ValueError("no run has a curve")
    first, last = max(curve.spent[0] for curve in used), max(curve.spent[-1] for curve in used)
    grid = np.exp(np.linspace(np.log(first), np.log(max(first, last)), points))
    grid[0], grid[-1] = first, max(first, last)  # exactly, whatever exp and log make of them
    return grid


def band(curves: Sequence[Curve], grid: Floats, floor: float | None = None, centre: str = "iqm") -> Band:
    """Centre and interval at every point of the grid."""
    table = together(curves, grid, floor)
    return build_band([interval(sample(column), centre, BAND_RESAMPLES) for column in table.T], grid)


def build_band(found: Sequence[Interval], grid: Floats) -> Band:
    """From an interval at each point of the grid (G,)."""
    ends = np.array([[np.nan if end is None else end for end in (one.low, one.high)] for one in found])
    low, high = ends.reshape(len(found), 2).T
    return Band(grid, np.array([one.estimate for one in found]), low, high, found[0].n if found else 0)


def anytime(
    curves: Sequence[Curve], budget: float, floor: float | None = None, centre: str = "iqm"
) -> dict[float, Interval | None]:
    """The score when 10, 25, 50 and 100 % of the budget were spent; None where a sound run had none yet.

    None, too, where there is no curve. ValueError where a run failed and there is no floor.
    """
    result: dict[float, Interval | None] = {}
    for share in SHARES_OF_BUDGET:
        grid = np.array([share * budget])
        begun = all(curve.failed or (len(curve.spent) and curve.spent[0] <= grid[0]) for curve in curves)
        known = begun and len(curves) > 0
        result[share] = interval(sample(together(curves, grid, floor)[:, 0]), centre) if known else None
    return result
