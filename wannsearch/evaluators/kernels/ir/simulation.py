"""The kernel for simulations: every individual, block of lanes, step, node and edge in one function.

A block holds the lanes of one individual side by side: `values[node][lane]`, a few vectors a node. Once
the active lanes fit into fewer vectors, they are compacted, and a narrower copy of the loop continues
with them. The operations of a lane, and so its bits, stay the same.

Nodes below the individual's `varying` slot depend on no input and are computed once a loop.

With weights by lane a row holds several networks of one topology. Each lane has its own weights and its
own start, and keeps them when lanes are compacted.

Values that are not finite must reach the scores. An observation that is not finite, or a NaN output, makes
the return of an active lane NaN. The caller makes NaN of returns that end infinite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.evaluators.kernels.ir.forward import RowOffsets, compute_nodes
from wannsearch.evaluators.kernels.ir.vector import BlockShape, LaneMask, Vector, select
from wannsearch.evaluators.kernels.ir.writer import I32, I64, KernelWriter, TaskKernelWriter, WeightMode, i64

ARGUMENTS = (
    "first last slots columns nodes varying activation edge_start source weight block_weight "
    "blocks lanes lane_weight start horizon values returns steps"
).split()


@dataclass(frozen=True)
class _Block:
    """The state of a block of lanes between two loops: rows of numbers on the stack."""

    offsets: RowOffsets
    nodes: Any
    rows: Any  # state values, then total, steps, weight, alive; each a row of `stride` lanes
    origin: Any  # the result lane of each lane; -1 for none
    step: Any  # address of the number of steps done
    num_states: int
    stride: int

    def row_offset(self, row_number: int) -> Any:
        """Return the offset, in elements, of the first lane of a row."""
        return i64(row_number * self.stride)

    @property
    def num_rows(self) -> int:
        """The number of rows: all states, then total, steps, weight and alive."""
        return self.num_states + 4

    @property
    def total_row(self) -> int:
        """The row of the returns so far; steps, weight and alive follow."""
        return self.num_states


def _step(
    w: TaskKernelWriter, block: _Block, varying: Any, weight: Vector, state: list[list[Any]]
) -> tuple[tuple[Vector, ...], Vector, Any]:
    """Write one observation, forward pass and step; return the next state, the reward and done.

    The reward is NaN where the observation is not finite or an output is NaN. Raises ConfigError for an
    observation that does not fit the ports.
    """
    b, ports, lanes = w.builder, w.task.ports, w.shape.lanes
    observation = w.task.lane_observe(w.math, tuple(w.load_vector(slots) for slots in state))
    w.task.check_observation(len(observation))
    nan_flag = w.constant(0.0)
    for slot, value in enumerate(map(w.as_vector, observation), start=1):
        w.store(value, "values", i64(slot * lanes))
        nan_flag = value.fma(0.0, nan_flag)
    compute_nodes(w, block.offsets, varying, block.nodes, weight)
    first_output = b.sub(block.nodes, i64(ports.outputs))
    outputs = []
    for output in range(ports.outputs):
        value = w.load("values", b.mul(b.add(first_output, i64(output)), i64(lanes)))
        nan_flag = select(value.is_nan(), value, nan_flag)
        outputs.append(value)
    next_state, reward, done = w.task.checked_step(
        w.math, tuple(w.load_vector(slots) for slots in state), tuple(outputs)
    )
    return tuple(map(w.as_vector, next_state)), w.as_vector(reward) + nan_flag, done


def _load_num_edges(w: KernelWriter, row: RowOffsets, nodes: Any) -> Any:
    return w.load_scalar("edge_start", I32, w.builder.add(row.edge_start_offset, nodes))


def _init_block(w: TaskKernelWriter, row: RowOffsets, nodes: Any, first_lane: Any) -> _Block:
    """Write the start of a block's lanes, and return them as rows."""
    b, lanes, total_lanes = w.builder, w.shape.lanes, w.arguments["lanes"]
    start_dim = w.task.start_dim
    has_lane_weights = w.weight_mode is WeightMode.BY_LANE
    first_start = b.mul(row.individual, i64(start_dim)) if has_lane_weights else i64(0)
    start = tuple(
        w.load("start", b.add(first_lane, b.mul(total_lanes, b.add(first_start, i64(i)))))
        for i in range(start_dim)
    )
    if has_lane_weights:
        with w.for_range("weight", i64(0), _load_num_edges(w, row, nodes)) as (edge, _):
            weight_index = b.add(b.mul(b.add(row.edge_offset, edge), total_lanes), first_lane)
            w.store(w.load("weight", weight_index), "block_weight", b.mul(edge, i64(w.stride)))
    state = [w.as_vector(value) for value in w.task.lane_state(w.math, start)]
    rows = w.allocate_array(w.shape.element_type, (len(state) + 4) * lanes)
    block = _Block(
        row, nodes, rows, w.allocate_array(I64, lanes), w.allocate_variable(I64), len(state), lanes
    )
    shared_weight = (
        w.load("lane_weight", first_lane) if w.weight_mode is WeightMode.SHARED else w.constant(1.0)
    )
    bookkeeping = [w.constant(0.0), w.constant(0.0), shared_weight, w.constant(1.0)]
    for row_number, value in enumerate([*state, *bookkeeping]):
        w.store(value, rows, block.row_offset(row_number))
    with w.for_range("origin", i64(0), i64(lanes)) as (lane, _):
        b.store(b.add(first_lane, lane), b.gep(block.origin, [lane], source_etype=I64))
    b.store(i64(0), block.step)
    return block


