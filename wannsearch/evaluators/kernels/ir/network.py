"""The kernel for networks alone: one forward pass in each lane, each with a network and a weight of its own.

An environment computes its own step, so nothing of a task is written into this kernel, and one kernel serves
all tasks. Neighbouring lanes may hold different networks, so each lane is a block of its own, one number
wide. Its operations are those of the other kernels, and so are its bits.

A lane is marked invalid where its observation is not finite, or an output is NaN.
"""

from __future__ import annotations

from wannsearch.evaluators.kernels.ir.forward import RowOffsets, compute_nodes
from wannsearch.evaluators.kernels.ir.vector import BlockShape, select
from wannsearch.evaluators.kernels.ir.writer import I32, KernelWriter, WeightMode, i64

ARGUMENTS = (
    "slots columns nodes activation edge_start source weight num_inputs num_outputs "
    "lane_row lane_weight observations values outputs nan_flags first last"
).split()
LANE_SHAPE = BlockShape(bits=64, width=1, chunks=1)


def kernel_ir(weight_mode: WeightMode) -> str:
    """Return the LLVM IR of the kernel for weights `SHARED` or `OWN`."""
    w = KernelWriter(LANE_SHAPE, weight_mode, ARGUMENTS)
    b = w.builder
    num_inputs, num_outputs = w.arguments["num_inputs"], w.arguments["num_outputs"]
    with w.for_range("lane", w.arguments["first"], w.arguments["last"]) as (lane, _):
        individual = w.load_scalar("lane_row", I32, lane)
        row, nodes = RowOffsets.for_individual(w, individual), w.load_scalar("nodes", I32, individual)
        nan_flag = w.allocate_variables(w.constant(0.0))
        w.store(w.constant(1.0), "values", i64(0))
        first_observation = b.mul(lane, num_inputs)
        with w.for_range("input", i64(0), num_inputs) as (number, _):
            value = w.load("observations", b.add(first_observation, number))
            w.store(value, "values", b.add(number, i64(1)))
            w.store_variables(value.fma(0.0, w.load_vector(nan_flag)), nan_flag)
        compute_nodes(w, row, b.add(num_inputs, i64(1)), nodes, w.load("lane_weight", lane))
        first_output, first_result = b.sub(nodes, num_outputs), b.mul(lane, num_outputs)
        with w.for_range("output", i64(0), num_outputs) as (number, _):
            value = w.load("values", b.add(first_output, number))
            w.store(value, "outputs", b.add(first_result, number))
            w.store_variables(select(value.is_nan(), value, w.load_vector(nan_flag)), nan_flag)
        w.store(w.load_vector(nan_flag), "nan_flags", lane)
    return w.to_text()
