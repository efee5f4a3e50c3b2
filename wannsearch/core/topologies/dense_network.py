"""The plain layered network, whose sizes the papers compare with.

Bias and inputs feed the first hidden layer, bias and each layer the next, bias and the last layer the
outputs. One hidden layer of 10 on 5 inputs and 1 output has the 71 connections of the fixed swing-up
network of Gaier & Ha (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from wannsearch.core.activations import IDS, LINEAR
from wannsearch.core.errors import ConfigError, not_allowed
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population

MOST_CONNECTIONS = 2_000_000


def layered(hidden: Sequence[int], ports: Ports, activation: str, output: str = "linear") -> Population:
    """The network with these hidden layer sizes, every weight 1, as a population of one.

    ConfigError for an activation that is none, or more than `MOST_CONNECTIONS`.
    """
    for name in (activation, output):
        if name not in IDS:
            raise not_allowed("activation", name, IDS)
    sizes = [ports.inputs, *hidden, ports.outputs]
    connections = sum((1 + before) * size for before, size in pairwise(sizes))
    if connections > MOST_CONNECTIONS:
        layers = "-".join(map(str, hidden))
        raise ConfigError(f"the layers {layers} have {connections} connections; at most {MOST_CONNECTIONS}.")
    starts = np.cumsum([1, *sizes])  # the first slot of each layer
    sources, targets = [], []
    for before, start, stop in zip(starts[:-2], starts[1:-1], starts[2:], strict=True):
        feeding = np.concatenate([[0], np.arange(before, start)])
        sources.append(np.tile(feeding, stop - start))
        targets.append(np.repeat(np.arange(start, stop), len(feeding)))
    ids = np.full(starts[-1], IDS[activation], np.int8)
    ids[: ports.first_hidden] = LINEAR
    ids[-ports.outputs :] = IDS[output]
    return Population(
        nodes=np.array([len(ids)], np.int32),
        activation=ids[None],
        edges=np.array([connections], np.int32),
        source=np.concatenate(sources).astype(np.int32)[None],
        target=np.concatenate(targets).astype(np.int32)[None],
        weight=np.ones((1, connections)),
    )
