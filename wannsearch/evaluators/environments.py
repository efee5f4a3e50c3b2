"""The evaluator for live environments: many individuals step together in each supervised worker process.

Supervision is that of `workers.worker_evaluator`: a worker may die, hang or be poisoned. In a worker the
episodes of all individuals in its chunk are stepped together (`environment_lanes`), at most `in_flight` at a
time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from wannsearch.core.arrays import IntArray, UInt64Array
from wannsearch.core.protocols import Evaluator, Task
from wannsearch.core.scores import Scores
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.environment_lanes import EnvironmentLanes, as_environment_task
from wannsearch.evaluators.topology_evaluator import mark_finite_weights
from wannsearch.evaluators.workers.worker_evaluator import WorkerEvaluator


@dataclass(frozen=True, kw_only=True)
class Environments(WorkerEvaluator):
    """Evaluates populations on tasks of live environments (`EnvironmentTask`)."""

    speed_rank: ClassVar[int] = 25
    in_flight: int  # environments in progress in each worker
    simplify: bool  # remove, fold and share whatever changes no score (`kernels.simplify`)
    _lanes: EnvironmentLanes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "_lanes", EnvironmentLanes(in_flight=self.in_flight))

    @classmethod
    def can_evaluate(cls, task_type: type[Any]) -> bool:
        """Return whether the tasks of this class have live environments."""
        return EnvironmentLanes.can_evaluate(task_type)

    @property
    def unit_evaluator(self) -> Evaluator:
        """Return the evaluator that steps many environments together."""
        return self._lanes

    def select_networks(
        self, candidates: Population, task: Task, trials: Trials
    ) -> tuple[Population, IntArray]:
        """Return the distinct networks, and the row of the one that stands for each candidate."""
        if not self.simplify:
            return candidates, np.arange(len(candidates))
        from wannsearch.evaluators.kernels.simplify import simplify_population

        distinct = simplify_population(candidates, task.ports, trials.shared_weights is None)
        return distinct.population, distinct.representative

    def evaluate(
        self,
        candidates: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = True,
    ) -> tuple[Scores, Population]:
        """Return scores (P, K, R), as every evaluator with workers does.

        A network with a weight of its own that is not finite scores NaN, even if the weight reaches no output
        and is left out. Raises ConfigError where the task has no live environments.
        """
        as_environment_task(task)
        scores, candidates = super().evaluate(candidates, task, trials, seeds, learn)
        is_finite = mark_finite_weights(candidates, trials)[:, :, None]
        return replace(scores, returns=np.where(is_finite, scores.returns, np.nan)), candidates

    def describe(self, task: Task, trials: Trials) -> str:
        """Return one line: the number of processes and of the environments in each.

        Raises ConfigError where the task has no live environments or cannot be pickled.
        """
        return f"environments: {self.describe_workers(task, trials)}"
