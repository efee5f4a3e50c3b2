"""The kernel for labelled data: every individual, episode, block of rows, weight, node and edge.

Lanes are rows of data. The contribution of bias and inputs does not depend on the shared weight. Its sum
is computed once a block and serves every weight, which saves most additions where most edges leave
inputs. The reward of a lane is added to one of eight sums in float64, by its number in the episode. So
the width of the vectors changes no bit.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.evaluators.kernels.ir.forward import RowOffsets, activate, sum_sources
from wannsearch.evaluators.kernels.ir.vector import BlockShape, Vector, select
from wannsearch.evaluators.kernels.ir.writer import I32, KernelWriter, TaskKernelWriter, WeightMode, i64

ARGUMENTS = (
    "first last slots columns nodes activation edge_start hidden_start source weight "
    "weights shared episodes blocks lanes samples data values sums partial_sums returns"
).split()
NUM_PARTIAL_SUMS = 8
"""The number of partial sums of an episode's rewards; the lanes of a block are a multiple of it."""

_DOUBLE = ir.DoubleType()
_PARTIAL_SUMS_TYPE = ir.VectorType(_DOUBLE, NUM_PARTIAL_SUMS)


def _fill_input_sums(w: TaskKernelWriter, row: RowOffsets, nodes: Any, first_lane: Any) -> None:
    """Fill `sums` with the contribution of bias and inputs to each node."""
    b = w.builder
    with w.for_range("input_node", i64(w.task.ports.first_hidden), nodes) as (node, _):
        edge_start_index = b.add(row.edge_start_offset, node)
        edges = (
            w.load_scalar("edge_start", I32, edge_start_index),
            w.load_scalar("hidden_start", I32, edge_start_index),
        )
        total = sum_sources(w, row, edges, w.constant(0.0), "data", w.arguments["lanes"], first_lane)
        w.store(total, "sums", b.mul(node, i64(w.shape.lanes)))


def _compute_outputs(w: TaskKernelWriter, row: RowOffsets, nodes: Any, weight: Vector) -> list[Vector]:
    """Return the O output vectors for one shared weight; each node starts from its row of `sums`.

    With own weights, `weight` is not used.
    """
    b, lanes = w.builder, i64(w.shape.lanes)
    with w.for_range("node", i64(w.task.ports.first_hidden), nodes) as (node, _):
        edge_start_index = b.add(row.edge_start_offset, node)
        edges = (
            w.load_scalar("hidden_start", I32, edge_start_index),
            w.load_scalar("edge_start", I32, b.add(edge_start_index, i64(1))),
        )
        total = sum_sources(w, row, edges, w.load("sums", b.mul(node, lanes)), "values", lanes, i64(0))
        activate(w, row, node, total * weight if w.weight_mode is WeightMode.SHARED else total)
    first_output = b.sub(nodes, i64(w.task.ports.outputs))
    return [
        w.load("values", b.mul(b.add(first_output, i64(output)), lanes))
        for output in range(w.task.ports.outputs)
    ]


def _row_reward(w: TaskKernelWriter, outputs: list[Vector], first_lane: Any) -> Vector:
    """Return the reward of each row; 0 in padding lanes, NaN where an output is NaN."""
    b, lanes, inputs = w.builder, w.arguments["lanes"], w.task.ports.inputs
    target, row_flag = (w.load("data", b.add(b.mul(lanes, i64(inputs + n)), first_lane)) for n in (1, 2))
    assert isinstance(w.task, LabelledTask)
    reward = w.as_vector(w.task.lane_reward(w.math, tuple(outputs), target))
    for output in outputs:
        reward = select(output.is_nan(), output, reward)
    return select(row_flag > 0.5, reward, w.constant(0.0))


