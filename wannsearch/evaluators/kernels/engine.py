"""Kernel calls: a kernel is loaded, its memory is bounded and its rows are spread over threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from llvmlite import binding as llvm

from wannsearch.core.arrays import Array
from wannsearch.core.errors import ConfigError
from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.evaluators.kernels.arrays import aligned_zeros
from wannsearch.evaluators.kernels.ir.objects import load_function
from wannsearch.evaluators.kernels.ir.vector import BlockShape
from wannsearch.evaluators.kernels.ir.writer import KERNEL_NAME, WeightMode
from wannsearch.evaluators.kernels.task_key import make_task_key

_CALLS_PER_THREAD = 8
_MAX_OPERATIONS = 4 * 10**9
"""Limit on the node and edge operations of one call, about a second; signals are handled between calls."""

KernelFunction = Callable[..., None]
KernelIrFunction = Callable[[Any, BlockShape, WeightMode], str]
Kernels = dict[Any, tuple[LaneTask, KernelFunction]]

_SHARED_KERNELS: Kernels = {}
"""The kernels of tasks that have a key; all evaluators of the process use them."""


def num_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def processor_vector_bits() -> int:
    """Return the bits of the widest usable vectors: 512 with AVX-512F, 256 with AVX2, else 128."""
    features = llvm.get_host_cpu_features()
    return 512 if features.get("avx512f") else 256 if features.get("avx2") else 128


def _machine_memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@dataclass(frozen=True)
class Engine:
    """Settings of the kernel calls, of which `bits` alone changes scores, and the kernels kept for reuse."""

    bits: int  # 64 or 32
    vector_bits: int
    threads: int
    chunk: int | None
    max_memory: float | None  # GiB
    calls: list[int]  # individuals of each kernel call
    kernels: Kernels  # of tasks without a key

    def block_shape(self, lanes: int, multiple: int = 1) -> BlockShape:
        """Return the block shape for this number of lanes; a block has a multiple of `multiple` lanes."""
        return BlockShape.fit(lanes, self.bits, self.vector_bits, multiple)

    def load_kernel(
        self,
        kernel_ir: KernelIrFunction,
        arguments: Sequence[str],
        task: LaneTask,
        shape: BlockShape,
        weight_mode: WeightMode,
    ) -> KernelFunction:
        """Return the kernel for this task, block shape and weight mode; it is loaded at the first call.

        Equal tasks of plain values share a kernel in the whole process (`task_key`). Another task is
        recognised by its identity, so an equal copy is loaded again. Kernels are never dropped.
        """
        task_key = make_task_key(task)
        kernels = self.kernels if task_key is None else _SHARED_KERNELS
        key = (id(task) if task_key is None else task_key, kernel_ir, shape, weight_mode)
        if key not in kernels:
            # The task is kept beside its kernel: an id is unique only while its object exists.
            kernels[key] = (
                task,
                load_function(kernel_ir(task, shape, weight_mode), KERNEL_NAME, len(arguments)),
            )
        return kernels[key][1]

    def max_rows_in_memory(self, row_bytes: int, fixed_bytes: int, description: str) -> int:
        """Return the number of rows of `row_bytes` bytes that fit beside `fixed_bytes`.

        The limit is `max_memory`, else the physical memory of the machine. Raises ConfigError where not one
        row fits; `description` is the subject of its message.
        """
        available_bytes = self.max_memory * 2**30 if self.max_memory is not None else _machine_memory_bytes()
        num_rows = int((available_bytes - fixed_bytes) // max(1, row_bytes))
        if num_rows < 1:
            limit = f"evaluator.max_memory is {self.max_memory:g}"
            if self.max_memory is None:
                limit = f"this machine has {available_bytes / 2**30:.3g}"
            raise ConfigError(
                f"{description} need about {(fixed_bytes + row_bytes) / 2**30:.3g} GiB; {limit}. "
                "Play fewer weights, episodes or networks."
            )
        return num_rows

    def run(
        self,
        kernel: KernelFunction,
        arguments: Sequence[str],
        inputs: dict[str, Array | int],
        scratch: dict[str, tuple[tuple[int, ...], Any]],
        num_rows: int,
        row_operations: int,
    ) -> None:
        """Call the kernel for rows 0 .. `num_rows` - 1, in chunks that are spread over threads.

        A row costs `row_operations` > 0 operations, which bound a chunk unless `chunk` is set. Each call gets
        zeroed arrays of its own for `scratch`, a dictionary from name to (shape, dtype). It adds its number
        of rows to `calls`.
        """
        fixed_arguments = {
            name: value if isinstance(value, int) else value.ctypes.data for name, value in inputs.items()
        }

        def run_rows(first: int) -> None:
            last = min(first + chunk, num_rows)
            scratch_arrays = {name: aligned_zeros(*spec) for name, spec in scratch.items()}
            call_arguments = fixed_arguments | {
                name: array.ctypes.data for name, array in scratch_arrays.items()
            }
            call_arguments |= {"first": first, "last": last}
            kernel(*(call_arguments[name] for name in arguments))
            self.calls.append(last - first)

        even_chunk = -(-num_rows // (self.threads * _CALLS_PER_THREAD if self.threads > 1 else 1))
        chunk = self.chunk or max(1, min(even_chunk, _MAX_OPERATIONS // row_operations))
        chunk_starts = range(0, num_rows, chunk)
        if self.threads == 1 or len(chunk_starts) < 2:
            for first in chunk_starts:
                run_rows(first)
        else:
            pool = ThreadPoolExecutor(self.threads)
            try:
                list(pool.map(run_rows, chunk_starts))
            finally:  # a signal does not wait for chunks that have not started
                pool.shutdown(cancel_futures=True)
