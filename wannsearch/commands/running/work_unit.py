"""The unit of work of a search: what an evaluation costs, for a rate that a person can judge.

An environment costs steps. A batch of labelled data is one step of the history, and costs its rows. An
evaluator with scores of its own, such as training, names its work itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.protocols import Evaluator, NamesOwnScores, Task
from wannsearch.core.streams import Role
from wannsearch.core.subnetworks.images import HasLabelledImages
from wannsearch.core.tasks.labelled_task import LabelledTask


@dataclass(frozen=True)
class WorkUnit:
    """A plural name, and the number of these units in one of the history's `env_steps`."""

    name: str
    per_step: int = 1


def find_work_unit(task: Task, evaluator: Evaluator) -> WorkUnit:
    """Return the unit of work of this evaluator on this task; errors are those of the task's data."""
    if isinstance(evaluator, NamesOwnScores):
        return WorkUnit(evaluator.steps_name)
    if isinstance(task, LabelledTask):
        rows = task.start_values(task.episode_seeds(0, Role.EPISODES, 1, 1)).shape[1]
        return WorkUnit("images" if isinstance(task, HasLabelledImages) else "rows", rows)
    return WorkUnit("env steps")