def _accumulate(w: KernelWriter, reward: Vector, scratch: Any, sums_ptr: Any) -> None:
    """Add the reward of lane l of the block to partial sum l modulo eight, in order."""
    b, element = w.builder, w.shape.element_type
    w.store(reward, scratch, i64(0))
    total = b.load(sums_ptr, typ=_PARTIAL_SUMS_TYPE)
    total.align = 64
    for lane in range(0, w.shape.lanes, NUM_PARTIAL_SUMS):
        part = b.load(
            b.gep(scratch, [i64(lane)], source_etype=element), typ=ir.VectorType(element, NUM_PARTIAL_SUMS)
        )
        part.align = min(64, NUM_PARTIAL_SUMS * w.shape.bits // 8)
        total = b.fadd(total, part if w.shape.bits == 64 else b.fpext(part, _PARTIAL_SUMS_TYPE))
    b.store(total, sums_ptr).align = 64


def _partial_sums_ptr(w: KernelWriter, weight_index: Any) -> Any:
    """Return the address of the partial sums of the weight with this index."""
    b = w.builder
    return b.gep(
        w.arguments["partial_sums"], [b.mul(weight_index, i64(NUM_PARTIAL_SUMS))], source_etype=_DOUBLE
    )


def _evaluate_episode(w: TaskKernelWriter, row: RowOffsets, nodes: Any, episode: Any, scratch: Any) -> None:
    """Evaluate all rows of one episode of one individual with every weight; store the mean rewards.

    The task's `episode_return` is not applied here.
    """
    b, num_weights, num_blocks = w.builder, w.arguments["weights"], w.arguments["blocks"]
    with w.for_range("clear", i64(0), num_weights) as (weight_index, _):
        b.store(
            ir.Constant(_PARTIAL_SUMS_TYPE, [0.0] * NUM_PARTIAL_SUMS), _partial_sums_ptr(w, weight_index)
        ).align = 64
    with w.for_range("block", i64(0), num_blocks) as (block, _):
        first_lane = b.mul(b.add(b.mul(episode, num_blocks), block), i64(w.shape.lanes))
        _fill_input_sums(w, row, nodes, first_lane)
        with w.for_range("weight", i64(0), num_weights) as (weight_index, _):
            shared = w.broadcast(w.load_scalar("shared", w.shape.element_type, weight_index))
            _accumulate(
                w,
                _row_reward(w, _compute_outputs(w, row, nodes, shared), first_lane),
                scratch,
                _partial_sums_ptr(w, weight_index),
            )
    with w.for_range("mean", i64(0), num_weights) as (weight_index, _):
        sums = b.load(_partial_sums_ptr(w, weight_index), typ=_PARTIAL_SUMS_TYPE)
        sums.align = 64
        total = b.extract_element(sums, ir.Constant(I32, 0))
        for part in range(1, NUM_PARTIAL_SUMS):
            total = b.fadd(total, b.extract_element(sums, ir.Constant(I32, part)))
        mean = b.fdiv(total, b.sitofp(w.arguments["samples"], _DOUBLE))
        result_row = b.add(b.mul(row.individual, num_weights), weight_index)
        result_index = b.add(b.mul(result_row, w.arguments["episodes"]), episode)
        b.store(mean, b.gep(w.arguments["returns"], [result_index], source_etype=_DOUBLE))


def kernel_ir(task: LabelledTask, shape: BlockShape, weight_mode: WeightMode) -> str:
    """Return the LLVM IR of the kernel for this task and block shape, with weights `SHARED` or `OWN`.

    Raises ConfigError where the reward branches on values.
    """
    w = TaskKernelWriter(task, shape, weight_mode, ARGUMENTS)
    scratch = w.allocate_array(shape.element_type, shape.lanes)
    with w.for_range("individual", w.arguments["first"], w.arguments["last"]) as (individual, _):
        row, nodes = RowOffsets.for_individual(w, individual), w.load_scalar("nodes", I32, individual)
        with w.for_range("episode", i64(0), w.arguments["episodes"]) as (episode, _):
            _evaluate_episode(w, row, nodes, episode, scratch)
    return w.to_text()
