"""Names of scores, which are also their units: scores of different names are never compared.

A task names its score (`score_name`, "return" by default). An evaluator that computes scores of its own,
as training does, names them itself: the score of its final test and the fitness of a search may differ.
The unit of work has a name too: images shown are not steps of an environment.
"""

from __future__ import annotations

from wannsearch.core.protocols import Evaluator, NamesOwnScores, NamesScore, Task

RETURN = "return"
"""The name of a score that no task names: the sum of an episode's rewards."""
ENVIRONMENT_STEPS = "environment steps"
"""The unit of work of an evaluator that names no other."""


def name_score(task: Task, evaluator: Evaluator) -> str:
    """Return the name of the score of the final test."""
    return evaluator.test_score_name if isinstance(evaluator, NamesOwnScores) else _name_task_score(task)


def name_fitness(task: Task, evaluator: Evaluator) -> str:
    """Return the name of the score of a search: of its history and of its recorded best."""
    return evaluator.fitness_name if isinstance(evaluator, NamesOwnScores) else _name_task_score(task)


def name_steps(evaluator: Evaluator) -> str:
    """Return the unit of work that the column `env_steps` counts."""
    return evaluator.steps_name if isinstance(evaluator, NamesOwnScores) else ENVIRONMENT_STEPS


def _name_task_score(task: Task) -> str:
    return task.score_name if isinstance(task, NamesScore) else RETURN
