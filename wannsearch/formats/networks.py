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
from wannsearch.core.untrusted import parse_json, read_text
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
    if not _is_json(path, text):
        return published_out.loads(text, ports, str(path))
    network, file_ports = network_json.loads(text, str(path))
    _check_ports(path, file_ports, ports)
    return network


def read_document(argument: str, ports: Ports | None) -> network_json.NetworkDocument:
    """Return the network that an argument names as the document of our JSON, with the names in its file.

    Only our JSON states inputs and outputs, so it alone needs no ports. Raise ConfigError where ports are
    missing or do not fit, and the errors of `load_network`.
    """
    path = Path(argument)
    if not argument.startswith(_DENSE_PREFIX):
        text = read_text(path)
        if _is_json(path, text):
            document = parse_json(text, argument)
            _, file_ports = network_json.from_json(document, argument)
            _check_ports(path, file_ports, ports or file_ports)
            return dict(document)
    if ports is None:
        raise ConfigError(f"{argument} does not state its inputs and outputs; name them, or its task.")
    return network_json.to_json(load_network(argument, ports), 0, ports)


def _is_json(path: Path, text: str) -> bool:
    return path.suffix == ".json" or text.lstrip().startswith("{")


def _check_ports(path: Path, file_ports: Ports, ports: Ports) -> None:
    if (file_ports.inputs, file_ports.outputs) != (ports.inputs, ports.outputs):
        raise ConfigError(
            f"{path} has {file_ports.inputs} inputs and {file_ports.outputs} outputs; "
            f"the task has {ports.inputs} and {ports.outputs}."
        )


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
    others = sorted(f"best/{path.name}" for path in folder.glob("best/*") if path.name != "evaluation.json")
    if not network_path.is_file() and (folder / "best" / "evaluation.json").is_file() and others:
        raise ConfigError(
            f"{folder} holds a run of another kind, whose best is {others[0]}; networks alone are evaluated "
            "and tuned. Its final test stands in best/evaluation.json."
        )
    if not network_path.is_file():
        raise ConfigError(f"{folder} is a folder without best/network.json; give a run folder or a file.")
    return network_path
