"""The fast one: lanes of shared weights x episodes in vector code, individuals over threads.

A task that describes its lanes (`LaneTask`) is fused with the networks into one kernel
(`lanes/play`). Each individual's lanes are computed alone and in a fixed order, so scores depend
neither on the chunk nor on the number of threads, to the bit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import binding as llvm

from wannsearch.core.errors import ConfigError, not_allowed
from wannsearch.core.lanes import LaneTask
from wannsearch.core.measurement import Measurement, TestProtocol, measured
from wannsearch.core.population import Population
from wannsearch.core.protocols import Task
from wannsearch.core.scores import Scores
from wannsearch.core.trials import Trials
from wannsearch.evaluators.lanes.objects import loaded
from wannsearch.evaluators.lanes.play import written
from wannsearch.evaluators.lanes.vector import Shape
from wannsearch.evaluators.lanes.writer import ALIGNMENT, ARGUMENTS, NAME
from wannsearch.evaluators.simplify import Simplified, simplified

_WIDTHS = (512, 256, 128)
_MOST_CHUNKS = 4  # vectors side by side that the registers hold
_PIECES_PER_THREAD = 8


class Precision(str, Enum):
    """The format of every number in a lane."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def processor_bits() -> int:
    """The widest vectors that this processor computes with."""
    features = llvm.get_host_cpu_features()
    return 512 if features.get("avx512f") else 256 if features.get("avx2") else 128


