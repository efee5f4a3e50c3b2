"""Uniform random networks of given sizes: every set of C connections among H hidden nodes is as likely.

A connection leaves bias, an input or a hidden node and climbs to a hidden node or an output. The pairs
are gone through in the order of `Population` (rising by target, then by source) and each is taken with
the chance (connections still wanted) / (pairs still to come): selection sampling, Knuth, The Art of
Computer Programming 2, 3.4.2, algorithm S. Activations are uniform over the task's list, weights over
-2..2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.activations import IDS, LINEAR
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import below, uniform
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.population import Int, Population

WEIGHT_REACH = 2.0


def most_connections(hidden: Any, ports: Ports) -> Any:
    """How many connections a network with so many hidden nodes can have; whole numbers or arrays."""
    return (
        hidden * ports.first_hidden
        + hidden * (hidden - 1) // 2
        + ports.outputs * (ports.first_hidden + hidden)
    )


@kernel
def _fill(
    hidden: Any,
    wanted: Any,
    first_hidden: int,
    outputs: int,
    allowed: Any,
    output_activation: int,
    reach: float,
    activation: Any,
    source: Any,
    target: Any,
    weight: Any,
    key: Any,
    purpose: int,
) -> None:
    for row in range(len(hidden)):
        first_output = first_hidden + hidden[row]
        for slot in range(first_hidden, first_output):
            drawn = below(key[0], key[1], row, purpose + 2, slot, len(allowed))
            activation[row, slot] = allowed[drawn]
        for slot in range(first_output, first_output + outputs):
            activation[row, slot] = output_activation
        left, edge = 0, 0
        for goal in range(first_hidden, first_output + outputs):
            left += min(goal, first_output)
        pair = 0
        for goal in range(first_hidden, first_output + outputs):
            for origin in range(min(goal, first_output)):
                chance = uniform(key[0], key[1], row, purpose + 1, pair) * left
                if chance < wanted[row] - edge:
                    source[row, edge], target[row, edge] = origin, goal
                    spread = uniform(key[0], key[1], row, purpose + 3, edge)
                    weight[row, edge] = reach * (2.0 * spread - 1.0)
                    edge += 1
                left -= 1
                pair += 1


def uniform_topology(
    hidden: Int, connections: Int, ports: Ports, output_activation: str, rng: Stream
) -> Population:
    """One network for each number of hidden nodes (P,) and of connections (P,).

    No network can be asked for more connections than `most_connections`; the stream's purposes
    p + 1 to p + 3 are used, where p is its own.
    """
    assert (connections <= most_connections(hidden.astype(np.int64), ports)).all(), "more than all pairs"
    count, nodes = len(hidden), hidden + np.int32(ports.first_hidden + ports.outputs)
    slots, width = int(nodes.max()), max(1, int(connections.max()))
    drawn = Population(
        nodes=nodes.astype(np.int32),
        activation=np.full((count, slots), LINEAR, np.int8),
        edges=connections.astype(np.int32),
        source=np.zeros((count, width), np.int32),
        target=np.zeros((count, width), np.int32),
        weight=np.zeros((count, width)),
    )
    _fill(
        hidden,
        connections,
        ports.first_hidden,
        ports.outputs,
        np.array([IDS[name] for name in ports.activations], np.int8),
        IDS[output_activation],
        WEIGHT_REACH,
        drawn.activation,
        drawn.source,
        drawn.target,
        drawn.weight,
        rng.key,
        rng.purpose,
    )
    return drawn
