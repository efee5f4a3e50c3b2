"""Simulations through their kernel: lanes are weights x episodes of one network.

Networks with own weights may share one topology, as tuning and crossover produce them. Where there are
at least two networks a topology on average, they become lanes of one row; each lane then has its own
weights. The operations of a lane are the same either way, and so are its bits.
"""

from __future__ import annotations

import numpy as np

from wannsearch.core.arrays import Array, FloatArray, IntArray
from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels import arrays
from wannsearch.evaluators.kernels.engine import Engine
from wannsearch.evaluators.kernels.ir.simulation import ARGUMENTS, kernel_ir
from wannsearch.evaluators.kernels.ir.vector import BlockShape
from wannsearch.evaluators.kernels.ir.writer import WeightMode
from wannsearch.evaluators.kernels.simplify import SimplifiedPopulation, topology_ids

ReturnsAndSteps = tuple[FloatArray, IntArray]


def evaluate_simulation(
    engine: Engine,
    distinct_networks: SimplifiedPopulation,
    task: LaneTask,
    trials: Trials,
    starts: FloatArray,
) -> ReturnsAndSteps:
    """Return returns and steps, (U, K, R) each, of U distinct networks from starts (R, 1, n).

    A return may be infinite or NaN. Raises ConfigError where not one row of lanes fits into memory, or where
    the task branches on values or observes another number of values than its ports have inputs.
    """
    num_networks, episodes = len(distinct_networks.population), len(starts)
    if trials.shared_weights is None:
        topologies = topology_ids(distinct_networks.population)
        if 2 * len(np.unique(topologies)) <= num_networks:
            return _evaluate_by_topology(engine, distinct_networks, task, starts, topologies)
    lanes = trials.num_weights * episodes
    shape = engine.block_shape(lanes)
    padded_lanes, element_bytes = shape.pad_lanes(lanes), shape.bits // 8
    max_rows = engine.max_rows_in_memory(
        2 * padded_lanes * element_bytes,
        _network_bytes(distinct_networks.population)
        + 32 * num_networks * lanes
        + (task.start_dim + 1) * padded_lanes * (element_bytes + 8),
        f"{num_networks} networks x {lanes} lanes",
    )
    # Padding lanes repeat the last lane, so that they end when it does.
    lane_index = np.minimum(np.arange(padded_lanes), lanes - 1)
    start_values = arrays.aligned_copy(starts[lane_index % episodes, 0].T, shape.dtype)
    lane_weight = arrays.aligned_copy(trials.weights()[lane_index // episodes], shape.dtype)
    weight_mode = WeightMode.OWN if trials.shared_weights is None else WeightMode.SHARED
    returns = np.empty((num_networks, trials.num_weights, episodes))
    steps = np.empty(returns.shape, np.int64)
    for first in range(0, num_networks, max_rows):
        rows = np.arange(first, min(first + max_rows, num_networks))
        networks = arrays.network_arrays(distinct_networks.population.take(rows), shape.dtype)
        kernel_inputs = networks | {
            "varying": distinct_networks.first_varying[rows],
            "start": start_values,
            "lane_weight": lane_weight,
        }
        lane_returns, lane_steps = _run_kernel(engine, task, shape, weight_mode, kernel_inputs, padded_lanes)
        returns[rows] = lane_returns[:, :lanes].reshape(-1, *returns.shape[1:])
        steps[rows] = lane_steps[:, :lanes].reshape(-1, *returns.shape[1:])
    return returns, steps


def _evaluate_by_topology(
    engine: Engine,
    distinct_networks: SimplifiedPopulation,
    task: LaneTask,
    starts: FloatArray,
    topologies: IntArray,
) -> ReturnsAndSteps:
    """Return returns and steps, (U, 1, R) each; a kernel row holds several networks of one topology."""
    num_networks, episodes, networks = len(topologies), len(starts), distinct_networks.population
    shape = _select_block_shape(engine, np.bincount(topologies) * episodes)
    members = np.argsort(topologies, kind="stable")  # networks, group by group
    index_in_group = np.arange(num_networks) - np.searchsorted(topologies[members], topologies[members])
    lanes = index_in_group[:, None] * episodes + np.arange(episodes)  # of the group, in order of `members`
    blocks = -(-np.bincount(topologies) * episodes // shape.lanes)
    row = np.concatenate([[0], np.cumsum(blocks)])[topologies[members]][:, None] + lanes // shape.lanes
    column = lanes % shape.lanes
    rows, columns, element_bytes = int(blocks.sum()), networks.source.shape[1], shape.bits // 8
    row_bytes = shape.lanes * ((columns + task.start_dim + 2) * element_bytes) + columns * 16
    fixed_bytes = _network_bytes(networks) + 32 * num_networks * episodes
    max_rows = engine.max_rows_in_memory(
        row_bytes, fixed_bytes, f"{num_networks} networks x {episodes} lanes"
    )
    # An idle lane repeats the first lane of its row.
    network = np.full((rows, shape.lanes), -1)
    episode = np.zeros_like(network)
    network[row, column] = members[:, None]
    episode[row, column] = np.arange(episodes)
    is_idle = network < 0
    network, episode = (np.where(is_idle, indices[:, :1], indices) for indices in (network, episode))
    lane_returns, lane_steps = np.empty(network.shape), np.empty(network.shape, np.int64)
    for first in range(0, rows, max_rows):
        row_slice = slice(first, first + max_rows)
        first_network = network[row_slice, 0]
        kernel_inputs = arrays.network_arrays(networks.take(first_network), shape.dtype) | {
            "varying": distinct_networks.first_varying[first_network]
        }
        kernel_inputs["weight"] = arrays.aligned_copy(
            np.moveaxis(networks.weight[network[row_slice]], 1, 2), shape.dtype
        )
        kernel_inputs["start"] = arrays.aligned_copy(
            np.moveaxis(starts[episode[row_slice], 0], 1, 2), shape.dtype
        )
        lane_returns[row_slice], lane_steps[row_slice] = _run_kernel(
            engine, task, shape, WeightMode.BY_LANE, kernel_inputs, shape.lanes
        )
    returns, steps = np.empty((num_networks, 1, episodes)), np.empty((num_networks, 1, episodes), np.int64)
    returns[members, 0], steps[members, 0] = lane_returns[row, column], lane_steps[row, column]
    return returns, steps


def _select_block_shape(engine: Engine, lanes: IntArray) -> BlockShape:
    """Return the cheapest block shape for groups of `lanes` lanes each.

    The cost of a row is its number of vectors, plus one for the decoding of the topology.
    """
    shapes = [engine.block_shape(chunks * engine.vector_bits // engine.bits) for chunks in (4, 3, 2, 1)]

    def cost(shape: BlockShape) -> int:
        return int(np.sum(-(-lanes // shape.lanes))) * (shape.chunks + 1)

    return min(shapes, key=cost)


def _network_bytes(population: Population) -> int:
    """Return an estimate of the bytes of the networks: as given, simplified and hashed."""
    return 3 * (population.activation.size * 5 + population.source.size * 24)


def _run_kernel(
    engine: Engine,
    task: LaneTask,
    shape: BlockShape,
    weight_mode: WeightMode,
    kernel_inputs: dict[str, Array],
    padded_lanes: int,
) -> tuple[Array, Array]:
    """Return returns and steps, (rows, padded lanes) each, as the kernel wrote them, in the lanes' dtype."""
    count, slots = kernel_inputs["activation"].shape
    columns = kernel_inputs["source"].shape[1]
    returns, steps = (arrays.aligned_zeros((count, padded_lanes), shape.dtype) for _ in range(2))
    num_weight_rows = columns if weight_mode is WeightMode.BY_LANE else 1
    engine.run(
        engine.load_kernel(kernel_ir, ARGUMENTS, task, shape, weight_mode),
        ARGUMENTS,
        {"lane_weight": returns}  # a stand-in; it is read only where one weight is shared
        | kernel_inputs
        | {
            "varying": np.ascontiguousarray(kernel_inputs["varying"], np.int32),
            "returns": returns,
            "steps": steps,
            "slots": slots,
            "columns": columns,
            "blocks": padded_lanes // shape.lanes,
            "lanes": padded_lanes,
            "horizon": task.horizon,
        },
        {
            "values": ((slots, shape.lanes), shape.dtype),
            "block_weight": ((num_weight_rows, shape.lanes), shape.dtype),
        },
        count,
        padded_lanes * task.horizon * (slots + columns),
    )
    return returns, steps
