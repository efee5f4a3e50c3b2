"""The best so far of every run of a group, against what it had spent."""

from __future__ import annotations

import numpy as np

from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.run import read_history


def curves(group: Group, against: str = "evaluations") -> list[Curve]:
    """One a run, failed ones marked; `against` is `evaluations` or `env_steps`."""
    found = []
    for run in group.runs:
        history = read_history(run.folder)
        spent = history.get(against, np.empty(0))
        score = history["best_so_far"] if len(spent) else spent
        known = np.isfinite(spent) & np.isfinite(score)
        found.append(Curve(spent[known], score[known], failed=run.score != run.score))
    return found
