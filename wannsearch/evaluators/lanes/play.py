"""The kernel: every individual, block of lanes, step, node and edge, in one compiled function.

A block holds `shape.lanes` lanes of one individual side by side: `values[node][lane]`. The topology
is decoded once per node for the whole block. With a shared weight w a node computes f(w * sum of
its sources), one addition an edge and one multiplication a node; with own weights f(sum of weight *
source). Edges are added in the order of the row. A block ends when none of its lanes is alive.

Nodes below the individual's `varying` slot depend on no input and are computed once a block.

What is not finite must reach the scores: an observation or a NaN output of a living lane turns its
return into NaN; returns that end infinite are made NaN by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from wannsearch.core.lanes import LaneTask
from wannsearch.evaluators.lanes.functions import Functions
from wannsearch.evaluators.lanes.vector import Mask, Shape, Vector, constant, select

NAME = "play"
ALIGNMENT = 64  # bytes, of every array of lanes
ARGUMENTS = (
    "first last slots columns nodes varying activation edge_start source weight "
    "blocks lanes lane_weight start horizon values returns steps"
).split()
_POINTERS = set(
    "nodes varying activation edge_start source weight lane_weight start values returns steps".split()
)

_I64, _I32, _I8 = ir.IntType(64), ir.IntType(32), ir.IntType(8)


def _i64(value: int) -> Any:
    return ir.Constant(_I64, value)


class _Writer:
    """An IR builder that knows loops, variables and the layout of the arrays."""

    def __init__(self, task: LaneTask, shape: Shape, own_weights: bool) -> None:
        self.task, self.shape, self.own_weights = task, shape, own_weights
        self.module = ir.Module(NAME)
        kinds = [ir.PointerType() if name in _POINTERS else _I64 for name in ARGUMENTS]
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), kinds), NAME)
        self.argument = dict(zip(ARGUMENTS, function.args, strict=True))
        for name, value in self.argument.items():
            value.name = name
            if name in _POINTERS:
                value.add_attribute("noalias")
        self.entry = function.append_basic_block("entry")
        body = function.append_basic_block("body")
        self.builder = ir.IRBuilder(body)
        self.body = body
        self.functions = Functions(self.builder, shape)

    def variable(self, kind: ir.Type) -> Any:
        """A slot in the entry block, which LLVM turns into a register."""
        with self.builder.goto_block(self.entry):
            return self.builder.alloca(kind)

    @contextmanager
    def counting(self, name: str, start: Any, stop: Any) -> Iterator[tuple[Any, ir.Block]]:
        """for i in range(start, stop); gives i and the block to branch to for `break`."""
        b = self.builder
        counter = self.variable(_I64)
        b.store(start, counter)
        head, inside, done = (b.append_basic_block(f"{name}.{part}") for part in ("head", "body", "done"))
        b.branch(head)
        b.position_at_end(head)
        index = b.load(counter, typ=_I64)
        b.cbranch(b.icmp_signed("<", index, stop), inside, done)
        b.position_at_end(inside)
        yield index, done
        b.store(b.add(index, _i64(1)), counter)
        b.branch(head)
        b.position_at_end(done)

    def number(self, array: str, kind: ir.Type, index: Any) -> Any:
        """array[index], integers widened to 64 bits."""
        b = self.builder
        value = b.load(b.gep(self.argument[array], [index], source_etype=kind), typ=kind)
        return b.sext(value, _I64) if isinstance(kind, ir.IntType) else value

    def _addresses(self, array: str, first_lane: Any) -> Iterator[Any]:
        b, element = self.builder, self.shape.element
        base = b.gep(self.argument[array], [first_lane], source_etype=element)
        for chunk in range(self.shape.chunks):
            yield b.gep(base, [_i64(chunk * self.shape.width)], source_etype=element)

    def load(self, array: str, first_lane: Any) -> Vector:
        """A block of lanes from an array."""
        parts = []
        for address in self._addresses(array, first_lane):
            part = self.builder.load(address, typ=self.shape.vector)
            part.align = self.shape.width * self.shape.bits // 8
            parts.append(part)
        return Vector(self.builder, self.shape, parts)

    def store(self, vector: Vector, array: str, first_lane: Any) -> None:
        """A block of lanes into an array."""
        for part, address in zip(vector.parts, self._addresses(array, first_lane), strict=True):
            self.builder.store(part, address).align = self.shape.width * self.shape.bits // 8

    def registers(self, vector: Vector | Mask) -> list[Any]:
        """Variables that hold this vector from step to step."""
        slots = [self.variable(part.type) for part in vector.parts]
        self.keep(vector, slots)
        return slots

    def keep(self, vector: Vector | Mask, slots: list[Any]) -> None:
        """Write the variables."""
        for part, slot in zip(vector.parts, slots, strict=True):
            self.builder.store(part, slot)

    def value(self, slots: list[Any]) -> Vector:
        """Read the variables of a vector."""
        return Vector(self.builder, self.shape, [self.builder.load(s, typ=self.shape.vector) for s in slots])

    def truth(self, slots: list[Any]) -> Mask:
        """Read the variables of a mask."""
        return Mask(self.builder, [self.builder.load(s, typ=self.shape.mask) for s in slots])

    def constant(self, number: float) -> Vector:
        """The same number in every lane."""
        return constant(self.builder, self.shape, number)

    def everyone(self) -> Mask:
        """True in every lane."""
        return Mask(self.builder, [ir.Constant(self.shape.mask, [1] * self.shape.width)] * self.shape.chunks)

    def lifted(self, value: Vector | float) -> Vector:
        """What a task's function gave, which may be a plain number."""
        return value if isinstance(value, Vector) else self.constant(value)


