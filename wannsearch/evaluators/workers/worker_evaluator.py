"""An evaluator whose work is done by supervised worker processes, each with an evaluator of its own.

The work is cut into units (`units`), and a pool (`worker_pool`) hands them out and supervises the workers.
Scores equal those of the evaluator inside the workers alone, to the bit, for any number of workers and any
chunk. Each result has a fixed place, whatever the order of arrival.

An individual has failed if one of its units raises, or if two workers end or exceed the time limit in it.
It then scores NaN (`on_failure: worst`) or ends the run (`stop`). `failures` keeps the reasons.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn

import numpy as np

from wannsearch.core.arrays import IntArray, UInt64Array
from wannsearch.core.errors import ConfigError, EvaluationFailed, WannsearchError, check_at_least
from wannsearch.core.failures import Failure
from wannsearch.core.protocols import Evaluator, ExplainsFailure, Task
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels.engine import num_processors
from wannsearch.evaluators.topology_evaluator import TopologyEvaluator
from wannsearch.evaluators.workers.speed_probe import SpeedProbe, make_probe_network
from wannsearch.evaluators.workers.units import EvaluationJob, decode_scores, split_into_units
from wannsearch.evaluators.workers.worker_pool import WorkerPool, pickle_job

_PROBE_LIMIT_S = 20.0
"""The time after which a worker whose task hangs in the probe is killed; compiled code may load before."""


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
class WorkerEvaluator(TopologyEvaluator):
    """Evaluates populations by splitting individuals over supervised worker processes.

    A subclass says what evaluates a unit (`unit_evaluator`).
    """

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

    @property
    @abstractmethod
    def unit_evaluator(self) -> Evaluator:
        """Return the evaluator inside each worker process."""

    @property
    def num_workers(self) -> int:
        """The number of worker processes."""
        return self.workers or num_processors()

    def select_networks(
        self, candidates: Population, task: Task, trials: Trials
    ) -> tuple[Population, IntArray]:
        """Return the networks that are evaluated, and the row of the one that stands for each candidate."""
        return candidates, np.arange(len(candidates))

    def describe_workers(self, task: Task, trials: Trials) -> str:
        """Return a phrase: the number of processes and the description of the evaluator inside.

        Raises ConfigError where that evaluator or the task cannot be pickled, or where it refuses the task.
        """
        pickle_job(self.unit_evaluator, task)  # raises now, before any worker starts
        plural = "es" if self.num_workers > 1 else ""
        return f"{self.num_workers} process{plural}, each {self.unit_evaluator.describe(task, trials)}"

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
        networks, network_row = self.select_networks(candidates, task, trials)
        shape = (len(networks), trials.num_weights, len(seeds))
        returns, steps = np.full(shape, np.nan), np.zeros(shape, np.int64)
        job = EvaluationJob(self.unit_evaluator, task, networks, trials, seeds, split_into_units(*shape))
        failed_rows: list[int] = []
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
            failed_rows.append(row)
            for candidate_row in np.flatnonzero(network_row == row).tolist():
                new_failures.append(Failure(candidate_row, len(candidates), reason, details))
            if self.on_failure is OnFailure.STOP:
                raise EvaluationFailed(f"{new_failures[-1]}; evaluator.on_failure=stop ends the run.")

        try:
            self._worker_pool.evaluate_units(
                job,
                self.num_workers,
                self.time_limit_s,
                self.chunk,
                store_scores,
                record_failure,
            )
        finally:
            self.failures.extend(sorted(new_failures, key=lambda failure: failure.row))
        returns[failed_rows], steps[failed_rows] = np.nan, 0
        return Scores(returns[network_row], steps[network_row], len(networks)), candidates

    def explain(self, network: Population, task: Task, trials: Trials, seeds: UInt64Array) -> str:
        """Return the cause of a NaN score, found by the evaluator in a worker process.

        Where the worker fails before that, its failure is the cause. `failures` does not change.
        """
        reasons: list[str] = []
        job = EvaluationJob(
            _ExplainingEvaluator(self.unit_evaluator), task, network, trials, seeds, split_into_units(1, 1, 1)
        )
        self._worker_pool.evaluate_units(
            job,
            self.num_workers,
            self.time_limit_s,
            self.chunk,
            lambda *_: None,
            lambda _, reason, __: reasons.append(
                reason.partition(f"{EvaluationFailed.__name__}: ")[2] or reason
            ),
        )
        return reasons[0] if reasons else "its return is not finite"

    def measure_step_rate(self, task: Task, trials: Trials) -> float:
        """Return the steps per second of all workers, which play at the same time (`speed_probe`).

        NaN where one of them fails, or hangs until it is killed. `failures` does not change.
        """
        rates: list[float] = []
        networks = Population.concatenate([make_probe_network(task.ports)] * self.num_workers)
        own_weights, seeds = Trials(shared_weights=None, episodes=1), np.zeros(1, np.uint64)
        job = EvaluationJob(
            SpeedProbe(self.unit_evaluator, trials),
            task,
            networks,
            own_weights,
            seeds,
            split_into_units(self.num_workers, 1, 1),
        )
        with suppress(WannsearchError):  # the search meets the same error, and reports it
            self._worker_pool.evaluate_units(
                job,
                self.num_workers,
                min(self.time_limit_s or math.inf, _PROBE_LIMIT_S),
                1,
                lambda number, content: rates.append(decode_scores(job.units[number], content)[0].item()),
                lambda *_: None,
            )
        return sum(rates) if len(rates) == self.num_workers else math.nan

    def close(self) -> None:
        """End the worker processes; the next evaluation starts new ones."""
        self._worker_pool.close()
