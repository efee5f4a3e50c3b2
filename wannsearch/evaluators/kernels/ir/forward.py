"""A forward pass over a block of lanes: nodes in order, edges in the order of the row.

The topology is decoded once per node for the whole block. With a shared weight w a node computes
f(w * sum of its sources), one addition an edge and one multiplication a node; with own weights
f(sum of weight * source).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wannsearch.evaluators.kernels.ir.vector import Vector
from wannsearch.evaluators.kernels.ir.writer import I8, I32, Weights, Writer, i64


@dataclass(frozen=True)
class Row:
    """Where one individual's rows begin in the arrays of the population."""

    individual: Any
    slots: Any
    starts: Any  # rows of slots + 1 columns
    edges: Any

    @staticmethod
    def of(w: Writer, individual: Any) -> Row:
        """The rows of this individual."""
        b, slots = w.builder, w.argument["slots"]
        return Row(
            individual,
            b.mul(individual, slots),
            b.mul(individual, b.add(slots, i64(1))),
            b.mul(individual, w.argument["columns"]),
        )


def sum_of_sources(
    w: Writer, row: Row, edges: tuple[Any, Any], begin: Vector, array: str, lanes: Any, offset: Any
) -> Vector:
    """`begin` and the sources of these edges, added one after another.

    A source's lanes lie in `array`, rows of `lanes`, from `offset` on.
    """
    b = w.builder
    total = w.registers(begin)
    with w.counting("edge", *edges) as (edge, _):
        column = b.add(row.edges, edge)
        source = w.number("source", I32, column)
        value = w.load(array, b.add(b.mul(source, lanes), offset))
        if w.weights is Weights.OWN:
            value = value * w.spread(w.number("weight", w.shape.element, column))
        elif w.weights is Weights.BY_LANE:
            value = value * w.load("block_weight", b.mul(edge, i64(w.stride)))
        w.keep(w.value(total) + value, total)
    return w.value(total)


def activate(w: Writer, row: Row, node: Any, x: Vector) -> None:
    """Fill `values` of a node with its activation of x."""
    b = w.builder
    address = b.mul(node, i64(w.shape.lanes))
    number = w.number("activation", I8, b.add(row.slots, node))
    linear, done = b.append_basic_block("linear"), b.append_basic_block("activated")
    switch = b.switch(number, linear)
    for known, formula in w.functions.activations().items():
        block = b.append_basic_block(f"activation{known}")
        switch.add_case(i64(known), block)
        b.position_at_end(block)
        w.store(formula(x), "values", address)
        b.branch(done)
    b.position_at_end(linear)
    w.store(x, "values", address)
    b.branch(done)
    b.position_at_end(done)


def compute_nodes(w: Writer, row: Row, begin: Any, end: Any, weight: Vector) -> None:
    """Fill `values` for the slots from `begin` up to `end` of one individual."""
    b = w.builder
    with w.counting("node", begin, end) as (node, _):
        at = b.add(row.starts, node)
        edges = w.number("edge_start", I32, at), w.number("edge_start", I32, b.add(at, i64(1)))
        total = sum_of_sources(w, row, edges, w.constant(0.0), "values", i64(w.shape.lanes), i64(0))
        activate(w, row, node, total * weight if w.weights is Weights.SHARED else total)
