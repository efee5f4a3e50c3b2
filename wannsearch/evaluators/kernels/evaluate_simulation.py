"""Simulations through the play kernel: lanes are weights x episodes of one network.

Networks with own weights that share one topology, as tuning and crossover make them, become lanes of
one row where that fills vectors better: each lane then has its own weights. A lane's operations are
the same either way, and so are its bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels import arrays
from wannsearch.evaluators.kernels.engine import Engine
from wannsearch.evaluators.kernels.ir.simulation import ARGUMENTS, written
from wannsearch.evaluators.kernels.ir.vector import Shape
from wannsearch.evaluators.kernels.ir.writer import Weights
from wannsearch.evaluators.kernels.simplify import Simplified, laid_out_alike

Results = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


def simulated(
    engine: Engine, work: Simplified, task: LaneTask, trials: Trials, starts: npt.NDArray[np.float64]
) -> Results:
    """Returns and steps (U, K, R) of the networks in `work`, from starts (R, 1, n)."""
    count, episodes = len(work.population), len(starts)
    if trials.shared_weights is None:
        alike = laid_out_alike(work.population)
        if 2 * len(np.unique(alike)) <= count:
            return _by_topology(engine, work, task, starts, alike)
    lanes = trials.count * episodes
    shape = engine.shape(lanes)
    padded, size = shape.padded(lanes), shape.bits // 8
    at_once = engine.at_once(
        2 * padded * size,
        _networks(work.population) + 32 * count * lanes + (task.start_numbers + 1) * padded * (size + 8),
        f"{count} networks x {lanes} lanes",
    )
    # Lanes beyond the last repeat it, so that they end when it does.
    lane = np.minimum(np.arange(padded), lanes - 1)
    start = arrays.copied(starts[lane % episodes, 0].T, shape.dtype)
    lane_weight = arrays.copied(trials.weights()[lane // episodes], shape.dtype)
    kind = Weights.OWN if trials.shared_weights is None else Weights.SHARED
    returns = np.empty((count, trials.count, episodes))
    steps = np.empty(returns.shape, np.int64)
    for first in range(0, count, at_once):
        rows = np.arange(first, min(first + at_once, count))
        networks = arrays.of_networks(work.population.take(rows), shape.dtype)
        given = networks | {"varying": work.varying[rows], "start": start, "lane_weight": lane_weight}
        gained, lived = _played(engine, task, shape, kind, given, padded)
        returns[rows] = gained[:, :lanes].reshape(-1, *returns.shape[1:])
        steps[rows] = lived[:, :lanes].reshape(-1, *returns.shape[1:])
    return returns, steps


def _by_topology(
    engine: Engine,
    work: Simplified,
    task: LaneTask,
    starts: npt.NDArray[np.float64],
    alike: npt.NDArray[np.int64],
) -> Results:
    """The same with weights by lane: a row holds several networks of one topology."""
    count, episodes, asked = len(alike), len(starts), work.population
    shape = _shape_for(engine, np.bincount(alike) * episodes)
    members = np.argsort(alike, kind="stable")  # networks, group by group
    in_group = np.arange(count) - np.searchsorted(alike[members], alike[members])
    lanes = in_group[:, None] * episodes + np.arange(episodes)  # of the group, in order of `members`
    blocks = -(-np.bincount(alike) * episodes // shape.lanes)
    row = np.concatenate([[0], np.cumsum(blocks)])[alike[members]][:, None] + lanes // shape.lanes
    column = lanes % shape.lanes
    rows, columns, size = int(blocks.sum()), asked.source.shape[1], shape.bits // 8
    each = shape.lanes * ((columns + task.start_numbers + 2) * size) + columns * 16
    fixed = _networks(asked) + 32 * count * episodes
    at_once = engine.at_once(each, fixed, f"{count} networks x {episodes} lanes")
    # A lane that nobody fills repeats the first of its row.
    network = np.full((rows, shape.lanes), -1)
    episode = np.zeros_like(network)
    network[row, column] = members[:, None]
    episode[row, column] = np.arange(episodes)
    idle = network < 0
    network, episode = (np.where(idle, part[:, :1], part) for part in (network, episode))
    gained, lived = np.empty(network.shape), np.empty(network.shape, np.int64)
    for first in range(0, rows, at_once):
        some = slice(first, first + at_once)
        leader = network[some, 0]
        given = arrays.of_networks(asked.take(leader), shape.dtype) | {"varying": work.varying[leader]}
        given["weight"] = arrays.copied(np.moveaxis(asked.weight[network[some]], 1, 2), shape.dtype)
        given["start"] = arrays.copied(np.moveaxis(starts[episode[some], 0], 1, 2), shape.dtype)
        gained[some], lived[some] = _played(engine, task, shape, Weights.BY_LANE, given, shape.lanes)
    returns, steps = np.empty((count, 1, episodes)), np.empty((count, 1, episodes), np.int64)
    returns[members, 0], steps[members, 0] = gained[row, column], lived[row, column]
    return returns, steps


def _shape_for(engine: Engine, lanes: npt.NDArray[np.int64]) -> Shape:
    """Blocks for groups of so many lanes: the fewest vectors, each row weighing one more for its decoding."""
    shapes = [engine.shape(chunks * engine.vector_bits // engine.bits) for chunks in (4, 3, 2, 1)]

    def cost(shape: Shape) -> int:
        return int(np.sum(-(-lanes // shape.lanes))) * (shape.chunks + 1)

    return min(shapes, key=cost)


def _networks(population: Population) -> int:
    """Bytes of the networks as asked, simplified and hashed."""
    return 3 * (population.activation.size * 5 + population.source.size * 24)


def _played(
    engine: Engine,
    task: LaneTask,
    shape: Shape,
    weights: Weights,
    given: dict[str, npt.NDArray[Any]],
    padded: int,
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Returns and steps (rows, padded lanes), straight from the kernel."""
    count, slots = given["activation"].shape
    columns = given["source"].shape[1]
    returns, steps = (arrays.aligned((count, padded), shape.dtype) for _ in range(2))
    own_blocks = columns if weights is Weights.BY_LANE else 1
    engine.run(
        engine.kernel(written, ARGUMENTS, task, shape, weights),
        ARGUMENTS,
        {"lane_weight": returns}  # read only where one weight is shared
        | given
        | {
            "varying": np.ascontiguousarray(given["varying"], np.int32),
            "returns": returns,
            "steps": steps,
            "slots": slots,
            "columns": columns,
            "blocks": padded // shape.lanes,
            "lanes": padded,
            "horizon": task.horizon,
        },
        {
            "values": ((slots, shape.lanes), shape.dtype),
            "block_weight": ((own_blocks, shape.lanes), shape.dtype),
        },
        count,
        padded * task.horizon * (slots + columns),
    )
    return returns, steps
