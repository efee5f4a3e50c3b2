"""One network as a population of one row, nothing padded."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.topologies.population import Population


def from_arrays(
    activation: npt.ArrayLike, source: npt.ArrayLike, target: npt.ArrayLike, weight: npt.ArrayLike
) -> Population:
    """The network of (N,) activation ids and its (E,) edges.

    Edges are brought into rising targets; those into one node keep their order, for a sum of floats
    depends on it.
    """
    activations = np.asarray(activation, np.int8)
    targets = np.asarray(target, np.int32)
    order = np.argsort(targets, kind="stable")

    def sorted_row(values: npt.ArrayLike, kind: type) -> npt.NDArray[Any]:
        return np.asarray(values, kind)[order][None]

    return Population(
        np.array([len(activations)], np.int32),
        activations[None],
        np.array([len(targets)], np.int32),
        sorted_row(source, np.int32),
        sorted_row(targets, np.int32),
        sorted_row(weight, np.float64),
    )


def trimmed(population: Population, row: int) -> Population:
    """Network `row` alone, without its padding."""
    nodes, edges = int(population.nodes[row]), int(population.edges[row])
    one = population.take([row])
    return Population(
        one.nodes,
        one.activation[:, :nodes],
        one.edges,
        one.source[:, :edges],
        one.target[:, :edges],
        one.weight[:, :edges],
    )
