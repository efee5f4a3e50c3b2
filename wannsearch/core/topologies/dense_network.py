"""The fully connected layered network, whose sizes the papers compare with.

Bias and inputs feed the first hidden layer, bias and each layer the next, bias and the last layer the
outputs. One hidden layer of 10 on 5 inputs and 1 output has the 71 connections of the fixed swing-up
network of Gaier & Ha (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS, LINEAR_ID
from wannsearch.core.errors import ConfigError, not_allowed_error
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population

MAX_CONNECTIONS = 2_000_000
"""The upper bound of the connections of a dense network."""


def make_dense_network(
    hidden_sizes: Sequence[int], ports: Ports, activation: str, output_activation: str = "linear"
) -> Population:
    """Build the network with these hidden layer sizes, every weight 1, as a population of one.

    `activation` is that of hidden nodes. Raises ConfigError for an unknown activation, or for more than
    `MAX_CONNECTIONS` connections.
    """
    for name in (activation, output_activation):
        if name not in ACTIVATION_IDS:
            raise not_allowed_error("activation", name, ACTIVATION_IDS)
    sizes = [ports.inputs, *hidden_sizes, ports.outputs]
    num_connections = sum((1 + previous) * size for previous, size in pairwise(sizes))
    if num_connections > MAX_CONNECTIONS:
        layer_text = "-".join(map(str, hidden_sizes))
        raise ConfigError(
            f"the layers {layer_text} have {num_connections} connections; at most {MAX_CONNECTIONS}."
        )
    first_slots = np.cumsum([1, *sizes])  # the first slot of each layer
    sources, targets = [], []
    for previous, first_slot, stop in zip(first_slots[:-2], first_slots[1:-1], first_slots[2:], strict=True):
        source_slots = np.concatenate([[0], np.arange(previous, first_slot)])
        sources.append(np.tile(source_slots, stop - first_slot))
        targets.append(np.repeat(np.arange(first_slot, stop), len(source_slots)))
    activation_ids = np.full(first_slots[-1], ACTIVATION_IDS[activation], np.int8)
    activation_ids[: ports.first_hidden] = LINEAR_ID
    activation_ids[-ports.outputs :] = ACTIVATION_IDS[output_activation]
    return Population(
        nodes=np.array([len(activation_ids)], np.int32),
        activation=activation_ids[None],
        edges=np.array([num_connections], np.int32),
        source=np.concatenate(sources).astype(np.int32)[None],
        target=np.concatenate(targets).astype(np.int32)[None],
        weight=np.ones((1, num_connections)),
    )