def _sum_of_sources(w: _Writer, row_edges: Any, start: Any, stop: Any) -> Vector:
    total = w.registers(w.constant(0.0))
    with w.counting("edge", start, stop) as (edge, _):
        column = w.builder.add(row_edges, edge)
        source = w.number("source", _I32, column)
        value = w.load("values", w.builder.mul(source, _i64(w.shape.lanes)))
        if w.own_weights:
            weight = w.number("weight", w.shape.element, column)
            spread = ir.Constant(w.shape.vector, ir.Undefined)
            spread = w.builder.insert_element(spread, weight, ir.Constant(_I32, 0))
            zeros = ir.Constant(ir.VectorType(_I32, w.shape.width), [0] * w.shape.width)
            spread = w.builder.shuffle_vector(spread, spread, zeros)
            value = value * Vector(w.builder, w.shape, [spread] * w.shape.chunks)
        w.keep(w.value(total) + value, total)
    return w.value(total)


def _activate(w: _Writer, number: Any, x: Vector, address: Any) -> None:
    b = w.builder
    linear, done = b.append_basic_block("linear"), b.append_basic_block("activated")
    switch = b.switch(number, linear)
    for known, formula in w.functions.activations().items():
        block = b.append_basic_block(f"activation{known}")
        switch.add_case(_i64(known), block)
        b.position_at_end(block)
        w.store(formula(x), "values", address)
        b.branch(done)
    b.position_at_end(linear)
    w.store(x, "values", address)
    b.branch(done)
    b.position_at_end(done)


def _compute_nodes(w: _Writer, individual: Any, begin: Any, end: Any, weight: Vector) -> None:
    b, argument = w.builder, w.argument
    row_slots = b.mul(individual, argument["slots"])
    row_starts = b.mul(individual, b.add(argument["slots"], _i64(1)))
    row_edges = b.mul(individual, argument["columns"])
    with w.counting("node", begin, end) as (node, _):
        at = b.add(row_starts, node)
        start = w.number("edge_start", _I32, at)
        stop = w.number("edge_start", _I32, b.add(at, _i64(1)))
        total = _sum_of_sources(w, row_edges, start, stop)
        if not w.own_weights:
            total = total * weight
        number = w.number("activation", _I8, b.add(row_slots, node))
        _activate(w, number, total, b.mul(node, _i64(w.shape.lanes)))


