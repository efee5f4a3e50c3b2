"""How a kernel is found, how much memory it may take, and how its rows are spread over threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy.typing as npt
from llvmlite import binding as llvm

from wannsearch.core.errors import ConfigError
from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.evaluators.kernels.arrays import aligned
from wannsearch.evaluators.kernels.ir.objects import loaded
from wannsearch.evaluators.kernels.ir.vector import Shape
from wannsearch.evaluators.kernels.ir.writer import NAME, Weights

_PIECES_PER_THREAD = 8
_MOST_OPERATIONS = 4 * 10**9
"""Node and edge operations of one call, a second or so: a signal is heard between calls."""

Kernel = Callable[..., None]
Written = Callable[[Any, Shape, Weights], str]


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


def _machine_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@dataclass(frozen=True)
class Engine:
    """The settings that change no score, and what is kept from one evaluation to the next."""

    bits: int  # 64 or 32
    vector_bits: int
    threads: int
    chunk: int | None
    max_memory: float | None  # GiB
    calls: list[int]  # individuals of each kernel call
    kernels: dict[Any, tuple[LaneTask, Kernel]]

    def shape(self, lanes: int, multiple: int = 1) -> Shape:
        """Blocks for so many lanes."""
        return Shape.fitted(lanes, self.bits, self.vector_bits, multiple)

    def kernel(
        self, written: Written, arguments: Sequence[str], task: LaneTask, shape: Shape, weights: Weights
    ) -> Kernel:
        """The compiled kernel for this task and shape."""
        key = (id(task), written, shape, weights)
        if key not in self.kernels:
            # The task is kept beside its kernel: an id is only its own while it lives.
            self.kernels[key] = (task, loaded(written(task, shape, weights), NAME, len(arguments)))
        return self.kernels[key][1]

    def at_once(self, each: int, fixed: int, what: str) -> int:
        """How many rows of `each` bytes fit beside what is `fixed`; refused if not one does."""
        room = self.max_memory * 2**30 if self.max_memory is not None else _machine_bytes()
        fitting = int((room - fixed) // max(1, each))
        if fitting < 1:
            allowed = f"evaluator.max_memory is {self.max_memory:g}"
            if self.max_memory is None:
                allowed = f"this machine has {room / 2**30:.3g}"
            raise ConfigError(
                f"{what} need about {(fixed + each) / 2**30:.3g} GiB; {allowed}. "
                "Play fewer weights, episodes or networks."
            )
        return fitting

    def run(
        self,
        kernel: Kernel,
        arguments: Sequence[str],
        given: dict[str, npt.NDArray[Any] | int],
        scratch: dict[str, tuple[tuple[int, ...], Any]],
        count: int,
        operations: int,
    ) -> None:
        """Call the kernel for rows 0 .. count - 1 of so many operations each, with scratch arrays a call."""
        fixed = {
            name: value if isinstance(value, int) else value.ctypes.data for name, value in given.items()
        }

        def some_rows(first: int) -> None:
            last = min(first + chunk, count)
            rooms = {name: aligned(*what) for name, what in scratch.items()}
            call = fixed | {name: room.ctypes.data for name, room in rooms.items()}
            call |= {"first": first, "last": last}
            kernel(*(call[name] for name in arguments))
            self.calls.append(last - first)

        even = -(-count // (self.threads * _PIECES_PER_THREAD if self.threads > 1 else 1))
        chunk = self.chunk or max(1, min(even, _MOST_OPERATIONS // operations))
        firsts = range(0, count, chunk)
        if self.threads == 1 or len(firsts) < 2:
            for first in firsts:
                some_rows(first)
        else:
            pool = ThreadPoolExecutor(self.threads)
            try:
                list(pool.map(some_rows, firsts))
            finally:  # a signal does not wait for what has not begun
                pool.shutdown(cancel_futures=True)
