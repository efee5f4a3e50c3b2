"""Tuned parameters as published beside the WANN champions (`*.wann.json`).

The file is a list [parameters, reward] or [parameters, reward, std]. Parameters are offsets in the
order of the key vector (see published_out.py): weight = parameter + offset, where the offset belongs
to the game (swing-up -1.5, biped -1.87, racer -0.7, MNIST 0). The reward is what its authors measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError
from wannsearch.core.topologies.population import Population
from wannsearch.formats import one_network
from wannsearch.formats.published_out import positions_by_edge
from wannsearch.formats.untrusted import damaged, is_finite_number, parse_json, read_text, shown


@dataclass(frozen=True)
class TunedVector:
    """What a file holds."""

    parameters: npt.NDArray[np.float64]  # (E,)
    mean_return: float  # as recorded with them
    std_return: float | None


def read(path: Path) -> npt.NDArray[np.float64]:
    """The (E,) parameters in this file."""
    return read_vector(path).parameters


def read_vector(path: Path) -> TunedVector:
    """The parameters in this file, and the return that was recorded with them."""
    where = str(path)
    document = parse_json(read_text(path), where)
    if not isinstance(document, list) or len(document) not in (2, 3):
        found = f"a list of {len(document)}" if isinstance(document, list) else shown(document)
        raise damaged(
            where, f"it holds {found}", "it must be [parameters, reward] or [parameters, reward, std]"
        )
    parameters, *results = document
    if not isinstance(parameters, list) or not parameters:
        found = "an empty list" if parameters == [] else shown(parameters)
        raise damaged(where, f"the parameters are {found}", "they must be a list of numbers")
    for what, values in (("parameter", parameters), ("result", results)):
        for number, value in enumerate(values):
            if not is_finite_number(value):
                raise damaged(where, f"{what} {number} is {shown(value)}", "it must be a finite number")
    mean, *std = (float(value) for value in results)
    return TunedVector(np.array(parameters, np.float64), mean, std[0] if std else None)


def laid_over(network: Population, row: int, parameters: npt.ArrayLike, offset: float) -> Population:
    """Network `row` with weight = parameter + offset, parameters in the order of the key vector."""
    one = one_network.trimmed(network, row)
    given = np.asarray(parameters, np.float64)
    connections = int(one.edges[0])
    if given.shape != (connections,):
        raise ConfigError(
            f"{given.size} parameters are laid over a network of {connections} connections; "
            f"there must be one for each."
        )
    weight = np.empty_like(one.weight)
    weight[0, np.argsort(positions_by_edge(one, 0), kind="stable")] = given + offset
    return Population(one.nodes, one.activation, one.edges, one.source, one.target, weight)
