"""Individuals spread over supervised worker processes, each with an evaluator of its own.

This evaluator serves tasks written in Python: environments that hold the interpreter, hang, crash or
leak. The inner evaluator computes the scores. The work is cut into units (`workers.units`), and a pool
(`workers.worker_pool`) hands them out and supervises the workers. Scores equal those of the inner
evaluator alone, to the bit, for any number of workers and any chunk. Each result has a fixed place,
whatever the order of arrival.

An individual has failed if one of its units raises, or if two workers end or exceed the time limit in it.
It then scores NaN (`on_failure: worst`) or ends the run (`stop`). `failures` keeps the reasons.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, NoReturn

import numpy as np

from wannsearch.core.arrays import UInt64Array
from wannsearch.core.errors import ConfigError, EvaluationFailed, check_at_least
from wannsearch.core.failures import Failure
from wannsearch.core.measurement import Measurement, TestProtocol, to_measurement
from wannsearch.core.protocols import Evaluator, ExplainsFailure, Task
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels.engine import num_processors
from wannsearch.evaluators.workers.units import EvaluationJob, decode_scores, split_into_units
from wannsearch.evaluators.workers.worker_pool import WorkerPool, pickle_job


class OnFailure(str, Enum):
    """The consequence of an individual that cannot be evaluated."""

    WORST = "worst"  # NaN: ranked behind all others
    STOP = "stop"  # the run ends with exit code 69


@dataclass(frozen=True)
class _ExplainingEvaluator:
    """An evaluator for one worker that raises the cause of a NaN score instead of returning scores."""

    inner: Evaluator

    def evaluate(
        self,
        candidates: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = False,
    ) -> NoReturn:
        """Raise EvaluationFailed with the reason of the inner evaluator, or a general one if it has none."""
        inner: object = self.inner
        if isinstance(inner, ExplainsFailure):
            raise EvaluationFailed(inner.explain(candidates, task, trials, seeds))
        raise EvaluationFailed("its return is not finite")


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Evaluates populations by splitting individuals over supervised worker processes."""

    candidate_type: ClassVar[type[Population]] = Population
    speed_rank: ClassVar[int] = 20
    inner: Evaluator
    workers: int | None  # None: as many as the processors this process may use
    time_limit_s: float | None  # per unit: up to 32 weights x episodes of one individual; None: no limit
    on_failure: OnFailure
    chunk: int | None  # units sent to a worker at a time; None: about eight chunks per worker
    failures: list[Failure] = field(default_factory=list, init=False, repr=False, compare=False)
    """The individuals that could not be evaluated since this list was last cleared."""
    listeners: list[Callable[[str], None]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    """Callbacks that receive progress messages, since an environment may take minutes a generation."""
    _worker_pool: WorkerPool = field(default_factory=WorkerPool, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("workers", "chunk"):
            if getattr(self, name) is not None:
                check_at_least(f"evaluator.{name}", getattr(self, name), 1)
        if self.time_limit_s is not None and not 0 < self.time_limit_s < math.inf:
            raise ConfigError(f"evaluator.time_limit_s is {self.time_limit_s}; it must be above 0, or null.")
        if isinstance(self.inner, Processes):
            raise ConfigError("evaluator.inner is processes; workers have no workers of their own.")

    @classmethod
    def can_evaluate(cls, task_type: type[Any]) -> bool:
        """Return True: the workers of the default inner evaluator play any task."""
        return True

    def describe(self, task: Task, trials: Trials) -> str:
        """Return one line: the number of processes and the description of the inner evaluator.

        Raises ConfigError where the inner evaluator or the task cannot be pickled, or where the inner
        evaluator refuses the task.
        """
        pickle_job(self.inner, task)  # raises now, before any worker starts
        num_workers = self.workers or num_processors()
        plural = "es" if num_workers > 1 else ""
        return f"processes: {num_workers} process{plural}, each {self.inner.describe(task, trials)}"

    def evaluate(
        self,
        candidates: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = True,
    ) -> tuple[Scores, Population]:
        """Return scores (P, K, R) for every individual, weight and seed (R,), and the same candidates.

        A failed individual scores NaN, with 0 steps, and joins `failures`. `learn` has no effect. Raises
        EvaluationFailed at the first failure where `on_failure` is `stop`, or where workers cannot be
        started. Raises ConfigError where the inner evaluator or the task cannot be pickled or loaded.
        """
        shape = (len(candidates), trials.num_weights, len(seeds))
        returns, steps = np.full(shape, np.nan), np.zeros(shape, np.int64)
        job = EvaluationJob(self.inner, task, candidates, trials, seeds, split_into_units(*shape))
        new_failures: list[Failure] = []
        num_done = [0]

        def store_scores(unit_index: int, content: bytes) -> None:
            unit = job.units[unit_index]
            index = (unit.row, slice(*unit.weights), slice(*unit.episodes))
            returns[index], steps[index] = decode_scores(unit, content)
            num_done[0] += returns[index].size
            for listener in self.listeners:
                listener(f"{num_done[0]:,} of {returns.size:,} episodes")

        def record_failure(row: int, reason: str, details: str) -> None:
            new_failures.append(Failure(row, len(candidates), reason, details))
            if self.on_failure is OnFailure.STOP:
                raise EvaluationFailed(f"{new_failures[-1]}; evaluator.on_failure=stop ends the run.")

        try:
            self._worker_pool.evaluate_units(
                job,
                self.workers or num_processors(),
                self.time_limit_s,
                self.chunk,
                store_scores,
                record_failure,
            )
        finally:
            self.failures.extend(sorted(new_failures, key=lambda failure: failure.row))
        for failure in new_failures:
            returns[failure.row], steps[failure.row] = np.nan, 0
        return Scores(returns, steps), candidates

    def measure(self, network: Population, task: Task, protocol: TestProtocol) -> Measurement:
        """Return the final test of one network: returns and steps (K, R) for seeds (R,)."""
        trials = Trials(shared_weights=protocol.shared_weights, episodes=len(protocol.seeds))
        return to_measurement(self.evaluate(network, task, trials, protocol.seeds, learn=False)[0], trials)

    def explain(self, network: Population, task: Task, trials: Trials, seeds: UInt64Array) -> str:
        """Return the cause of a NaN score, found by the inner evaluator in a worker process.

        Where the worker fails before that, its failure is the cause. `failures` does not change.
        """
        reasons: list[str] = []
        job = EvaluationJob(
            _ExplainingEvaluator(self.inner), task, network, trials, seeds, split_into_units(1, 1, 1)
        )
        num_workers = self.workers or num_processors()
        self._worker_pool.evaluate_units(
            job,
            num_workers,
            self.time_limit_s,
            self.chunk,
            lambda *_: None,
            lambda _, reason, __: reasons.append(
                reason.partition(f"{EvaluationFailed.__name__}: ")[2] or reason
            ),
        )
        return reasons[0] if reasons else "its return is not finite"

    def close(self) -> None:
        """End the worker processes; the next evaluation starts new ones."""
        self._worker_pool.close()
