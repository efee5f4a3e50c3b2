"""The kernel for networks alone: one forward pass in each lane, each with a network and a weight of its own.

An environment computes its own step, so nothing of a task is written into this kernel, and one kernel serves
all tasks. Neighbouring lanes may hold different networks, so each lane is a block of its own, one number
wide. Its operations are those of the other kernels, and so are its bits.

A lane is marked invalid where its observation is not finite, or an output is NaN.

A call from Python costs as much as a forward pass if it has many arguments. So all but the number of lanes
are read from an array.
"""

from __future__ import annotations

from llvmlite import ir

from wannsearch.evaluators.kernels.ir.forward import RowOffsets, compute_nodes
from wannsearch.evaluators.kernels.ir.vector import BlockShape, select
from wannsearch.evaluators.kernels.ir.writer import I32, I64, KernelWriter, WeightMode, i64

ARGUMENTS = (
    "slots columns nodes activation edge_start source weight num_inputs num_outputs "
    "lane_row lane_weight observations values outputs nan_flags first last"
).split()
PACKED_NAME = "play_packed"
LANE_SHAPE = BlockShape(bits=64, width=1, chunks=1)


def _add_packed_function(w: KernelWriter) -> None:
    """Add a function of two arguments: the address of all others as 64-bit integers, and the lanes' end."""
    function_type = ir.FunctionType(ir.VoidType(), [ir.PointerType(), I64])
    packed_function = ir.Function(w.module, function_type, PACKED_NAME)
    b = ir.IRBuilder(packed_function.append_basic_block("entry"))
    numbers, last = packed_function.args
    arguments = []
    for index, argument in enumerate(list(w.arguments.values())[:-1]):
        number = b.load(b.gep(numbers, [i64(index)], source_etype=I64), typ=I64)
        is_address = isinstance(argument.type, ir.PointerType)
        arguments.append(b.inttoptr(number, ir.PointerType()) if is_address else number)
    b.call(w.function, [*arguments, last])
    b.ret_void()


def kernel_ir(weight_mode: WeightMode) -> str:
    """Return the LLVM IR of the kernel for weights `SHARED` or `OWN`, with its function `PACKED_NAME`."""
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
    _add_packed_function(w)
    return w.to_text()
