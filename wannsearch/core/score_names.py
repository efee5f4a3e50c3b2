"""What a score is, in words that are also its unit: scores of different names are never compared.

A task names what it pays (`score_name`, "return" where it does not say). An evaluator that makes scores of
its own, as training does, names them itself: what its final test measures and what a search sees may differ.
What an evaluation is counted in has a name too: images shown are no steps of an environment.
"""

from __future__ import annotations

from wannsearch.core.protocols import Evaluator, NamesOwnScores, NamesScore, Task

RETURN = "return"
ENVIRONMENT_STEPS = "environment steps"


def name_score(task: Task, evaluator: Evaluator) -> str:
    """Name the score of the final test."""
    return evaluator.test_score_name if isinstance(evaluator, NamesOwnScores) else _name_task_score(task)


def name_fitness(task: Task, evaluator: Evaluator) -> str:
    """Name the score that a search sees: that of its history and of its recorded best."""
    return evaluator.fitness_name if isinstance(evaluator, NamesOwnScores) else _name_task_score(task)


def name_steps(evaluator: Evaluator) -> str:
    """Name what `env_steps` counts."""
    return evaluator.steps_name if isinstance(evaluator, NamesOwnScores) else ENVIRONMENT_STEPS


def _name_task_score(task: Task) -> str:
    return task.score_name if isinstance(task, NamesScore) else RETURN
