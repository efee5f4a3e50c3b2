"""A forward pass over a block of lanes: nodes in order, edges in the order of the row.

The topology is decoded once per node for the whole block. With a shared weight w a node computes

    f(w * sum of its sources)

with one addition an edge and one multiplication a node; with own weights f(sum of weight * source).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wannsearch.evaluators.kernels.ir.vector import Vector
from wannsearch.evaluators.kernels.ir.writer import I8, I32, KernelWriter, WeightMode, i64


@dataclass(frozen=True)
class RowOffsets:
    """The offsets of one individual's rows in the arrays of the population."""

    individual: Any
    slot_offset: Any
    edge_start_offset: Any  # rows of slots + 1 columns
    edge_offset: Any

    @staticmethod
    def for_individual(w: KernelWriter, individual: Any) -> RowOffsets:
        """Write the computation of the offsets of this individual, in elements, and return them."""
        b, slots = w.builder, w.arguments["slots"]
        return RowOffsets(
            individual,
            b.mul(individual, slots),
            b.mul(individual, b.add(slots, i64(1))),
            b.mul(individual, w.arguments["columns"]),
        )


def sum_sources(
    w: KernelWriter,
    row: RowOffsets,
    edges: tuple[Any, Any],
    initial: Vector,
    array: str,
    lanes: Any,
    offset: Any,
) -> Vector:
    """Return `initial` plus the sources of these edges, added one after another.

    `edges` are the first column of the row and the end. A source is a row of `lanes` lanes in `array`, read
    from `offset` on. It is multiplied by the weight of its edge unless the weight is shared.
    """
    b = w.builder
    total = w.allocate_variables(initial)
    with w.for_range("edge", *edges) as (edge, _):
        column = b.add(row.edge_offset, edge)
        source = w.load_scalar("source", I32, column)
        value = w.load(array, b.add(b.mul(source, lanes), offset))
        if w.weight_mode is WeightMode.OWN:
            value = value * w.broadcast(w.load_scalar("weight", w.shape.element_type, column))
        elif w.weight_mode is WeightMode.BY_LANE:
            value = value * w.load("block_weight", b.mul(edge, i64(w.stride)))
        w.store_variables(w.load_vector(total) + value, total)
    return w.load_vector(total)


def activate(w: KernelWriter, row: RowOffsets, node: Any, x: Vector) -> None:
    """Fill `values` of a node with its activation of x; ids without a formula are linear."""
    b = w.builder
    address = b.mul(node, i64(w.shape.lanes))
    activation_id = w.load_scalar("activation", I8, b.add(row.slot_offset, node))
    linear_block, exit_block = b.append_basic_block("linear"), b.append_basic_block("activated")
    switch = b.switch(activation_id, linear_block)
    for formula_id, formula in w.math.activations().items():
        block = b.append_basic_block(f"activation{formula_id}")
        switch.add_case(i64(formula_id), block)
        b.position_at_end(block)
        w.store(formula(x), "values", address)
        b.branch(exit_block)
    b.position_at_end(linear_block)
    w.store(x, "values", address)
    b.branch(exit_block)
    b.position_at_end(exit_block)


def compute_nodes(w: KernelWriter, row: RowOffsets, begin: Any, end: Any, weight: Vector) -> None:
    """Fill `values` for the slots of one individual from `begin` up to, but without, `end`.

    `weight` is used only where one weight is shared.
    """
    b = w.builder
    with w.for_range("node", begin, end) as (node, _):
        edge_start_index = b.add(row.edge_start_offset, node)
        edges = (
            w.load_scalar("edge_start", I32, edge_start_index),
            w.load_scalar("edge_start", I32, b.add(edge_start_index, i64(1))),
        )
        total = sum_sources(w, row, edges, w.constant(0.0), "values", i64(w.shape.lanes), i64(0))
        activate(w, row, node, total * weight if w.weight_mode is WeightMode.SHARED else total)
