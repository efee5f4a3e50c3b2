"""Labelled data through its kernel: lanes are rows of data, and weights are evaluated in turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wannsearch.core.arrays import FloatArray, Int32Array
from wannsearch.core.ports import Ports
from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels import arrays
from wannsearch.evaluators.kernels.engine import Engine
from wannsearch.evaluators.kernels.ir.labelled import ARGUMENTS, NUM_PARTIAL_SUMS, kernel_ir
from wannsearch.evaluators.kernels.ir.writer import WeightMode


def evaluate_labelled(
    engine: Engine,
    candidates: Population,
    task: LabelledTask,
    trials: Trials,
    rows: FloatArray,
) -> FloatArray:
    """Return the returns (U, K, R) of U networks on rows of data (R, S, I + 1), inputs before the target.

    A return is NaN where an input is not finite in the lanes' format, or where an output is NaN. It may be
    infinite. Raises ConfigError where memory is too small, or where the reward branches on values.
    """
    (episodes, samples, row_values), (num_networks, slots) = rows.shape, candidates.activation.shape
    shape = engine.block_shape(samples, NUM_PARTIAL_SUMS)
    padded_rows, columns = shape.pad_lanes(samples), candidates.source.shape[1]
    network_bytes = num_networks * (slots * 13 + columns * 60)
    data_bytes = episodes * padded_rows * (row_values + 2) * (shape.bits // 8)
    engine.max_rows_in_memory(
        data_bytes, network_bytes + rows.nbytes, f"{num_networks} networks and {episodes} x {samples} rows"
    )
    data = arrays.aligned_zeros((row_values + 2, episodes, padded_rows), shape.dtype)
    data[0], data[-1, :, :samples] = 1.0, 1.0  # the bias; 1 for a row, 0 for padding
    data[1:-1, :, :samples] = arrays.cast(np.moveaxis(rows, -1, 0), shape.dtype)
    returns = np.empty((num_networks, trials.num_weights, episodes))
    sorted_population, num_input_edges = sort_inputs_first(candidates, task.ports)
    network_arrays = arrays.network_arrays(sorted_population, shape.dtype)
    weight_mode = WeightMode.OWN if trials.shared_weights is None else WeightMode.SHARED
    engine.run(
        engine.load_kernel(kernel_ir, ARGUMENTS, task, shape, weight_mode),
        ARGUMENTS,
        {
            **network_arrays,
            "hidden_start": (network_arrays["edge_start"] + num_input_edges).astype(np.int32),
            "shared": arrays.cast(trials.weights(), shape.dtype),
            "data": data,
            "returns": returns,
            "slots": slots,
            "columns": columns,
            "weights": trials.num_weights,
            "episodes": episodes,
            "blocks": padded_rows // shape.lanes,
            "lanes": episodes * padded_rows,
            "samples": samples,
        },
        {
            "values": ((slots, shape.lanes), shape.dtype),
            "sums": ((slots, shape.lanes), shape.dtype),
            "partial_sums": ((trials.num_weights, NUM_PARTIAL_SUMS), np.float64),
        },
        num_networks,
        episodes * padded_rows * trials.num_weights * (slots + columns),
    )
    is_finite = np.isfinite(data[1:-2, :, :samples]).all(axis=(0, 2))
    returns[:, :, ~is_finite] = np.nan
    return task.episode_return(returns)


def sort_inputs_first(population: Population, ports: Ports) -> tuple[Population, Int32Array]:
    """Return the networks with edges from bias and inputs first in each node, and the number of such edges.

    The numbers are (P, N + 1) int32, one for each slot and a last 0. Where the edges are in this order
    already, the same population is returned.
    """
    in_use = population.edge_mask()
    from_input = (population.source < ports.first_hidden) & in_use
    sort_key = np.where(in_use, 2 * population.target.astype(np.int64) + ~from_input, np.iinfo(np.int64).max)
    if (np.diff(sort_key, axis=1) < 0).any():
        order = np.argsort(sort_key, axis=1, kind="stable")
        population = replace(
            population,
            source=np.take_along_axis(population.source, order, axis=1),
            target=np.take_along_axis(population.target, order, axis=1),
            weight=np.take_along_axis(population.weight, order, axis=1),
        )
        from_input = np.take_along_axis(from_input, order, axis=1)
    num_networks, slots = population.activation.shape
    cells = (np.arange(num_networks)[:, None] * (slots + 1) + population.target)[from_input]
    num_input_edges = np.bincount(cells, minlength=num_networks * (slots + 1)).reshape(
        num_networks, slots + 1
    )
    return population, num_input_edges.astype(np.int32)
