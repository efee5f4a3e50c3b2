"""The best so far of every run of a group, against what it had spent.

A run that failed and left no curve counts as the floor. One that is done and left none is no failure:
what it found on the way is not known, so it is left out here, and named.
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
    """A curve a run, failed ones marked; sound ones hold a value at least."""

    curves: list[Curve]
    without: list[Path]  # runs that are done and have none

    def notes(self, against: str = "evaluations", but: Sequence[Path] = ()) -> list[str]:
        """A line for each run that is not there, `but` those that have been named."""
        return [
            f"{folder}: its history has no {against} with a score, so it is in no such curve."
            for folder in self.without
            if folder not in but
        ]


def curves(group: Group, against: str = "evaluations") -> GroupCurves:
    """`against` is `evaluations` or `env_steps`."""
    found, without = [], []
    for run in group.runs:
        history = read_history(run.folder, against)
        spent = history.get(against, np.empty(0))
        score = history["best_so_far"] if len(spent) else spent
        known = np.isfinite(spent) & np.isfinite(score)
        spent, score = spent[known], score[known]
        rising = spent > np.maximum.accumulate(np.concatenate([[0.0], spent[:-1]]))[: len(spent)]
        curve = Curve(spent[rising], score[rising], failed=run.score != run.score)
        if len(curve.spent) or curve.failed:
            found.append(curve)
        else:
            without.append(run.folder)
    return GroupCurves(found, without)
