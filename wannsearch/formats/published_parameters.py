"""Tuned parameters as published beside the WANN champions (`*.wann.json`).

The file is a list [parameters, reward] or [parameters, reward, std]. Parameters are in the order of the key
vector (see published_out.py), with weight = parameter + offset. The offset belongs to the task (swing-up
-1.5, biped -1.87, racer -0.7, MNIST 0). The reward is the one that the authors measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import ConfigError
from wannsearch.core.topologies.population import Population
from wannsearch.core.untrusted import (
    damaged_file_error,
    is_finite_number,
    parse_json,
    read_text,
    short_repr,
)
from wannsearch.formats import one_network
from wannsearch.formats.published_out import positions_by_edge


@dataclass(frozen=True)
class TunedParameters:
    """The parameters of a network, and the return that its authors measured with them."""

    parameters: FloatArray  # (E,)
    mean_return: float  # recorded with the parameters
    std_return: float | None


def read(path: Path) -> FloatArray:
    """Read the (E,) float64 parameters in this file, as published, so without the task's offset."""
    return read_tuned_parameters(path).parameters


def read_tuned_parameters(path: Path) -> TunedParameters:
    """Read the parameters in this file, and the return that was recorded with them.

    Raise ConfigError where there is no file, DamagedFile where it is no such list of finite numbers.
    """
    where = str(path)
    document = parse_json(read_text(path), where)
    if not isinstance(document, list) or len(document) not in (2, 3):
        problem = f"a list of {len(document)}" if isinstance(document, list) else short_repr(document)
        raise damaged_file_error(
            where, f"it holds {problem}", "it must be [parameters, reward] or [parameters, reward, std]"
        )
    parameters, *results = document
    if not isinstance(parameters, list) or not parameters:
        problem = "an empty list" if parameters == [] else short_repr(parameters)
        raise damaged_file_error(where, f"the parameters are {problem}", "they must be a list of numbers")
    for label, values in (("parameter", parameters), ("result", results)):
        for index, value in enumerate(values):
            if not is_finite_number(value):
                raise damaged_file_error(
                    where, f"{label} {index} is {short_repr(value)}", "it must be a finite number"
                )
    mean, *std = (float(value) for value in results)
    return TunedParameters(np.array(parameters, np.float64), mean, std[0] if std else None)


def with_parameters(population: Population, row: int, parameters: npt.ArrayLike, offset: float) -> Population:
    """Return network `row` with weight = parameter + offset, for parameters (E,) in key vector order.

    Raise ConfigError where their number differs from that of the connections.
    """
    network = one_network.extract_network(population, row)
    values = np.asarray(parameters, np.float64)
    num_connections = int(network.edges[0])
    if values.shape != (num_connections,):
        raise ConfigError(
            f"{values.size} parameters are laid over a network of {num_connections} connections; "
            f"there must be one for each."
        )
    weight = np.empty_like(network.weight)
    weight[0, np.argsort(positions_by_edge(network, 0), kind="stable")] = values + offset
    return Population(
        network.nodes, network.activation, network.edges, network.source, network.target, weight
    )