def _run_loop(w: TaskKernelWriter, block: _Block) -> bool:
    """Write the loop over steps, and return whether a lane can end before the horizon.

    The loop runs until the horizon, or until the active lanes fit into one vector fewer. From one vector on
    it runs until none is active.
    """
    b, lanes = w.builder, w.shape.lanes
    state = [
        w.allocate_variables(w.load(block.rows, block.row_offset(row_number)))
        for row_number in range(block.num_states)
    ]
    total = w.allocate_variables(w.load(block.rows, block.row_offset(block.total_row)))
    episode_steps = w.allocate_variables(w.load(block.rows, block.row_offset(block.total_row + 1)))
    weight = w.load(block.rows, block.row_offset(block.total_row + 2))
    alive = w.allocate_variables(w.load(block.rows, block.row_offset(block.total_row + 3)) > 0.5)
    w.store(w.constant(1.0), "values", i64(0))
    varying = w.load_scalar("varying", I32, block.offsets.individual)
    compute_nodes(w, block.offsets, i64(w.task.ports.first_hidden), varying, weight)
    can_end = False
    with w.for_range("step", b.load(block.step, typ=I64), w.arguments["horizon"]) as (step, exit_block):
        next_state, reward, done = _step(w, block, varying, weight, state)
        alive_mask = w.load_mask(alive)
        w.store_variables(select(alive_mask, w.load_vector(total) + reward, w.load_vector(total)), total)
        w.store_variables(
            select(alive_mask, w.load_vector(episode_steps) + 1.0, w.load_vector(episode_steps)),
            episode_steps,
        )
        for value, slots in zip(next_state, state, strict=True):
            w.store_variables(value, slots)
        b.store(b.add(step, i64(1)), block.step)
        if isinstance(done, LaneMask) or bool(done):
            can_end = True
            w.store_variables(alive_mask & ~(done if isinstance(done, LaneMask) else w.all_true()), alive)
            continue_block = b.append_basic_block("continue")
            spare_lanes = i64(lanes - w.shape.width)
            b.cbranch(
                b.icmp_signed(">", w.load_mask(alive).count_true(), spare_lanes), continue_block, exit_block
            )
            b.position_at_end(continue_block)
    for row_number, slots in enumerate([*state, total, episode_steps]):
        w.store(w.load_vector(slots), block.rows, block.row_offset(row_number))
    flags = select(w.load_mask(alive), w.constant(1.0), w.constant(0.0))
    w.store(flags, block.rows, block.row_offset(block.total_row + 3))
    return can_end


