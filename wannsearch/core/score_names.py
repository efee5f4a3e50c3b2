"""What a score is, in words that are also its unit: scores of different names are never compared.

A task names what it pays (`score_name`, "return" where it does not say). An evaluator that makes scores of
its own, as training does, names them itself: what its final test measures and what a search sees may differ.
What an evaluation is counted in has a name too: images shown are no steps of an environment.
"""

from __future__ import annotations

from wannsearch.core.protocols import Evaluator, Task

RETURN = "return"
ENVIRONMENT_STEPS = "environment steps"


def name_score(task: Task, evaluator: Evaluator) -> str:
    """What the final test measures."""
    return str(getattr(evaluator, "test_score_name", getattr(task, "score_name", RETURN)))


def name_fitness(task: Task, evaluator: Evaluator) -> str:
    """What a search sees: the scores of its history and of its recorded best."""
    return str(getattr(evaluator, "fitness_name", getattr(task, "score_name", RETURN)))


def name_steps(evaluator: Evaluator) -> str:
    """What `env_steps` counts."""
    return str(getattr(evaluator, "steps_name", ENVIRONMENT_STEPS))
