"""What one run measured beyond its held-out mean: each shared weight of its best, the sweep, the seconds.

The final test of a run writes the mean at each weight of the search and, beside it, a sweep of weights. The
mean of the sweep is the score with a random shared weight. The largest mean of the sweep is that with the
best shared weight, chosen on the episodes that it is measured on.

A run solves its task if its best does so at every weight of the final test: its mean reaches the solved
score there or, for truth tables and other labelled data with an accuracy, every row is right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.untrusted import damaged_file_error, is_finite_number
from wannsearch.records import layout
from wannsearch.records.reader import RunFolder
from wannsearch.records.run_status import RunState
from wannsearch.reporting.tables.run import MAX_SCORE, Run

_DURATION_COLUMNS = ("ask_s", "evaluate_s", "tell_s", "record_s", "retest_s")


@dataclass(frozen=True)
class SharedWeightMeasures:
    """The scores of one run's best by shared weight, and what its search took."""

    means: FloatArray  # by weight of the final test; NaN where it failed
    num_weights_right: int | None  # weights at which every row is right; None where there is no accuracy
    sweep_weights: FloatArray  # (W,); (0,) without a sweep, as networks with own weights have none
    sweep_means: FloatArray  # (W,); NaN where it failed
    seconds: float  # of the search, without its final test; NaN where they were not recorded

    @property
    def sweep_mean(self) -> float | None:
        """The mean over the sweep; NaN where it failed at a weight, None without a sweep."""
        return float(self.sweep_means.mean()) if len(self.sweep_means) else None

    @property
    def best_sweep_mean(self) -> float | None:
        """The mean at the best weight of the sweep; NaN where it failed at all weights, None without one."""
        if not len(self.sweep_means):
            return None
        valid = self.sweep_means[~np.isnan(self.sweep_means)]
        return float(valid.max()) if len(valid) else math.nan

    @property
    def best_sweep_weight(self) -> float | None:
        """The weight of `best_sweep_mean`, the first of equal ones; None where there is none."""
        if np.isnan(self.sweep_means).all():
            return None
        return float(self.sweep_weights[np.nanargmax(self.sweep_means)])

    def solves(self, solved_score: float | None) -> bool | None:
        """Return whether the task is solved at every weight; None where nothing says what that is."""
        if self.num_weights_right is not None:
            return self.num_weights_right == len(self.means)
        if solved_score is None or not len(self.means):
            return None
        return bool((self.means >= solved_score).all())


def read_measures(run: Run) -> SharedWeightMeasures | None:
    """Return the measures of a run, from its folder; None where it is not done.

    Raise DamagedFile, in one line, where a file is missing or holds no such numbers.
    """
    if run.state is not RunState.DONE:
        return None
    files = RunFolder(run.folder)
    summary_path, evaluation_path = str(run.folder / layout.SUMMARY), str(run.folder / layout.EVALUATION)
    held_out = files.read_summary().get("held_out")
    held_out = held_out if isinstance(held_out, dict) else {}
    sweep: Any = files.read_evaluation().get("sweep") if files.has_file(layout.EVALUATION) else None
    sweep = sweep if isinstance(sweep, dict) else {}
    sweep_weights, sweep_means = (_read_list(evaluation_path, sweep, key) for key in ("weights", "mean"))
    if len(sweep_weights) != len(sweep_means):
        raise damaged_file_error(
            evaluation_path, "its sweep has means without weights", "each weight has one mean"
        )
    solved_at = held_out.get("solved_at")
    return SharedWeightMeasures(
        means=_read_list(summary_path, held_out, "mean"),
        num_weights_right=len(solved_at) if isinstance(solved_at, list) else None,
        sweep_weights=sweep_weights,
        sweep_means=sweep_means,
        seconds=_read_seconds(files),
    )


def _read_list(path: str, part: Mapping[str, Any], key: str) -> FloatArray:
    """Return a list of numbers, in which null is NaN; an empty one where the key is absent."""
    values = part.get(key, [])
    is_list = isinstance(values, list)
    if not is_list or not all(value is None or is_finite_number(value) for value in values):
        raise damaged_file_error(path, f"{key} is no list of numbers", "a final test has one number a weight")
    numbers = np.array([math.nan if value is None else value for value in values], np.float64)
    if (np.abs(numbers) > MAX_SCORE).any():
        raise damaged_file_error(path, f"{key} is too large", f"no score is beyond {MAX_SCORE:g}")
    return numbers


def _read_seconds(files: RunFolder) -> float:
    if not files.has_file(layout.TIMING):
        return math.nan
    columns = files.read_columns(layout.TIMING, (), _DURATION_COLUMNS, may_be_empty=True)
    return float(sum(np.nansum(column) for column in columns.values())) if columns else math.nan