def _shape(lanes: int, bits: int, vector_bits: int) -> Shape:
    """The number of vectors side by side that wastes the fewest lanes, and is the largest such."""
    width = vector_bits // bits
    vectors = -(-lanes // width)
    waste = {chunks: -vectors % chunks for chunks in range(1, _MOST_CHUNKS + 1)}
    return Shape(bits, width, min(waste, key=lambda chunks: (waste[chunks], -chunks)))


def _aligned(shape: tuple[int, ...], dtype: Any) -> npt.NDArray[Any]:
    """An array of zeros whose first element sits where a whole vector may be loaded."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    offset = -raw.ctypes.data % ALIGNMENT
    aligned: npt.NDArray[Any] = raw[offset : offset + size].view(dtype).reshape(shape)
    return aligned


def _cast(values: npt.NDArray[Any], dtype: Any) -> npt.NDArray[Any]:
    """Contiguous, in this format; what is too large for it becomes infinite, silently."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, dtype)


def edge_starts(population: Population) -> npt.NDArray[np.int32]:
    """(P, N + 1): the first column of each slot's edges; the next slot's first is the end."""
    count, slots = population.activation.shape
    used = population.edges_in_use()
    cell = (np.arange(count)[:, None] * (slots + 1) + population.target + 1)[used]
    arriving = np.bincount(cell, minlength=count * (slots + 1)).reshape(count, slots + 1)
    starts: npt.NDArray[np.int32] = np.cumsum(arriving, axis=1, dtype=np.int32)
    return starts


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """Plays tasks that describe their lanes."""

    precision: Precision
    threads: int | None  # None: as many as the processors this process may use
    chunk: int | None  # individuals a kernel call; None: a few calls a thread
    max_memory: float | None  # GiB that results and lanes may take; None: no bound but the machine's
    vector_bits: int | None  # 512, 256 or 128; None: the processor's. Scores do not depend on it.
    simplify: bool  # leave out, fold and share what changes no score (`simplify.py`)
    calls: list[int] = field(default_factory=list, init=False, repr=False, compare=False)
    """Individuals of each kernel call of the last evaluation: how the work was split."""
    _kernels: dict[Any, tuple[LaneTask, Callable[..., None]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for name in ("threads", "chunk"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"evaluator.{name} is {value}; it must be at least 1, or null.")
        if self.max_memory is not None and not self.max_memory > 0:
            raise ConfigError(f"evaluator.max_memory is {self.max_memory}; it must be above 0 GiB, or null.")
        if self.vector_bits not in (None, *_WIDTHS):
            raise not_allowed("evaluator.vector_bits", self.vector_bits, [*map(str, _WIDTHS), "null"])

    def describe(self) -> str:
        """What it computes with."""
        width, threads = self.vector_bits or processor_bits(), self.threads or processors()
        return f"compiled: {width}-bit vectors, {self.precision.value}, {threads} thread{'s' * (threads > 1)}"

    def evaluate(
        self, asked: Population, task: Task, trials: Trials, seeds: npt.NDArray[np.uint64]
    ) -> Scores:
        """Every individual with every weight in an episode from every seed (R,)."""
        if not isinstance(task, LaneTask):
            raise ConfigError(
                f"evaluator=compiled cannot play {type(task).__name__}, which does not describe its lanes; "
                "evaluator=reference can."
            )
        task.check()
        own = trials.shared_weights is None
        episodes, samples = len(seeds), task.samples
        lanes = trials.count * episodes * samples
        bits = 64 if self.precision is Precision.FLOAT64 else 32
        shape = _shape(lanes, bits, self.vector_bits or processor_bits())
        padded = -(-lanes // shape.lanes) * shape.lanes
        self._check_memory(asked, task, lanes, padded, bits)
        weights = np.repeat(trials.weights(), episodes * samples)
        starts = np.moveaxis(task.starts(seeds), -1, 0).reshape(task.start_numbers, -1)
        if self.simplify:
            work = simplified(asked, task.ports, own)
        else:
            varying = np.full(len(asked), task.ports.first_hidden, np.int32)
            work = Simplified(asked, varying, np.arange(len(asked)))
        returns, steps = self._played(
            work, task, own, shape, padded, weights, np.tile(starts, (1, trials.count))
        )
        by_lane = (len(asked), trials.count, episodes, samples)
        result = returns[work.stands_for, :lanes].astype(np.float64).reshape(by_lane).mean(axis=3)
        sound = self._sound(asked, trials, shape.dtype)
        return Scores(
            np.where(np.isfinite(result) & sound, result, np.nan),
            steps[work.stands_for, :lanes].astype(np.int64).reshape(by_lane).max(axis=3),
            len(work.population),
        )

    def measure(self, network: Population, task: Task, protocol: TestProtocol) -> Measurement:
        """The final test of one network."""
        trials = Trials(shared_weights=protocol.shared_weights, episodes=len(protocol.seeds))
        return measured(self.evaluate(network, task, trials, protocol.seeds), trials)

    def _check_memory(self, asked: Population, task: LaneTask, lanes: int, padded: int, bits: int) -> None:
        """Refuse before anything is allocated what would not fit."""
        if self.max_memory is None:
            return
        count, slots = asked.activation.shape
        results = count * (2 * padded * bits // 8 + 4 * lanes * 8)  # returns and steps, then as scores
        networks = 3 * count * (slots * 5 + asked.source.shape[1] * 24)  # as asked, simplified, hashed
        starts = (task.start_numbers + 1) * padded * (bits // 8 + 8)
        needed = (results + networks + starts) / 2**30
        if needed > self.max_memory:
            raise ConfigError(
                f"{count} networks x {lanes} lanes need about {needed:.3g} GiB; "
                f"evaluator.max_memory is {self.max_memory:g}. Play fewer weights, episodes or networks."
            )

    @staticmethod
    def _sound(asked: Population, trials: Trials, dtype: Any) -> npt.NDArray[np.bool_]:
        """(P or 1, K or 1, 1): where every weight that is played is finite, in the lanes' own format."""
        if trials.shared_weights is not None:
            finite = np.isfinite(_cast(trials.weights(), dtype))
            return np.asarray(finite)[None, :, None]
        finite = np.isfinite(_cast(asked.weight, dtype)) | ~asked.edges_in_use()
        sound: npt.NDArray[np.bool_] = np.asarray(finite.all(axis=1))
        return sound[:, None, None]

    def _kernel(self, task: LaneTask, shape: Shape, own: bool) -> Callable[..., None]:
        key = (id(task), shape, own)
        if key not in self._kernels:
            # The task is kept beside its kernel: an id is only its own while it lives.
            self._kernels[key] = (task, loaded(written(task, shape, own), NAME, len(ARGUMENTS)))
        return self._kernels[key][1]

    def _played(
        self,
        work: Simplified,
        task: LaneTask,
        own: bool,
        shape: Shape,
        padded: int,
        weights: npt.NDArray[np.float64],
        starts: npt.NDArray[np.float64],
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Returns and steps (P, padded lanes), straight from the kernel."""
        self.calls.clear()
        play, asked = self._kernel(task, shape, own), work.population
        dtype = shape.dtype
        count, slots = asked.activation.shape
        # Lanes beyond the last repeat it, so that they end when it does.
        lane = np.minimum(np.arange(padded), len(weights) - 1)
        lane_weight, start = _aligned((padded,), dtype), _aligned((len(starts), padded), dtype)
        lane_weight[:], start[:] = _cast(weights[lane], dtype), _cast(starts[:, lane], dtype)
        returns, steps = _aligned((count, padded), dtype), _aligned((count, padded), dtype)
        arrays: dict[str, npt.NDArray[Any]] = {
            "nodes": np.ascontiguousarray(asked.nodes, np.int32),
            "varying": np.ascontiguousarray(work.varying, np.int32),
            "activation": np.ascontiguousarray(asked.activation, np.int8),
            "edge_start": edge_starts(asked),
            "source": np.ascontiguousarray(asked.source, np.int32),
            "weight": _cast(asked.weight, dtype),
            "lane_weight": lane_weight,
            "start": start,
            "returns": returns,
            "steps": steps,
        }
        fixed = {name: array.ctypes.data for name, array in arrays.items()} | {
            "slots": slots,
            "columns": asked.source.shape[1],
            "blocks": padded // shape.lanes,
            "lanes": padded,
            "horizon": task.horizon,
        }

        def play_rows(first: int) -> None:
            last = min(first + chunk, count)
            values = _aligned((slots, shape.lanes), dtype)
            call = fixed | {"first": first, "last": last, "values": values.ctypes.data}
            play(*(call[name] for name in ARGUMENTS))
            self.calls.append(last - first)

        threads = self.threads or processors()
        chunk = self.chunk or max(1, -(-count // (threads * _PIECES_PER_THREAD if threads > 1 else 1)))
        firsts = range(0, count, chunk)
        if threads == 1 or len(firsts) < 2:
            for first in firsts:
                play_rows(first)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(play_rows, firsts))
        return returns, steps
