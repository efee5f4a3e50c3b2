"""Labelled data through the look kernel: lanes are rows of data, weights come in turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wannsearch.core.ports import Ports
from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels import arrays
from wannsearch.evaluators.kernels.engine import Engine
from wannsearch.evaluators.kernels.ir.labelled import ARGUMENTS, PARTIAL_SUMS, written
from wannsearch.evaluators.kernels.ir.writer import Weights


def looked_at(
    engine: Engine,
    asked: Population,
    task: LabelledTask,
    trials: Trials,
    rows: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Returns (U, K, R) for rows of data (R, S, I + 1); NaN where an input is not finite."""
    (episodes, samples, numbers), (count, slots) = rows.shape, asked.activation.shape
    shape = engine.shape(samples, PARTIAL_SUMS)
    padded, columns = shape.padded(samples), asked.source.shape[1]
    networks = count * (slots * 13 + columns * 60)
    held = episodes * padded * (numbers + 2) * (shape.bits // 8)
    engine.at_once(held, networks + rows.nbytes, f"{count} networks and {episodes} x {samples} rows")
    data = arrays.aligned((numbers + 2, episodes, padded), shape.dtype)
    data[0], data[-1, :, :samples] = 1.0, 1.0  # bias; which lanes are rows
    data[1:-1, :, :samples] = arrays.cast(np.moveaxis(rows, -1, 0), shape.dtype)
    returns = np.empty((count, trials.count, episodes))
    sorted_edges, from_inputs = inputs_first(asked, task.ports)
    networks_played = arrays.of_networks(sorted_edges, shape.dtype)
    kind = Weights.OWN if trials.shared_weights is None else Weights.SHARED
    engine.run(
        engine.kernel(written, ARGUMENTS, task, shape, kind),
        ARGUMENTS,
        {
            **networks_played,
            "hidden_start": (networks_played["edge_start"] + from_inputs).astype(np.int32),
            "shared": arrays.cast(trials.weights(), shape.dtype),
            "data": data,
            "returns": returns,
            "slots": slots,
            "columns": columns,
            "weights": trials.count,
            "episodes": episodes,
            "blocks": padded // shape.lanes,
            "lanes": episodes * padded,
            "samples": samples,
        },
        {
            "values": ((slots, shape.lanes), shape.dtype),
            "sums": ((slots, shape.lanes), shape.dtype),
            "gained": ((trials.count, PARTIAL_SUMS), np.float64),
        },
        count,
        episodes * padded * trials.count * (slots + columns),
    )
    seen = np.isfinite(data[1:-2, :, :samples]).all(axis=(0, 2))
    returns[:, :, ~seen] = np.nan
    return task.episode_return(returns)


def inputs_first(population: Population, ports: Ports) -> tuple[Population, npt.NDArray[np.int32]]:
    """The networks with edges from bias and inputs first in each node, and (P, N + 1) how many those are."""
    used = population.edges_in_use()
    fed = (population.source < ports.first_hidden) & used
    place = np.where(used, 2 * population.target.astype(np.int64) + ~fed, np.iinfo(np.int64).max)
    if (np.diff(place, axis=1) < 0).any():
        order = np.argsort(place, axis=1, kind="stable")
        population = replace(
            population,
            source=np.take_along_axis(population.source, order, axis=1),
            target=np.take_along_axis(population.target, order, axis=1),
            weight=np.take_along_axis(population.weight, order, axis=1),
        )
        fed = np.take_along_axis(fed, order, axis=1)
    count, slots = population.activation.shape
    cell = (np.arange(count)[:, None] * (slots + 1) + population.target)[fed]
    from_inputs = np.bincount(cell, minlength=count * (slots + 1)).reshape(count, slots + 1)
    return population, from_inputs.astype(np.int32)
