"""Forward passes of different networks side by side, in compiled code: what stands between two steps.

The arrays are made once and filled by the caller, so that a call costs about a microsecond beside its work.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray, Int32Array
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.evaluators.kernels.arrays import aligned_zeros, network_arrays
from wannsearch.evaluators.kernels.ir.network import ARGUMENTS, PACKED_NAME, kernel_ir
from wannsearch.evaluators.kernels.ir.objects import load_function
from wannsearch.evaluators.kernels.ir.writer import WeightMode


@cache
def _load_kernel(weight_mode: WeightMode) -> Any:
    return load_function(kernel_ir(weight_mode), PACKED_NAME, 2)


class NetworkForward:
    """Computes the outputs of L lanes, each with a network of one population and a weight of its own.

    The caller fills `lane_row`, `lane_weight` and `observations`, calls `compute`, and reads `outputs` and
    `nan_flags`. With own weights of the networks, `lane_weight` is not used.
    """

    def __init__(self, population: Population, ports: Ports, has_own_weights: bool, lanes: int) -> None:
        self.lane_row: Int32Array = np.zeros(lanes, np.int32)
        self.lane_weight: FloatArray = np.ones(lanes)
        self.observations: FloatArray = np.zeros((lanes, ports.inputs))
        self.outputs: FloatArray = np.zeros((lanes, ports.outputs))
        self.nan_flags: FloatArray = np.zeros(lanes)
        """0, or NaN in lanes with an observation that is not finite or an output that is NaN."""
        num_slots = population.activation.shape[1]
        self._arrays = network_arrays(population, np.float64) | {
            "lane_row": self.lane_row,
            "lane_weight": self.lane_weight,
            "observations": self.observations,
            "outputs": self.outputs,
            "nan_flags": self.nan_flags,
            "values": aligned_zeros((num_slots,), np.float64),
        }
        numbers = {
            "slots": num_slots,
            "columns": population.source.shape[1],
            "num_inputs": ports.inputs,
            "num_outputs": ports.outputs,
        }
        arguments = numbers | {name: array.ctypes.data for name, array in self._arrays.items()} | {"first": 0}
        self._packed_arguments = np.array([arguments[name] for name in ARGUMENTS[:-1]], np.int64)
        self._packed_address = self._packed_arguments.ctypes.data
        self._kernel = _load_kernel(WeightMode.OWN if has_own_weights else WeightMode.SHARED)

    def compute(self, num_lanes: int) -> None:
        """Fill the outputs and flags of the first `num_lanes` lanes."""
        self._kernel(self._packed_address, num_lanes)
