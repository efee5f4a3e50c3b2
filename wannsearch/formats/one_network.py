"""One network as a population of one row, without padding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wannsearch.core.arrays import Array
from wannsearch.core.topologies.population import Population


def from_arrays(
    activation: npt.ArrayLike, source: npt.ArrayLike, target: npt.ArrayLike, weight: npt.ArrayLike
) -> Population:
    """Make the network with (N,) activation ids and (E,) edges; its rules are not checked.

    Edges are sorted by target. Edges into one node keep their order, because a sum of floats depends on it.
    """
    activations = np.asarray(activation, np.int8)
    targets = np.asarray(target, np.int32)
    order = np.argsort(targets, kind="stable")

    def sort_row(values: npt.ArrayLike, dtype: type) -> Array:
        return np.asarray(values, dtype)[order][None]

    return Population(
        np.array([len(activations)], np.int32),
        activations[None],
        np.array([len(targets)], np.int32),
        sort_row(source, np.int32),
        sort_row(targets, np.int32),
        sort_row(weight, np.float64),
    )


def extract_network(population: Population, row: int) -> Population:
    """Return a copy of network `row` alone, without its padding."""
    num_nodes, num_edges = int(population.nodes[row]), int(population.edges[row])
    network = population.take([row])
    return Population(
        network.nodes,
        network.activation[:, :num_nodes],
        network.edges,
        network.source[:, :num_edges],
        network.target[:, :num_edges],
        network.weight[:, :num_edges],
    )
