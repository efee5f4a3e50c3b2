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
from wannsearch.reporting.statistics.targets import RunTimes, ecdf, time_to_target
from wannsearch.reporting.tables.document import Record, Section, format_number


def build_targets_section(
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
            run_times = time_to_target(curves, score)
            share, low, high = run_times.share
            reached_shares = _compute_shares(run_times, curves, score, grid)
            expected_time = run_times.expected_running_time
            rows.append(
                [
                    format_number(score),
                    label,
                    str(run_times.n),
                    f"{100 * share:.3g} % [{100 * low:.3g}, {100 * high:.3g}]",
                    *("-" if part is None else f"{100 * part:.3g} %" for part in reached_shares),
                    format_number(run_times.median),
                    format_number(expected_time),
                ]
            )
            record: Record = {"score": score, "runs_of": label, "n": run_times.n, "reached": share}
            record |= {"reached_low": low, "reached_high": high}
            record |= {f"reached_by_{spent}": part for spent, part in zip(grid, reached_shares, strict=True)}
            record |= {"median": _finite(run_times.median), "expected_running_time": _finite(expected_time)}
            records.append(record)
    if not rows:
        return None
    share_headings = (f"by {spent:,}" for spent in grid)
    columns = ("score", "runs of", "n", "reached [95 %]", *share_headings, "median", "expected running time")
    return Section("targets", "Evaluations until a score was reached", columns, rows, records)


def _compute_shares(
    run_times: RunTimes, curves: list[Curve], score: float, grid: Sequence[int]
) -> list[float | None]:
    """By each point; None behind the end of a sound run that had not reached it."""
    unsolved_ends = [
        curve.cost[-1] for curve in curves if not curve.has_failed and not (curve.score >= score).any()
    ]
    last_known_cost = min(unsolved_ends, default=math.inf)
    ecdf_values = ecdf(run_times, np.asarray(grid, np.float64))
    return [
        float(part) if spent <= last_known_cost else None
        for spent, part in zip(grid, ecdf_values, strict=True)
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
