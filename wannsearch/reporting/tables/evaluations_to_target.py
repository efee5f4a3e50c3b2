"""Evaluations until a score was reached: how many runs got there, and how soon.

Runs that never reached it count in the share, in the median and in the distribution, and are in no mean
(`statistics.targets`). The distribution ends where a sound run gave up: by more evaluations it might have
got there. Counts are exact to a row of a history, which is one generation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.statistics.targets import ToTarget, ecdf, reached
from wannsearch.reporting.tables.document import Record, Section, number


def to_scores(
    runs: Sequence[tuple[str, list[Curve]]], scores: Sequence[float], grid: Sequence[int]
) -> Section | None:
    """One row a score and name of some runs; `grid`: by how many evaluations the shares are told.

    None where there is no row.
    """
    rows, records = [], []
    for score in scores:
        for label, curves in runs:
            if not curves:
                continue
            found = reached(curves, score)
            share, low, high = found.share
            by = _shares(found, curves, score, grid)
            running = found.expected_running_time
            rows.append(
                [
                    number(score),
                    label,
                    str(found.n),
                    f"{100 * share:.3g} % [{100 * low:.3g}, {100 * high:.3g}]",
                    *("-" if part is None else f"{100 * part:.3g} %" for part in by),
                    number(found.median),
                    number(running),
                ]
            )
            record: Record = {"score": score, "runs_of": label, "n": found.n, "reached": share}
            record |= {"reached_low": low, "reached_high": high}
            record |= {f"reached_by_{spent}": part for spent, part in zip(grid, by, strict=True)}
            record |= {"median": _finite(found.median), "expected_running_time": _finite(running)}
            records.append(record)
    if not rows:
        return None
    shares = (f"by {spent:,}" for spent in grid)
    columns = ("score", "runs of", "n", "reached [95 %]", *shares, "median", "expected running time")
    return Section("targets", "Evaluations until a score was reached", columns, rows, records)


def _shares(found: ToTarget, curves: list[Curve], score: float, grid: Sequence[int]) -> list[float | None]:
    """By each point; None behind the end of a sound run that had not reached it."""
    open_ends = [curve.spent[-1] for curve in curves if not curve.failed and not (curve.score >= score).any()]
    known_until = min(open_ends, default=math.inf)
    by = ecdf(found, np.asarray(grid, np.float64))
    return [float(part) if spent <= known_until else None for spent, part in zip(grid, by, strict=True)]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
