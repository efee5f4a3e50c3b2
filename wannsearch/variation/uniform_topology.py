"""Uniform random networks of given sizes: all sets of C connections among H hidden nodes are equally likely.

A connection leaves bias, an input or a hidden node and climbs to a hidden node or an output. The pairs
of slots are visited in the order of `Population` (rising by target, then by source). Each is taken with
the probability (connections still wanted) / (pairs still to come): selection sampling, Knuth, The Art of
Computer Programming 2, 3.4.2, algorithm S. Activations of hidden nodes are uniform over the task's list,
weights over -2..2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS, LINEAR_ID
from wannsearch.core.arrays import FloatArray, Int8Array, Int32Array
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_integer_below, sample_uniform
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import MAX_SHARED_WEIGHT


def max_connections(hidden: Any, ports: Ports) -> Any:
    """Return the number of pairs that can be connected with `hidden` hidden nodes, an integer or an array."""
    return (
        hidden * ports.first_hidden
        + hidden * (hidden - 1) // 2
        + ports.outputs * (ports.first_hidden + hidden)
    )


class _NetworkArrays(NamedTuple):
    """The arrays of `Population` that a random network fills, as one argument of the compiled loop."""

    activation: Int8Array  # (P, N)
    source: Int32Array  # (P, E)
    target: Int32Array  # (P, E)
    weight: FloatArray  # (P, E)


@kernel
def _fill_networks(
    networks: _NetworkArrays,
    hidden: Any,
    num_connections: Any,
    first_hidden: int,
    outputs: int,
    allowed: Any,
    output_activation: int,
    key: Any,
    purpose: int,
) -> None:
    activation, source, target, weight = networks
    for row in range(len(hidden)):
        first_output = first_hidden + hidden[row]
        for slot in range(first_hidden, first_output):
            choice = sample_integer_below(key[0], key[1], row, purpose + 2, slot, len(allowed))
            activation[row, slot] = allowed[choice]
        for slot in range(first_output, first_output + outputs):
            activation[row, slot] = output_activation
        num_pairs_left, edge = 0, 0
        for target_slot in range(first_hidden, first_output + outputs):
            num_pairs_left += min(target_slot, first_output)
        pair = 0
        for target_slot in range(first_hidden, first_output + outputs):
            for source_slot in range(min(target_slot, first_output)):
                # algorithm S, Knuth 3.4.2
                scaled_uniform = sample_uniform(key[0], key[1], row, purpose + 1, pair) * num_pairs_left
                if scaled_uniform < num_connections[row] - edge:
                    source[row, edge], target[row, edge] = source_slot, target_slot
                    uniform_draw = sample_uniform(key[0], key[1], row, purpose + 3, edge)
                    weight[row, edge] = MAX_SHARED_WEIGHT * (2.0 * uniform_draw - 1.0)
                    edge += 1
                num_pairs_left -= 1
                pair += 1


def sample_uniform_topology(
    hidden: Int32Array, connections: Int32Array, ports: Ports, output_activation: str, rng: Stream
) -> Population:
    """Return P networks with these numbers of hidden nodes (P,) and of connections (P,).

    All outputs have `output_activation`. More connections than `max_connections` raise AssertionError. The
    purposes p + 1 to p + 3 of the stream are used, where p is its own purpose.
    """
    assert (connections <= max_connections(hidden.astype(np.int64), ports)).all(), "more than all pairs"
    num_networks, nodes = len(hidden), hidden + np.int32(ports.first_hidden + ports.outputs)
    max_slots, max_edges = int(nodes.max()), max(1, int(connections.max()))
    networks = Population(
        nodes=nodes.astype(np.int32),
        activation=np.full((num_networks, max_slots), LINEAR_ID, np.int8),
        edges=connections.astype(np.int32),
        source=np.zeros((num_networks, max_edges), np.int32),
        target=np.zeros((num_networks, max_edges), np.int32),
        weight=np.zeros((num_networks, max_edges)),
    )
    _fill_networks(
        _NetworkArrays(networks.activation, networks.source, networks.target, networks.weight),
        hidden,
        connections,
        ports.first_hidden,
        ports.outputs,
        np.array([ACTIVATION_IDS[name] for name in ports.activations], np.int8),
        ACTIVATION_IDS[output_activation],
        rng.key,
        rng.purpose,
    )
    return networks
