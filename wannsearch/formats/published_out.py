"""The `.out` matrix of the published WANN and prettyNEAT code (Gaier & Ha 2019).

The file has N lines of N + 1 comma-separated numbers. Entry (i, j) of the first N columns is the weight from
node i to node j, and the last column is the activation id of node i. Nodes are ordered bias, inputs, hidden,
outputs, so the matrix is strictly upper triangular. `nan` marks a disabled gene and, like zero, is no
connection; every other entry is one. The number of inputs and outputs is not in the file; it comes from the
task's ports. The ids of bias and inputs are ignored, as they are in that code.

The published code prints three digits (`%1.2e`), too few to keep a weight; we print all of them.
Every published parameter vector follows the key vector: the ascending positions of the connections
in the row-major N x N matrix.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from wannsearch.core.activations import ACTIVATION_NAMES, LINEAR_ID
from wannsearch.core.arrays import IntArray
from wannsearch.core.errors import ConfigError, StorageError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.core.untrusted import damaged_file_error, read_text, short_repr
from wannsearch.formats import one_network


def flat_positions(population: Population, row: int) -> IntArray:
    """Return the key vector (E,): ascending positions of the connections in the row-major N x N matrix."""
    return np.sort(positions_by_edge(population, row))


def positions_by_edge(population: Population, row: int) -> IntArray:
    """Return the position (E,) of each edge in the row-major N x N matrix, in the order of the edges."""
    network = one_network.extract_network(population, row)
    positions: IntArray = network.source[0].astype(np.int64) * network.nodes[0] + network.target[0]
    return positions


def dumps(population: Population, row: int) -> str:
    """Return network `row` as such a matrix with all digits.

    Raise ConfigError where the matrix cannot hold it: a zero, infinite or NaN weight, or a repeated edge.
    """
    network = one_network.extract_network(population, row)
    num_nodes = int(network.nodes[0])
    cells = [["0"] * num_nodes for _ in range(num_nodes)]
    edges = (network.source[0].tolist(), network.target[0].tolist(), network.weight[0].tolist())
    for source, target, weight in zip(*edges, strict=True):
        if weight == 0 or not math.isfinite(weight):
            allowed = "a .out file holds finite weights other than zero"
            raise ConfigError(
                f"network {row}, edge from {source} to {target}: weight is {weight}; {allowed}."
            )
        if cells[source][target] != "0":
            raise ConfigError(
                f"network {row} has two edges from {source} to {target}; a .out file holds one."
            )
        cells[source][target] = repr(weight)
    activation_ids = network.activation[0].tolist()
    return "".join(
        ",".join([*line, str(activation_id)]) + "\n"
        for line, activation_id in zip(cells, activation_ids, strict=True)
    )


def write(path: Path, population: Population, row: int) -> None:
    """Write network `row` to this file; raise StorageError where that fails, ConfigError as `dumps` does."""
    text = dumps(population, row)
    try:
        path.write_text(text, encoding="ascii", newline="\n")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}.") from None


def read(path: Path, ports: Ports) -> Population:
    """Read the network in this file; its edges are sorted by (target, source).

    Raise ConfigError where there is no file, DamagedFile where its content is invalid or does not fit the
    inputs and outputs of the ports, StorageError where it cannot be read.
    """
    return loads(read_text(path), ports, str(path))


def loads(text: str, ports: Ports, where: str) -> Population:
    """Parse the network in this text, which must have the inputs and outputs of these ports.

    Its activations need not be those that the ports allow. `where` starts the line of every error.
    """
    lines = text.rstrip().split("\n")
    num_nodes = len(lines)
    min_nodes = 1 + ports.inputs + ports.outputs
    if not text.strip():
        raise damaged_file_error(where, "it is empty", "a .out file has a line for every node")
    if num_nodes < min_nodes:
        problem = f"it has {num_nodes} lines, so {num_nodes} nodes"
        requirement = f"bias, {ports.inputs} inputs and {ports.outputs} outputs need {min_nodes}"
        raise damaged_file_error(where, problem, requirement)
    activation = []
    edges = []  # (target, source, weight)
    for source, line in enumerate(lines):
        line_location = f"{where}, line {source + 1}"
        numbers = _parse_numbers(line, num_nodes, line_location)
        for target, weight in enumerate(numbers[:-1]):
            if weight != 0 and not math.isnan(weight):
                _check_edge(source, target, weight, num_nodes, ports, line_location)
                edges.append((target, source, weight))
        activation.append(
            _parse_activation(numbers[-1], line_location) if source >= ports.first_hidden else LINEAR_ID
        )
    targets, sources, weights = zip(*sorted(edges), strict=True) if edges else ((), (), ())
    return one_network.from_arrays(activation, sources, targets, weights)


def _parse_numbers(line: str, num_nodes: int, where: str) -> list[float]:
    cells = line.split(",")
    if len(cells) != num_nodes + 1:
        problem = f"it has {len(cells)} entries"
        raise damaged_file_error(where, problem, f"with {num_nodes} lines each must have {num_nodes + 1}")
    try:
        if line.isascii() and "_" not in line:  # float() takes 1_0 and foreign digits
            return [float(cell) for cell in cells]
    except ValueError:
        pass
    column, cell = next((index, cell) for index, cell in enumerate(cells) if not _is_number(cell))
    raise damaged_file_error(
        where, f"entry {column + 1} is {short_repr(cell)}", "every entry must be a number or nan"
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.isascii() and "_" not in cell


def _check_edge(source: int, target: int, weight: float, num_nodes: int, ports: Ports, where: str) -> None:
    problem = f"entry {target + 1} is {weight!r}"
    if math.isinf(weight):
        raise damaged_file_error(where, problem, "weights must be finite")
    if target <= source:
        raise damaged_file_error(where, problem, "below and on the diagonal all entries must be 0 or nan")
    if target < ports.first_hidden:
        raise damaged_file_error(where, problem, "nothing may enter bias or inputs")
    if source >= num_nodes - ports.outputs:
        raise damaged_file_error(where, problem, "nothing may leave an output")


def _parse_activation(activation_id: float, where: str) -> int:
    if activation_id not in ACTIVATION_NAMES:  # 4.0 is a key, 4.5 and nan are not
        problem = f"the activation id is {activation_id:g}"
        raise damaged_file_error(
            where,
            problem,
            f"allowed are the whole numbers {min(ACTIVATION_NAMES)} to {max(ACTIVATION_NAMES)}",
        )
    return int(activation_id)
