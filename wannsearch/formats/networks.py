"""A network by the argument that a user gives: the path of a file or of a run folder, or `dense:10`.

A file is our JSON if its name ends in `.json` or its text begins with `{`; any other is the published `.out`
matrix. `dense:5-5` is the layered network with two hidden layers of 5 tanh nodes
(`core.topologies.dense_network`).
"""

from __future__ import annotations

import re
from pathlib import Path

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.dense_network import make_dense_network
from wannsearch.core.topologies.population import Population
from wannsearch.core.untrusted import read_text
from wannsearch.formats import network_json, published_out

_DENSE_PREFIX, _DENSE_ACTIVATION = "dense:", "tanh"
_DENSE_PATTERN = re.compile(r"dense:([1-9][0-9]{0,5}(?:-[1-9][0-9]{0,5})*)")


def read(path: Path, ports: Ports) -> Population:
    """Read the one network at this path, a file or a run folder, which must fit the task's ports.

    Raise ConfigError where inputs or outputs differ from those of the task, or there is no such file;
    DamagedFile where its content is invalid. A `.out` file does not state its inputs and outputs.
    """
    if path.is_dir():
        path = _find_best_network(path)
    text = read_text(path)
    if path.suffix != ".json" and not text.lstrip().startswith("{"):
        return published_out.loads(text, ports, str(path))
    network, file_ports = network_json.loads(text, str(path))
    if (file_ports.inputs, file_ports.outputs) != (ports.inputs, ports.outputs):
        raise ConfigError(
            f"{path} has {file_ports.inputs} inputs and {file_ports.outputs} outputs; "
            f"the task has {ports.inputs} and {ports.outputs}."
        )
    return network


def parse_dense(argument: str) -> tuple[int, ...]:
    """Parse the hidden layer sizes in `dense:10`, `dense:5-5` and so on; ConfigError for another form."""
    match = _DENSE_PATTERN.fullmatch(argument)
    if match is None:
        raise ConfigError(
            f"network is {argument!r}; a layered one is written dense:SIZES, as dense:10 or dense:5-5, "
            f"with sizes of 1 to 999999."
        )
    return tuple(int(size) for size in match[1].split("-"))


def load_network(argument: str, ports: Ports) -> Population:
    """Load the network that a user's argument names, a path or `dense:SIZES`; a dense one has weights of 1.

    Raise the errors of `read` and `parse_dense`.
    """
    if argument.startswith(_DENSE_PREFIX):
        return make_dense_network(parse_dense(argument), ports, _DENSE_ACTIVATION)
    return read(Path(argument), ports)


def _find_best_network(folder: Path) -> Path:
    network_path = folder / "best" / "network.json"
    if (folder / "best" / "masks.json").is_file():
        raise ConfigError(
            f"{folder} holds a sub-network, which is trained and not played; "
            "its test stands in best/evaluation.json."
        )
    if not network_path.is_file():
        raise ConfigError(f"{folder} is a folder without best/network.json; give a run folder or a file.")
    return network_path
