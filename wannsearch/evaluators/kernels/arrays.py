"""Arrays in the layout of the kernels: aligned, contiguous, in the lanes' number format."""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.arrays import Array, Int32Array
from wannsearch.core.topologies.population import Population
from wannsearch.evaluators.kernels.ir.writer import ALIGNMENT_BYTES


def aligned_zeros(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return zeros that start at a multiple of `ALIGNMENT_BYTES`, so that whole vectors can be loaded."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    buffer = np.zeros(size + ALIGNMENT_BYTES, np.uint8)
    offset = -buffer.ctypes.data % ALIGNMENT_BYTES
    array: Array = buffer[offset : offset + size].view(dtype).reshape(shape)
    return array


def cast(values: Array, dtype: Any) -> Array:
    """Return a contiguous array of this dtype, perhaps `values` itself.

    Values too large for the dtype become infinite, without a warning.
    """
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, dtype)


def aligned_copy(values: Array, dtype: Any) -> Array:
    """Return an aligned copy with this dtype; values too large for it become infinite, as with `cast`."""
    array = aligned_zeros(values.shape, dtype)
    with np.errstate(over="ignore"):
        array[...] = values
    return array


def edge_starts(population: Population) -> Int32Array:
    """Return (P, N + 1) int32: the first edge column of each slot; the next slot's entry is the end.

    The targets of a row must rise, as in every `Population`.
    """
    num_networks, slots = population.activation.shape
    in_use = population.edge_mask()
    cells = (np.arange(num_networks)[:, None] * (slots + 1) + population.target + 1)[in_use]
    edge_counts = np.bincount(cells, minlength=num_networks * (slots + 1)).reshape(num_networks, slots + 1)
    starts: Int32Array = np.cumsum(edge_counts, axis=1, dtype=np.int32)
    return starts


def network_arrays(population: Population, dtype: Any) -> dict[str, Array]:
    """Return the arrays of P networks under the kernels' argument names; `weight` has this dtype.

    Weights too large for the dtype become infinite. An array of the right type is not copied.
    """
    return {
        "nodes": np.ascontiguousarray(population.nodes, np.int32),
        "activation": np.ascontiguousarray(population.activation, np.int8),
        "edge_start": edge_starts(population),
        "source": np.ascontiguousarray(population.source, np.int32),
        "weight": cast(population.weight, dtype),
    }
