"""The kernel for labelled data: every individual, episode, block of rows, weight, node and edge.

Lanes are rows of data. What comes from bias and inputs does not depend on the shared weight: its sum
is taken once a block and serves every weight, which saves most edges. A lane's pay goes into one of
eight sums in float64, by its number in the episode, so that the width of the vectors moves no bit.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.evaluators.kernels.ir.forward import Row, activate, sum_of_sources
from wannsearch.evaluators.kernels.ir.vector import Shape, Vector, select
from wannsearch.evaluators.kernels.ir.writer import I32, Weights, Writer, i64

ARGUMENTS = (
    "first last slots columns nodes activation edge_start hidden_start source weight "
    "weights shared episodes blocks lanes samples data values sums gained returns"
).split()
PARTIAL_SUMS = 8
"""A block holds a multiple of so many lanes."""

_DOUBLE = ir.DoubleType()
_PARTS = ir.VectorType(_DOUBLE, PARTIAL_SUMS)


def _input_sums(w: Writer, row: Row, nodes: Any, first_lane: Any) -> None:
    """Fill `sums` with what bias and inputs bring to each node."""
    b = w.builder
    with w.counting("fed", i64(w.task.ports.first_hidden), nodes) as (node, _):
        at = b.add(row.starts, node)
        edges = w.number("edge_start", I32, at), w.number("hidden_start", I32, at)
        total = sum_of_sources(w, row, edges, w.constant(0.0), "data", w.argument["lanes"], first_lane)
        w.store(total, "sums", b.mul(node, i64(w.shape.lanes)))


def _outputs(w: Writer, row: Row, nodes: Any, weight: Vector) -> list[Vector]:
    """The outputs for one shared weight, on top of `sums`."""
    b, lanes = w.builder, i64(w.shape.lanes)
    with w.counting("node", i64(w.task.ports.first_hidden), nodes) as (node, _):
        at = b.add(row.starts, node)
        edges = w.number("hidden_start", I32, at), w.number("edge_start", I32, b.add(at, i64(1)))
        total = sum_of_sources(w, row, edges, w.load("sums", b.mul(node, lanes)), "values", lanes, i64(0))
        activate(w, row, node, total * weight if w.weights is Weights.SHARED else total)
    first = b.sub(nodes, i64(w.task.ports.outputs))
    return [
        w.load("values", b.mul(b.add(first, i64(output)), lanes)) for output in range(w.task.ports.outputs)
    ]


def _pay(w: Writer, outputs: list[Vector], first_lane: Any) -> Vector:
    """What each row pays; 0 where the lane is only padding, NaN where an output is."""
    b, lanes, inputs = w.builder, w.argument["lanes"], w.task.ports.inputs
    target, real = (w.load("data", b.add(b.mul(lanes, i64(inputs + n)), first_lane)) for n in (1, 2))
    assert isinstance(w.task, LabelledTask)
    reward = w.lifted(w.task.lane_reward(w.functions, tuple(outputs), target))
    for output in outputs:
        reward = select(output.is_nan(), output, reward)
    return select(real > 0.5, reward, w.constant(0.0))


def _add_up(w: Writer, reward: Vector, scratch: Any, sums: Any) -> None:
    """Lane l of the block goes into partial sum l modulo eight, in order."""
    b, element = w.builder, w.shape.element
    w.store(reward, scratch, i64(0))
    total = b.load(sums, typ=_PARTS)
    total.align = 64
    for lane in range(0, w.shape.lanes, PARTIAL_SUMS):
        part = b.load(
            b.gep(scratch, [i64(lane)], source_etype=element), typ=ir.VectorType(element, PARTIAL_SUMS)
        )
        part.align = min(64, PARTIAL_SUMS * w.shape.bits // 8)
        total = b.fadd(total, part if w.shape.bits == 64 else b.fpext(part, _PARTS))
    b.store(total, sums).align = 64


def _gained(w: Writer, weight: Any) -> Any:
    """The address of the partial sums of the weight with this number."""
    b = w.builder
    return b.gep(w.argument["gained"], [b.mul(weight, i64(PARTIAL_SUMS))], source_etype=_DOUBLE)


def _look(w: Writer, row: Row, nodes: Any, episode: Any, scratch: Any) -> None:
    """One individual, one episode: all its rows with every weight."""
    b, weights, blocks = w.builder, w.argument["weights"], w.argument["blocks"]
    with w.counting("cleared", i64(0), weights) as (number, _):
        b.store(ir.Constant(_PARTS, [0.0] * PARTIAL_SUMS), _gained(w, number)).align = 64
    with w.counting("block", i64(0), blocks) as (block, _):
        first_lane = b.mul(b.add(b.mul(episode, blocks), block), i64(w.shape.lanes))
        _input_sums(w, row, nodes, first_lane)
        with w.counting("weight", i64(0), weights) as (number, _):
            shared = w.spread(w.number("shared", w.shape.element, number))
            _add_up(w, _pay(w, _outputs(w, row, nodes, shared), first_lane), scratch, _gained(w, number))
    with w.counting("paid", i64(0), weights) as (number, _):
        sums = b.load(_gained(w, number), typ=_PARTS)
        sums.align = 64
        total = b.extract_element(sums, ir.Constant(I32, 0))
        for part in range(1, PARTIAL_SUMS):
            total = b.fadd(total, b.extract_element(sums, ir.Constant(I32, part)))
        mean = b.fdiv(total, b.sitofp(w.argument["samples"], _DOUBLE))
        of_weight = b.add(b.mul(row.individual, weights), number)
        place = b.add(b.mul(of_weight, w.argument["episodes"]), episode)
        b.store(mean, b.gep(w.argument["returns"], [place], source_etype=_DOUBLE))


def written(task: LabelledTask, shape: Shape, weights: Weights) -> str:
    """The LLVM IR of the kernel for this task and shape."""
    w = Writer(task, shape, weights, ARGUMENTS)
    scratch = w.array(shape.element, shape.lanes)
    with w.counting("individual", w.argument["first"], w.argument["last"]) as (individual, _):
        row, nodes = Row.of(w, individual), w.number("nodes", I32, individual)
        with w.counting("episode", i64(0), w.argument["episodes"]) as (episode, _):
            _look(w, row, nodes, episode, scratch)
    return w.finished()
