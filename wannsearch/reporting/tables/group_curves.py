"""The best so far of every run of a group, against the evaluations or steps it had spent.

A run that failed and left no curve counts as the floor. A run that is done and left none did not fail: its
scores during the search are not known, so it is left out of the curves and named in a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.run import read_history


@dataclass(frozen=True)
class GroupCurves:
    """One curve per run that failed or left a curve; every curve of the latter has at least one value.

    A run without a held-out score is marked as failed.
    """

    curves: list[Curve]
    runs_without: list[Path]  # folders of runs that are done and have no curve

    def notes(self, x_column: str = "evaluations", named_folders: Sequence[Path] = ()) -> list[str]:
        """Return a note for each run that is done and has no curve, except those in `named_folders`."""
        return [
            f"{folder}: its history has no {x_column} with a score, so it is in no such curve."
            for folder in self.runs_without
            if folder not in named_folders
        ]


def load_curves(group: Group, x_column: str = "evaluations") -> GroupCurves:
    """Return the curves of a group; `x_column` is `evaluations` or `env_steps` of `history.csv`.

    Rows without a cost or a score, and rows at which the cost does not rise, are dropped. Raise DamagedFile
    where `read_history` does.
    """
    loaded, runs_without = [], []
    for run in group.runs:
        history = read_history(run.folder, x_column)
        cost = history.get(x_column, np.empty(0))
        score = history["best_so_far"] if len(cost) else cost
        valid = np.isfinite(cost) & np.isfinite(score)
        cost, score = cost[valid], score[valid]
        is_rising = cost > np.maximum.accumulate(np.concatenate([[0.0], cost[:-1]]))[: len(cost)]
        curve = Curve(cost[is_rising], score[is_rising], has_failed=run.score != run.score)
        if len(curve.cost) or curve.has_failed:
            loaded.append(curve)
        else:
            runs_without.append(run.folder)
    return GroupCurves(loaded, runs_without)
