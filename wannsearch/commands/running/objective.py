"""The objective of a job: the score by which a sweeper may choose settings.

It is a score that the search itself selects by, never a held-out or a test score: a choice by those would
leave no data unused. Higher is better; NaN stands for none.

    simulated network    `best_so_far` in the last row of `history.csv`: the recorded mean, normally re-tested
    network on images    its accuracy on the validation images, mean over the weights of the trial
    sub-networks         validation accuracy after the full training, mean over the trained networks

The objective is computed from the files of the run folder, so a run that was finished earlier has the same
one as a new run.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wannsearch.kinds.candidate_kind import CandidateKind
    from wannsearch.search import Search


def read_recorded_score(folder: Path) -> float:
    """Return the score of the recorded best in this folder; NaN unless the run is finished."""
    from wannsearch.records.run_status import RunState, read_status

    run = read_status(folder)
    return math.nan if run.state is not RunState.DONE or run.best_so_far is None else run.best_so_far


def measure_objective(folder: Path, search: Search, kind: CandidateKind) -> float:
    """Return the objective of the finished search in this folder; NaN if there is none.

    `search` supplies task and evaluator. Errors are those of `CandidateKind.measure_objective`.
    """
    score = read_recorded_score(folder)
    return score if math.isnan(score) else kind.measure_objective(folder, search, score)
