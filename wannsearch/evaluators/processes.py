"""Individuals spread over supervised worker processes, each with an evaluator of its own.

This evaluator serves tasks written in Python that hold the interpreter, hang, crash or leak. The inner
evaluator computes the scores, one individual after another (`workers.worker_evaluator`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from wannsearch.core.errors import ConfigError
from wannsearch.core.protocols import Evaluator, Task
from wannsearch.core.trials import Trials
from wannsearch.evaluators.workers.worker_evaluator import WorkerEvaluator


@dataclass(frozen=True, kw_only=True)
class Processes(WorkerEvaluator):
    """Evaluates populations on any task that can be pickled."""

    speed_rank: ClassVar[int] = 20
    inner: Evaluator

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.inner, WorkerEvaluator):
            raise ConfigError("evaluator.inner has worker processes; workers have no workers of their own.")

    @classmethod
    def can_evaluate(cls, task_type: type[Any]) -> bool:
        """Return True: the workers of the default inner evaluator play any task."""
        return True

    @property
    def unit_evaluator(self) -> Evaluator:
        """Return the evaluator of the settings."""
        return self.inner

    def describe(self, task: Task, trials: Trials) -> str:
        """Return one line: the number of processes and the description of the inner evaluator.

        Raises ConfigError where the inner evaluator or the task cannot be pickled, or where the inner
        evaluator refuses the task.
        """
        return f"processes: {self.describe_workers(task, trials)}"
