"""Change activation: give one hidden node, chosen at random, a different formula from the task's list."""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.activations import IDS
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import below
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes


@kernel
def _set_activation(
    rows: Any,
    nodes: Any,
    activation: Any,
    first_hidden: int,
    outputs: int,
    allowed: Any,
    key: Any,
    purpose: int,
) -> None:
    for row in rows:
        hidden = nodes[row] - first_hidden - outputs
        if hidden == 0:
            continue
        slot = first_hidden + below(key[0], key[1], row, purpose, 0, hidden)
        others = 0
        for number in allowed:
            others += number != activation[row, slot]
        if others == 0:
            continue
        left = below(key[0], key[1], row, purpose, 1, others)
        for number in allowed:
            if number != activation[row, slot]:
                if left == 0:
                    activation[row, slot] = number
                    break
                left -= 1


def set_activation_in_place(genomes: Genomes, rows: Any, ports: Ports, rng: Stream) -> None:
    """Change one hidden node of each of these rows; nothing where there is none."""
    allowed = np.array([IDS[name] for name in ports.activations], np.int8)
    _set_activation(
        np.asarray(rows, np.int64),
        genomes.nodes,
        genomes.activation,
        ports.first_hidden,
        ports.outputs,
        allowed,
        rng.key,
        rng.purpose,
    )


def set_activation(genomes: Genomes, rows: Any, ports: Ports, rng: Stream) -> Genomes:
    """The genomes with one hidden node of each of these rows changed."""
    after = genomes.copied()
    set_activation_in_place(after, rows, ports, rng)
    return after
