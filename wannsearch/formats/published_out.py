"""The `.out` matrix of the published WANN and prettyNEAT code (Gaier & Ha 2019).

N lines of N + 1 comma-separated numbers. Entry (i, j) of the first N columns is the weight from node
i to node j, the last column the activation id of node i; nodes run bias, inputs, hidden, outputs, so
the matrix is strictly upper triangular. `nan` marks a disabled gene and, like zero, is no
connection; every other entry is one. How many inputs and outputs there are the file does not say,
the task's ports do. The ids of bias and inputs are ignored, as they are in that code.

The published code prints three digits (`%1.2e`), too few to keep a weight; we print all of them.
Every published parameter vector follows the key vector: the ascending positions of the connections
in the row-major N x N matrix.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wannsearch.core.activations import LINEAR, NAMES
from wannsearch.core.errors import ConfigError, StorageError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.formats import one_network
from wannsearch.formats.untrusted import damaged, read_text, shown


def flat_positions(population: Population, row: int) -> npt.NDArray[np.int64]:
    """The key vector: (E,) ascending positions of the connections in the row-major N x N matrix."""
    return np.sort(positions_by_edge(population, row))


def positions_by_edge(population: Population, row: int) -> npt.NDArray[np.int64]:
    """(E,) position in the row-major N x N matrix of each edge, in the order of the edges."""
    network = one_network.trimmed(population, row)
    positions: npt.NDArray[np.int64] = (
        network.source[0].astype(np.int64) * network.nodes[0] + network.target[0]
    )
    return positions


def dumps(population: Population, row: int) -> str:
    """Network `row` as such a matrix, every digit kept."""
    network = one_network.trimmed(population, row)
    nodes = int(network.nodes[0])
    cells = [["0"] * nodes for _ in range(nodes)]
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
    ids = network.activation[0].tolist()
    return "".join(",".join([*line, str(number)]) + "\n" for line, number in zip(cells, ids, strict=True))


def write(path: Path, population: Population, row: int) -> None:
    """Write network `row` to this file."""
    text = dumps(population, row)
    try:
        path.write_text(text, encoding="ascii", newline="\n")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}.") from None


def read(path: Path, ports: Ports) -> Population:
    """The network in this file, its edges by (target, source)."""
    return loads(read_text(path), ports, str(path))


def loads(text: str, ports: Ports, where: str) -> Population:
    """The network in this text; `where` opens the line of every error."""
    lines = text.rstrip().split("\n")
    nodes = len(lines)
    fixed = 1 + ports.inputs + ports.outputs
    if not text.strip():
        raise damaged(where, "it is empty", "a .out file has a line for every node")
    if nodes < fixed:
        found = f"it has {nodes} lines, so {nodes} nodes"
        needed = f"bias, {ports.inputs} inputs and {ports.outputs} outputs need {fixed}"
        raise damaged(where, found, needed)
    activation = []
    edges = []  # (target, source, weight)
    for source, line in enumerate(lines):
        here = f"{where}, line {source + 1}"
        numbers = _numbers(line, nodes, here)
        for target, weight in enumerate(numbers[:-1]):
            if weight != 0 and not math.isnan(weight):
                _check_edge(source, target, weight, nodes, ports, here)
                edges.append((target, source, weight))
        activation.append(_activation(numbers[-1], here) if source >= ports.first_hidden else LINEAR)
    targets, sources, weights = zip(*sorted(edges), strict=True) if edges else ((), (), ())
    return one_network.from_arrays(activation, sources, targets, weights)


def _numbers(line: str, nodes: int, here: str) -> list[float]:
    cells = line.split(",")
    if len(cells) != nodes + 1:
        found = f"it has {len(cells)} entries"
        raise damaged(here, found, f"with {nodes} lines each must have {nodes + 1}")
    try:
        if line.isascii() and "_" not in line:  # float() takes 1_0 and foreign digits
            return [float(cell) for cell in cells]
    except ValueError:
        pass
    column, cell = next((at, cell) for at, cell in enumerate(cells) if not _is_number(cell))
    raise damaged(here, f"entry {column + 1} is {shown(cell)}", "every entry must be a number or nan")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.isascii() and "_" not in cell


def _check_edge(source: int, target: int, weight: float, nodes: int, ports: Ports, here: str) -> None:
    found = f"entry {target + 1} is {weight!r}"
    if math.isinf(weight):
        raise damaged(here, found, "weights must be finite")
    if target <= source:
        raise damaged(here, found, "below and on the diagonal all entries must be 0 or nan")
    if target < ports.first_hidden:
        raise damaged(here, found, "nothing may enter bias or inputs")
    if source >= nodes - ports.outputs:
        raise damaged(here, found, "nothing may leave an output")


def _activation(number: float, here: str) -> int:
    if number not in NAMES:  # 4.0 is in it, 4.5 and nan are not
        found = f"the activation id is {number:g}"
        raise damaged(here, found, f"allowed are the whole numbers {min(NAMES)} to {max(NAMES)}")
    return int(number)
