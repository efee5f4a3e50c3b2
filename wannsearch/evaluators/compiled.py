"""The fast evaluator: vector code, with individuals spread over threads.

A task that describes its lanes (`LaneTask`) is fused with the networks into one kernel. Simulations run
through `evaluate_simulation`, labelled data through `evaluate_labelled`. The lanes of each individual are
computed alone and in a fixed order. So scores depend neither on the chunk nor on the number of threads,
to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, ClassVar

import numpy as np

from wannsearch.core.arrays import UInt64Array
from wannsearch.core.errors import ConfigError, not_allowed_error
from wannsearch.core.protocols import Task
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels.engine import Engine, Kernels, num_processors, processor_vector_bits
from wannsearch.evaluators.kernels.evaluate_labelled import evaluate_labelled
from wannsearch.evaluators.kernels.evaluate_simulation import evaluate_simulation
from wannsearch.evaluators.kernels.probe import probe_rate
from wannsearch.evaluators.kernels.simplify import SimplifiedPopulation, simplify_population
from wannsearch.evaluators.topology_evaluator import TopologyEvaluator, mark_finite_weights

_VECTOR_WIDTHS = (512, 256, 128)


class LanePrecision(str, Enum):
    """The floating-point format of every number in a lane."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"


@dataclass(frozen=True, kw_only=True)
class Compiled(TopologyEvaluator):
    """Evaluates populations on tasks that describe their lanes (`LaneTask`)."""

    speed_rank: ClassVar[int] = 30
    precision: LanePrecision
    threads: int | None  # None: as many as the processors this process may use
    chunk: int | None  # individuals per kernel call; None: a few calls per thread
    max_memory: float | None  # GiB for results and lanes; None: bounded by the machine's memory
    vector_bits: int | None  # 512, 256 or 128; None: the processor's widest. Scores do not depend on it.
    simplify: bool  # remove, fold and share whatever changes no score (`kernels.simplify`)
    calls: list[int] = field(default_factory=list, init=False, repr=False, compare=False)
    """The kernel rows in each call of the last evaluation: individuals, or blocks of one topology's lanes."""
    _kernels: Kernels = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("threads", "chunk"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"evaluator.{name} is {value}; it must be at least 1, or null.")
        if self.max_memory is not None and not self.max_memory > 0:
            raise ConfigError(f"evaluator.max_memory is {self.max_memory}; it must be above 0 GiB, or null.")
        if self.vector_bits not in (None, *_VECTOR_WIDTHS):
            raise not_allowed_error(
                "evaluator.vector_bits", self.vector_bits, [*map(str, _VECTOR_WIDTHS), "null"]
            )

    @classmethod
    def can_evaluate(cls, task_type: type[Any]) -> bool:
        """Return whether the tasks of this class describe their lanes."""
        return issubclass(task_type, LaneTask)

    def describe(self, task: Task, trials: Trials) -> str:
        """Return one line: vector width, precision, threads and a rate, measured now without simplification.

        Raises ConfigError where the task is no `LaneTask` or cannot be compiled, or memory is too small.
        """
        _as_lane_task(task)
        width, threads = self.vector_bits or processor_vector_bits(), self.threads or num_processors()
        plural = "s" if threads > 1 else ""
        rate = probe_rate(replace(self, simplify=False), task, trials)
        return f"compiled: {width}-bit vectors, {self.precision.value}, {threads} thread{plural}; {rate}"

    def evaluate(
        self,
        candidates: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = True,
    ) -> tuple[Scores, Population]:
        """Return scores (P, K, R) for every individual, weight and seed (R,), and the same candidates.

        NaN marks a return, observation or evaluated weight that is not finite in the lanes' format, or a
        NaN output. `learn` has no effect. Raises ConfigError where the task is no `LaneTask`, branches on
        values or does not fit its ports, or where memory is too small.
        """
        lane_task = _as_lane_task(task)
        starts = lane_task.checked_starts(seeds)
        if self.simplify:
            distinct_networks = simplify_population(candidates, task.ports, trials.shared_weights is None)
        else:
            first_varying = np.full(len(candidates), task.ports.first_hidden, np.int32)
            distinct_networks = SimplifiedPopulation(candidates, first_varying, np.arange(len(candidates)))
        self.calls.clear()
        engine = self._build_engine()
        if isinstance(lane_task, LabelledTask):
            returns = evaluate_labelled(engine, distinct_networks.population, lane_task, trials, starts)
            steps = np.ones(returns.shape, np.int64)
        else:
            returns, steps = evaluate_simulation(engine, distinct_networks, lane_task, trials, starts)
        returns = returns[distinct_networks.representative]
        lane_dtype = np.float64 if engine.bits == 64 else np.float32
        is_finite = np.isfinite(returns) & mark_finite_weights(candidates, trials, lane_dtype)[:, :, None]
        scores = Scores(
            np.where(is_finite, returns, np.nan),
            steps[distinct_networks.representative],
            len(distinct_networks.population),
        )
        return scores, candidates

    def _build_engine(self) -> Engine:
        return Engine(
            bits=64 if self.precision is LanePrecision.FLOAT64 else 32,
            vector_bits=self.vector_bits or processor_vector_bits(),
            threads=self.threads or num_processors(),
            chunk=self.chunk,
            max_memory=self.max_memory,
            calls=self.calls,
            kernels=self._kernels,
        )


def _as_lane_task(task: Task) -> LaneTask:
    """Return the task as a `LaneTask`; raise ConfigError where it is none."""
    if isinstance(task, LaneTask):
        return task
    raise ConfigError(
        f"evaluator=compiled cannot play {type(task).__name__}, which does not describe its lanes; "
        "evaluator=processes can, on all processors, and evaluator=reference, on one."
    )
