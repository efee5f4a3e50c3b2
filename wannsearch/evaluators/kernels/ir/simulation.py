"""The kernel: every individual, block of lanes, step, node and edge, in one compiled function.

A block holds the lanes of one individual side by side: `values[node][lane]`, a few vectors a node.
When so many lanes have ended that the living fit into fewer vectors, they are moved together and
played on by a narrower copy of the loop; a lane's own operations, and so its bits, stay the same.

Nodes below the individual's `varying` slot depend on no input and are computed once a loop.

With weights by lane a row holds several networks of one topology: each lane brings its own weights
and its own start, and takes them along when lanes are moved together.

What is not finite must reach the scores: an observation or a NaN output of a living lane turns its
return into NaN; returns that end infinite are made NaN by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.evaluators.kernels.ir.forward import Row, compute_nodes
from wannsearch.evaluators.kernels.ir.vector import Mask, Shape, Vector, select
from wannsearch.evaluators.kernels.ir.writer import I32, I64, Weights, Writer, i64

ARGUMENTS = (
    "first last slots columns nodes varying activation edge_start source weight block_weight "
    "blocks lanes lane_weight start horizon values returns steps"
).split()


@dataclass(frozen=True)
class _Block:
    """What a block of lanes is between two loops: rows of numbers on the stack."""

    row: Row
    nodes: Any
    rows: Any  # state values, then total, lived, weight, alive; each a row of `stride` lanes
    origin: Any  # the lane of the result that each belongs to; -1 for none
    step: Any  # steps played
    states: int
    stride: int

    def of(self, number: int) -> Any:
        """Where a row of numbers begins."""
        return i64(number * self.stride)

    @property
    def count(self) -> int:
        """Rows."""
        return self.states + 4

    @property
    def total(self) -> int:
        """The row of the returns so far; lived, weight and alive follow."""
        return self.states


def _step(
    w: Writer, block: _Block, varying: Any, weight: Vector, state: list[list[Any]]
) -> tuple[tuple[Vector, ...], Vector, Any]:
    """One observation, forward pass and step; gives the next state, the reward and who is done."""
    b, ports, lanes = w.builder, w.task.ports, w.shape.lanes
    seen = w.task.lane_observe(w.functions, tuple(w.value(slots) for slots in state))
    w.task.check_seen(len(seen))
    poison = w.constant(0.0)
    for slot, value in enumerate(map(w.lifted, seen), start=1):
        w.store(value, "values", i64(slot * lanes))
        poison = value.fma(0.0, poison)
    compute_nodes(w, block.row, varying, block.nodes, weight)
    first_output = b.sub(block.nodes, i64(ports.outputs))
    outputs = []
    for output in range(ports.outputs):
        value = w.load("values", b.mul(b.add(first_output, i64(output)), i64(lanes)))
        poison = select(value.is_nan(), value, poison)
        outputs.append(value)
    after, reward, done = w.task.lane_step(
        w.functions, tuple(w.value(slots) for slots in state), tuple(outputs)
    )
    return tuple(map(w.lifted, after)), w.lifted(reward) + poison, done


def _edges(w: Writer, row: Row, nodes: Any) -> Any:
    return w.number("edge_start", I32, w.builder.add(row.starts, nodes))


def _opened(w: Writer, row: Row, nodes: Any, first_lane: Any) -> _Block:
    """The lanes of a block at their start, in rows."""
    b, lanes, padded = w.builder, w.shape.lanes, w.argument["lanes"]
    numbers = w.task.start_numbers
    by_lane = w.weights is Weights.BY_LANE
    first = b.mul(row.individual, i64(numbers)) if by_lane else i64(0)
    start = tuple(
        w.load("start", b.add(first_lane, b.mul(padded, b.add(first, i64(i))))) for i in range(numbers)
    )
    if by_lane:
        with w.counting("weight", i64(0), _edges(w, row, nodes)) as (edge, _):
            at = b.add(b.mul(b.add(row.edges, edge), padded), first_lane)
            w.store(w.load("weight", at), "block_weight", b.mul(edge, i64(w.stride)))
    opening = [w.lifted(value) for value in w.task.lane_state(w.functions, start)]
    rows = w.array(w.shape.element, (len(opening) + 4) * lanes)
    block = _Block(row, nodes, rows, w.array(I64, lanes), w.variable(I64), len(opening), lanes)
    shared = w.load("lane_weight", first_lane) if w.weights is Weights.SHARED else w.constant(1.0)
    ended = [w.constant(0.0), w.constant(0.0), shared, w.constant(1.0)]
    for number, value in enumerate([*opening, *ended]):
        w.store(value, rows, block.of(number))
    with w.counting("origin", i64(0), i64(lanes)) as (lane, _):
        b.store(b.add(first_lane, lane), b.gep(block.origin, [lane], source_etype=I64))
    b.store(i64(0), block.step)
    return block


def _loop(w: Writer, block: _Block) -> bool:
    """Play on until the horizon, or until the living fit into fewer vectors; can lanes end at all?"""
    b, lanes = w.builder, w.shape.lanes
    state = [w.registers(w.load(block.rows, block.of(number))) for number in range(block.states)]
    total = w.registers(w.load(block.rows, block.of(block.total)))
    lived = w.registers(w.load(block.rows, block.of(block.total + 1)))
    weight = w.load(block.rows, block.of(block.total + 2))
    alive = w.registers(w.load(block.rows, block.of(block.total + 3)) > 0.5)
    w.store(w.constant(1.0), "values", i64(0))
    varying = w.number("varying", I32, block.row.individual)
    compute_nodes(w, block.row, i64(w.task.ports.first_hidden), varying, weight)
    can_end = False
    with w.counting("step", b.load(block.step, typ=I64), w.argument["horizon"]) as (step, over):
        after, reward, done = _step(w, block, varying, weight, state)
        living = w.truth(alive)
        w.keep(select(living, w.value(total) + reward, w.value(total)), total)
        w.keep(select(living, w.value(lived) + 1.0, w.value(lived)), lived)
        for value, slots in zip(after, state, strict=True):
            w.keep(value, slots)
        b.store(b.add(step, i64(1)), block.step)
        if isinstance(done, Mask) or bool(done):
            can_end = True
            w.keep(living & ~(done if isinstance(done, Mask) else w.everyone()), alive)
            going = b.append_basic_block("crowded")
            spare = i64(lanes - w.shape.width)
            b.cbranch(b.icmp_signed(">", w.truth(alive).count(), spare), going, over)
            b.position_at_end(going)
    for number, slots in enumerate([*state, total, lived]):
        w.store(w.value(slots), block.rows, block.of(number))
    flags = select(w.truth(alive), w.constant(1.0), w.constant(0.0))
    w.store(flags, block.rows, block.of(block.total + 3))
    return can_end


def _moved_together(w: Writer, block: _Block) -> Any:
    """Hand in who has ended, move the living to the front, fill up with idle lanes; how many live?"""
    b, element = w.builder, w.shape.element
    living = w.variable(I64)
    b.store(i64(0), living)

    def cell(number: int, lane: Any) -> Any:
        return b.gep(block.rows, [b.add(block.of(number), lane)], source_etype=element)

    def origin(lane: Any) -> Any:
        return b.gep(block.origin, [lane], source_etype=I64)

    def copied(source: Any, target: Any) -> None:
        for number in range(block.count):
            b.store(b.load(cell(number, source), typ=element), cell(number, target))
        if w.weights is Weights.BY_LANE:
            with w.counting("moved", i64(0), _edges(w, block.row, block.nodes)) as (edge, _):
                begin = b.mul(edge, i64(w.stride))
                old, new = (
                    b.gep(w.argument["block_weight"], [b.add(begin, lane)], source_etype=element)
                    for lane in (source, target)
                )
                b.store(b.load(old, typ=element), new)

    over = b.icmp_signed(">=", b.load(block.step, typ=I64), w.argument["horizon"])
    half = ir.Constant(element, 0.5)
    with w.counting("gather", i64(0), i64(w.shape.lanes)) as (lane, _):
        alive = b.fcmp_ordered(">", b.load(cell(block.total + 3, lane), typ=element), half)
        at = b.load(origin(lane), typ=I64)
        with b.if_else(b.and_(alive, b.not_(over))) as (stays, leaves):
            with stays:
                front = b.load(living, typ=I64)
                copied(lane, front)
                b.store(at, origin(front))
                b.store(b.add(front, i64(1)), living)
            with leaves, b.if_then(b.icmp_signed(">=", at, i64(0))):
                place = b.add(b.mul(block.row.individual, w.argument["lanes"]), at)
                for number, name in ((block.total, "returns"), (block.total + 1, "steps")):
                    result = b.gep(w.argument[name], [place], source_etype=element)
                    b.store(b.load(cell(number, lane), typ=element), result)
    count = b.load(living, typ=I64)
    with (
        b.if_then(b.icmp_signed(">", count, i64(0))),
        w.counting("idle", count, i64(w.shape.lanes)) as (lane, _),
    ):
        copied(i64(0), lane)
        b.store(ir.Constant(element, 0.0), cell(block.total + 3, lane))
        b.store(i64(-1), origin(lane))
    return count


def _play_block(w: Writer, row: Row, nodes: Any, number: Any) -> None:
    b = w.builder
    block = _opened(w, row, nodes, b.mul(number, i64(w.shape.lanes)))
    finished = b.append_basic_block("finished")
    for chunks in range(w.shape.chunks, 0, -1):
        narrow = w.narrowed(chunks)
        can_end = _loop(narrow, block)
        count = _moved_together(narrow, block)
        if not can_end or chunks == 1:
            break
        # The next loop has room for one vector less; wider ones are left behind for good.
        narrower = b.append_basic_block("narrower")
        b.cbranch(b.icmp_signed(">", count, i64(0)), narrower, finished)
        b.position_at_end(narrower)
    b.branch(finished)
    b.position_at_end(finished)


def written(task: LaneTask, shape: Shape, weights: Weights) -> str:
    """The LLVM IR of the kernel for this task and shape."""
    w = Writer(task, shape, weights, ARGUMENTS)
    with w.counting("individual", w.argument["first"], w.argument["last"]) as (individual, _):
        row, nodes = Row.of(w, individual), w.number("nodes", I32, individual)
        with w.counting("block", i64(0), w.argument["blocks"]) as (block, _):
            _play_block(w, row, nodes, block)
    return w.finished()
