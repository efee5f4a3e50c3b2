"""A network by the word a user gives: the path of a file, of a run folder, or `dense:10`.

A path is read for what it holds: our own JSON or the published `.out` matrix. `dense:5-5` is the
layered network with two hidden layers of 5 tanh nodes, `core.layered`.
"""

from __future__ import annotations

import re
from pathlib import Path

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.dense_network import layered
from wannsearch.core.topologies.population import Population
from wannsearch.formats import network_json, published_out
from wannsearch.formats.untrusted import read_text

_LAYERED, _ACTIVATION = "dense:", "tanh"
_DENSE = re.compile(r"dense:([1-9][0-9]{0,5}(?:-[1-9][0-9]{0,5})*)")


def read(path: Path, ports: Ports) -> Population:
    """The one network at this path, a file or a run folder, which must fit the task's ports."""
    if path.is_dir():
        path = _best_of_run(path)
    text = read_text(path)
    if path.suffix != ".json" and not text.lstrip().startswith("{"):
        return published_out.loads(text, ports, str(path))
    network, own = network_json.loads(text, str(path))
    if (own.inputs, own.outputs) != (ports.inputs, ports.outputs):
        raise ConfigError(
            f"{path} has {own.inputs} inputs and {own.outputs} outputs; "
            f"the task has {ports.inputs} and {ports.outputs}."
        )
    return network


def parse_dense(word: str) -> tuple[int, ...]:
    """The layer sizes in a word such as `dense:10` or `dense:5-5`."""
    match = _DENSE.fullmatch(word)
    if match is None:
        raise ConfigError(
            f"network is {word!r}; a layered one is written dense:SIZES, as dense:10 or dense:5-5, "
            f"with sizes of 1 to 999999."
        )
    return tuple(int(size) for size in match[1].split("-"))


def named(word: str, ports: Ports) -> Population:
    """The network that a user's word stands for."""
    if word.startswith(_LAYERED):
        return layered(parse_dense(word), ports, _ACTIVATION)
    return read(Path(word), ports)


def _best_of_run(folder: Path) -> Path:
    best = folder / "best" / "network.json"
    if (folder / "best" / "masks.json").is_file():
        raise ConfigError(
            f"{folder} holds a sub-network, which is trained and not played; "
            "its test stands in best/evaluation.json."
        )
    if not best.is_file():
        raise ConfigError(f"{folder} is a folder without best/network.json; give a run folder or a file.")
    return best
