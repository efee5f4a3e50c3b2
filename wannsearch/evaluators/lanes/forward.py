"""A forward pass over a block of lanes: nodes in order, edges in the order of the row.

The topology is decoded once per node for the whole block. With a shared weight w a node computes
f(w * sum of its sources), one addition an edge and one multiplication a node; with own weights
f(sum of weight * source).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wannsearch.evaluators.lanes.vector import Vector
from wannsearch.evaluators.lanes.writer import I8, I32, Writer, i64


def _sum_of_sources(w: Writer, row_edges: Any, start: Any, stop: Any) -> Vector:
    total = w.registers(w.constant(0.0))
    with w.counting("edge", start, stop) as (edge, _):
        column = w.builder.add(row_edges, edge)
        source = w.number("source", I32, column)
        value = w.load("values", w.builder.mul(source, i64(w.shape.lanes)))
        if w.own_weights:
            weight = w.number("weight", w.shape.element, column)
            spread = ir.Constant(w.shape.vector, ir.Undefined)
            spread = w.builder.insert_element(spread, weight, ir.Constant(I32, 0))
            zeros = ir.Constant(ir.VectorType(I32, w.shape.width), [0] * w.shape.width)
            spread = w.builder.shuffle_vector(spread, spread, zeros)
            value = value * Vector(w.builder, w.shape, [spread] * w.shape.chunks)
        w.keep(w.value(total) + value, total)
    return w.value(total)


def _activate(w: Writer, number: Any, x: Vector, address: Any) -> None:
    b = w.builder
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


def compute_nodes(w: Writer, individual: Any, begin: Any, end: Any, weight: Vector) -> None:
    """Fill `values` for the slots from `begin` up to `end` of one individual."""
    b, argument = w.builder, w.argument
    row_slots = b.mul(individual, argument["slots"])
    row_starts = b.mul(individual, b.add(argument["slots"], i64(1)))
    row_edges = b.mul(individual, argument["columns"])
    with w.counting("node", begin, end) as (node, _):
        at = b.add(row_starts, node)
        start = w.number("edge_start", I32, at)
        stop = w.number("edge_start", I32, b.add(at, i64(1)))
        total = _sum_of_sources(w, row_edges, start, stop)
        if not w.own_weights:
            total = total * weight
        number = w.number("activation", I8, b.add(row_slots, node))
        _activate(w, number, total, b.mul(node, i64(w.shape.lanes)))