def _step(
    w: _Writer, individual: Any, varying: Any, nodes: Any, weight: Vector, state: list[list[Any]]
) -> tuple[Any, ...]:
    """One observation, forward pass and step; gives the next state, reward, done and poison."""
    b, ports, lanes = w.builder, w.task.ports, w.shape.lanes
    seen = w.task.lane_observe(w.functions, tuple(w.value(slots) for slots in state))
    w.task.check_seen(len(seen))
    poison = w.constant(0.0)
    for slot, value in enumerate(map(w.lifted, seen), start=1):
        w.store(value, "values", _i64(slot * lanes))
        poison = value.fma(0.0, poison)
    _compute_nodes(w, individual, varying, nodes, weight)
    first_output = b.sub(nodes, _i64(ports.outputs))
    outputs = []
    for output in range(ports.outputs):
        value = w.load("values", b.mul(b.add(first_output, _i64(output)), _i64(lanes)))
        poison = select(value.is_nan(), value, poison)
        outputs.append(value)
    after, reward, done = w.task.lane_step(
        w.functions, tuple(w.value(slots) for slots in state), tuple(outputs)
    )
    return tuple(map(w.lifted, after)), w.lifted(reward) + poison, done


def _play_block(w: _Writer, individual: Any, nodes: Any, block: Any) -> None:
    b, lanes = w.builder, w.shape.lanes
    first_lane = b.mul(block, _i64(lanes))
    weight = w.load("lane_weight", first_lane)
    numbers = w.task.start_numbers
    start = tuple(
        w.load("start", b.add(first_lane, b.mul(w.argument["lanes"], _i64(i)))) for i in range(numbers)
    )
    opening = w.task.lane_state(w.functions, start)
    state = [w.registers(w.lifted(value)) for value in opening]
    w.store(w.constant(1.0), "values", _i64(0))
    varying = w.number("varying", _I32, individual)
    _compute_nodes(w, individual, _i64(w.task.ports.first_hidden), varying, weight)
    total, lived = w.registers(w.constant(0.0)), w.registers(w.constant(0.0))
    alive = w.registers(w.everyone())
    with w.counting("step", _i64(0), w.argument["horizon"]) as (_, over):
        after, reward, done = _step(w, individual, varying, nodes, weight, state)
        living = w.truth(alive)
        w.keep(select(living, w.value(total) + reward, w.value(total)), total)
        w.keep(select(living, w.value(lived) + 1.0, w.value(lived)), lived)
        for value, slots in zip(after, state, strict=True):
            w.keep(value, slots)
        if isinstance(done, Mask) or bool(done):
            w.keep(living & ~(done if isinstance(done, Mask) else w.everyone()), alive)
            going = b.append_basic_block("alive")
            b.cbranch(w.truth(alive).any(), going, over)
            b.position_at_end(going)
    place = b.add(b.mul(individual, w.argument["lanes"]), first_lane)
    w.store(w.value(total), "returns", place)
    w.store(w.value(lived), "steps", place)


def written(task: LaneTask, shape: Shape, own_weights: bool) -> str:
    """The LLVM IR of the kernel for this task and shape."""
    w = _Writer(task, shape, own_weights)
    b = w.builder
    with w.counting("individual", w.argument["first"], w.argument["last"]) as (individual, _):
        nodes = w.number("nodes", _I32, individual)
        with w.counting("block", _i64(0), w.argument["blocks"]) as (block, _):
            _play_block(w, individual, nodes, block)
    b.ret_void()
    with b.goto_block(w.entry):
        b.branch(w.body)
    return str(w.module)
