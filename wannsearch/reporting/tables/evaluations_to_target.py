"""Evaluations until a score was reached: the share of runs that reached it, and their run times.

Runs that never reached it count in the share, in the median and in the distribution, and are in no mean
(`statistics.targets`). The distribution ends where a run that did not fail ended without the score: with more
evaluations it might have reached it. Counts are exact to a row of a history, which is one generation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.statistics.targets import RunTimes, ecdf, time_to_target
from wannsearch.reporting.tables.document import (
    Column,
    MaybeInfinite,
    Record,
    Section,
    format_number,
    number_column,
    value_column,
)


def build_targets_section(
    runs: Sequence[tuple[str, list[Curve]]], scores: Sequence[float], grid: Sequence[int]
) -> Section | None:
    """Return one row for each score and each name of some runs; None where there is no curve or no score.

    `runs` are (name, curves) pairs; names without a curve have no row. `grid` are the numbers of evaluations
    by which the shares of runs that reached the score are given.
    """
    records = []
    for score in scores:
        for label, curves in runs:
            if not curves:
                continue
            run_times = time_to_target(curves, score)
            share, low, high = run_times.share
            record: Record = {"score": score, "runs_of": label, "n": run_times.n, "reached": share}
            record |= {"reached_low": low, "reached_high": high}
            reached_shares = _compute_shares(run_times, curves, score, grid)
            record |= {f"reached_by_{spent}": part for spent, part in zip(grid, reached_shares, strict=True)}
            record |= {"median": MaybeInfinite(run_times.median)}
            record |= {"expected_running_time": MaybeInfinite(run_times.expected_running_time)}
            records.append(record)
    if not records:
        return None
    columns = [
        number_column("score", "score"),
        value_column("runs of", "runs_of"),
        value_column("n", "n"),
        Column("reached [95 %]", "reached", _format_share),
        *(
            value_column(f"by {spent:,}", f"reached_by_{spent}", lambda part: f"{100 * part:.3g} %")
            for spent in grid
        ),
        value_column("median", "median", _format_evaluations),
        value_column("expected running time", "expected_running_time", _format_evaluations),
    ]
    return Section("targets", "Evaluations until a score was reached", columns, records)


def _format_share(record: Record) -> str:
    share, low, high = (100 * record[key] for key in ("reached", "reached_low", "reached_high"))
    return f"{share:.3g} % [{low:.3g}, {high:.3g}]"


def _format_evaluations(evaluations: MaybeInfinite) -> str:
    return format_number(evaluations.value)


def _compute_shares(
    run_times: RunTimes, curves: list[Curve], score: float, grid: Sequence[int]
) -> list[float | None]:
    """Return the share of runs that reached the score by each point of the grid (G,).

    A share is None behind the end of a run that did not fail and had not reached the score.
    """
    unsolved_ends = [
        curve.cost[-1] for curve in curves if not curve.has_failed and not (curve.score >= score).any()
    ]
    last_known_cost = min(unsolved_ends, default=math.inf)
    ecdf_values = ecdf(run_times, np.asarray(grid, np.float64))
    return [
        float(part) if spent <= last_known_cost else None
        for spent, part in zip(grid, ecdf_values, strict=True)
    ]
