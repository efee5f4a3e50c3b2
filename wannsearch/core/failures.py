"""Failed evaluations: the record that an evaluator with workers keeps, and a description of the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.core.arrays import UInt64Array

if TYPE_CHECKING:
    from wannsearch.core.candidates import Candidates
    from wannsearch.core.protocols import Evaluator, Task
    from wannsearch.core.scores import Scores
    from wannsearch.core.trials import Trials


@dataclass(frozen=True)
class Failure:
    """A failure is one candidate whose evaluation failed in a worker process; `str` gives one line."""

    row: int  # row of the candidate in its population
    num_candidates: int  # size of that population
    reason: str  # one line
    details: str  # traceback, and the output of its process

    def __str__(self) -> str:
        return f"network {self.row} of {self.num_candidates} failed: {self.reason}"


def describe_first_failure(
    evaluator: Evaluator,
    candidates: Candidates,
    task: Task,
    trials: Trials,
    seeds: UInt64Array,
    scores: Scores,
    failures: Sequence[Failure],
) -> str:
    """Describe the first failed evaluation and its reason, in one line.

    The reason is that of `failures[0]`. Without failures, the first return of `scores` that is not finite
    (IndexError if there is none) is explained: an evaluator that `ExplainsFailure` evaluates its network once
    more. `seeds` (R,) are those of the scores.
    """
    from wannsearch.core.protocols import ExplainsFailure

    if failures:
        return str(failures[0])
    row, weight_index, episode = np.argwhere(~np.isfinite(scores.returns))[0].tolist()
    location = f"network {row} with weight {trials.weight_names()[weight_index]} in episode {episode}"
    if not isinstance(evaluator, ExplainsFailure):
        return f"{location}: its score is not finite"
    shared_weights = None if trials.shared_weights is None else (trials.shared_weights[weight_index],)
    single_trial = replace(trials, shared_weights=shared_weights, episodes=1)
    return f"{location}: " + evaluator.explain(
        candidates.take([row]), task, single_trial, seeds[episode : episode + 1]
    )
