"""A network by the word a user gives: the path of a file, of a run folder, or `dense:10`.

A path is read for what it holds: our own JSON or the published `.out` matrix. `dense:5-5` is the
plain layered network, whose sizes the papers compare with: bias and inputs to the first layer, bias
and each layer to the next, the outputs linear. `dense:10` on 5 inputs and 1 output has the 71
connections of the fixed swing-up network of Gaier & Ha (2019).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from wannsearch.core.activations import IDS, LINEAR
from wannsearch.core.errors import ConfigError, not_allowed
from wannsearch.core.population import Population
from wannsearch.core.ports import Ports
from wannsearch.formats import network_json, one_network, published_out
from wannsearch.formats.untrusted import read_text

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


def dense(hidden: Sequence[int], ports: Ports, activation: str) -> Population:
    """The plain layered network with these hidden layer sizes; every weight is 1."""
    if activation not in IDS:
        raise not_allowed("activation", activation, IDS)
    sizes = [ports.inputs, *hidden, ports.outputs]
    connections = sum((1 + before) * size for before, size in pairwise(sizes))
    if connections > network_json.MAX_EDGES:
        layers = "-".join(map(str, hidden))
        raise ConfigError(f"dense:{layers} has {connections} connections; at most {network_json.MAX_EDGES}.")
    starts = np.cumsum([1, *sizes])  # the first slot of each layer
    sources, targets = [], []
    for before, start, stop in zip(starts[:-2], starts[1:-1], starts[2:], strict=True):
        feeding = np.concatenate([[0], np.arange(before, start)])  # the bias feeds every layer
        sources.append(np.tile(feeding, stop - start))
        targets.append(np.repeat(np.arange(start, stop), len(feeding)))
    ids = np.full(starts[-1], IDS[activation])
    ids[: ports.first_hidden] = LINEAR
    ids[-ports.outputs :] = LINEAR
    return one_network.from_arrays(
        ids, np.concatenate(sources), np.concatenate(targets), np.ones(connections)
    )


def _best_of_run(folder: Path) -> Path:
    best = folder / "best" / "network.json"
    if not best.is_file():
        raise ConfigError(f"{folder} is a folder without best/network.json; give a run folder or a file.")
    return best
