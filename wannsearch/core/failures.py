"""What an evaluation that went wrong leaves: who, why, and all that is known about where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from wannsearch.core.candidates import Candidates
    from wannsearch.core.protocols import Evaluator, Task
    from wannsearch.core.scores import Scores
    from wannsearch.core.trials import Trials


@dataclass(frozen=True)
class Failure:
    """One individual that could not be played."""

    row: int  # of the population that was asked
    of: int  # how many were asked
    reason: str  # one line
    details: str  # traceback, and what its process wrote

    def __str__(self) -> str:
        return f"network {self.row} of {self.of} failed: {self.reason}"


def first_failure(
    evaluator: Evaluator,
    asked: Candidates,
    task: Task,
    trials: Trials,
    seeds: npt.NDArray[np.uint64],
    scores: Scores,
    failures: Sequence[Failure],
) -> str:
    """Of scores that failed, who was the first, and why: in the evaluator's words, or by looking again."""
    from wannsearch.core.protocols import Explaining

    if failures:
        return str(failures[0])
    row, weight, episode = np.argwhere(~np.isfinite(scores.returns))[0].tolist()
    where = f"network {row} with weight {trials.names()[weight]} in episode {episode}"
    if not isinstance(evaluator, Explaining):
        return f"{where}: its score is not finite"
    shared = None if trials.shared_weights is None else (trials.shared_weights[weight],)
    alone = replace(trials, shared_weights=shared, episodes=1)
    return f"{where}: {evaluator.explain(asked.take([row]), task, alone, seeds[episode : episode + 1])}"