def _compact_lanes(w: KernelWriter, block: _Block) -> Any:
    """Store the results of ended lanes, move active lanes to the front and fill up with idle lanes.

    At the horizon all lanes have ended. Returns the number of active lanes, as an IR value.
    """
    b, element = w.builder, w.shape.element_type
    alive_count = w.allocate_variable(I64)
    b.store(i64(0), alive_count)

    def cell_ptr(row_number: int, lane: Any) -> Any:
        return b.gep(block.rows, [b.add(block.row_offset(row_number), lane)], source_etype=element)

    def origin_ptr(lane: Any) -> Any:
        return b.gep(block.origin, [lane], source_etype=I64)

    def copy_lane(source: Any, target: Any) -> None:
        for row_number in range(block.num_rows):
            b.store(b.load(cell_ptr(row_number, source), typ=element), cell_ptr(row_number, target))
        if w.weight_mode is WeightMode.BY_LANE:
            with w.for_range("copy_weights", i64(0), _load_num_edges(w, block.offsets, block.nodes)) as (
                edge,
                _,
            ):
                weight_index = b.mul(edge, i64(w.stride))
                source_ptr, target_ptr = (
                    b.gep(w.arguments["block_weight"], [b.add(weight_index, lane)], source_etype=element)
                    for lane in (source, target)
                )
                b.store(b.load(source_ptr, typ=element), target_ptr)

    is_over = b.icmp_signed(">=", b.load(block.step, typ=I64), w.arguments["horizon"])
    half = ir.Constant(element, 0.5)
    with w.for_range("gather", i64(0), i64(w.shape.lanes)) as (lane, _):
        is_alive = b.fcmp_ordered(">", b.load(cell_ptr(block.total_row + 3, lane), typ=element), half)
        result_lane = b.load(origin_ptr(lane), typ=I64)
        with b.if_else(b.and_(is_alive, b.not_(is_over))) as (keep_branch, finish_branch):
            with keep_branch:
                free_lane = b.load(alive_count, typ=I64)
                copy_lane(lane, free_lane)
                b.store(result_lane, origin_ptr(free_lane))
                b.store(b.add(free_lane, i64(1)), alive_count)
            with finish_branch, b.if_then(b.icmp_signed(">=", result_lane, i64(0))):
                result_index = b.add(b.mul(block.offsets.individual, w.arguments["lanes"]), result_lane)
                for number, name in ((block.total_row, "returns"), (block.total_row + 1, "steps")):
                    result_ptr = b.gep(w.arguments[name], [result_index], source_etype=element)
                    b.store(b.load(cell_ptr(number, lane), typ=element), result_ptr)
    num_alive = b.load(alive_count, typ=I64)
    with (
        b.if_then(b.icmp_signed(">", num_alive, i64(0))),
        w.for_range("idle", num_alive, i64(w.shape.lanes)) as (lane, _),
    ):
        copy_lane(i64(0), lane)
        b.store(ir.Constant(element, 0.0), cell_ptr(block.total_row + 3, lane))
        b.store(i64(-1), origin_ptr(lane))
    return num_alive


def _run_block(w: TaskKernelWriter, row: RowOffsets, nodes: Any, block_index: Any) -> None:
    """Write the loops over one block, from its full width down to one vector."""
    b = w.builder
    block = _init_block(w, row, nodes, b.mul(block_index, i64(w.shape.lanes)))
    exit_block = b.append_basic_block("finished")
    for chunks in range(w.shape.chunks, 0, -1):
        narrow_writer = w.with_chunks(chunks)
        can_end = _run_loop(narrow_writer, block)
        num_alive = _compact_lanes(narrow_writer, block)
        if not can_end or chunks == 1:
            break
        # The next loop is one vector narrower; this block never returns to a wider one.
        narrower_block = b.append_basic_block("narrower")
        b.cbranch(b.icmp_signed(">", num_alive, i64(0)), narrower_block, exit_block)
        b.position_at_end(narrower_block)
    b.branch(exit_block)
    b.position_at_end(exit_block)


def kernel_ir(task: LaneTask, shape: BlockShape, weight_mode: WeightMode) -> str:
    """Return the LLVM IR of the kernel for this task, block shape and weight mode.

    Raises ConfigError where the task branches on values, or where its observation does not fit its ports.
    """
    w = TaskKernelWriter(task, shape, weight_mode, ARGUMENTS)
    with w.for_range("individual", w.arguments["first"], w.arguments["last"]) as (individual, _):
        row, nodes = RowOffsets.for_individual(w, individual), w.load_scalar("nodes", I32, individual)
        with w.for_range("block", i64(0), w.arguments["blocks"]) as (block, _):
            _run_block(w, row, nodes, block)
    return w.to_text()
