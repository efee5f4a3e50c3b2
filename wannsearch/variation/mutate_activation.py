"""Change activation: give one hidden node, chosen at random, a different formula from the task's list."""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_integer_below
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes


@kernel
def _mutate_activation(
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
        num_hidden = nodes[row] - first_hidden - outputs
        if num_hidden == 0:
            continue
        slot = first_hidden + sample_integer_below(key[0], key[1], row, purpose, 0, num_hidden)
        num_others = 0
        for activation_id in allowed:
            num_others += activation_id != activation[row, slot]
        if num_others == 0:
            continue
        countdown = sample_integer_below(key[0], key[1], row, purpose, 1, num_others)
        for activation_id in allowed:
            if activation_id != activation[row, slot]:
                if countdown == 0:
                    activation[row, slot] = activation_id
                    break
                countdown -= 1


def mutate_activation_in_place(genomes: Genomes, rows: Any, ports: Ports, rng: Stream) -> None:
    """Change one hidden node of each of these rows; nothing where there is none."""
    allowed = np.array([ACTIVATION_IDS[name] for name in ports.activations], np.int8)
    _mutate_activation(
        np.asarray(rows, np.int64),
        genomes.nodes,
        genomes.activation,
        ports.first_hidden,
        ports.outputs,
        allowed,
        rng.key,
        rng.purpose,
    )


def mutate_activation(genomes: Genomes, rows: Any, ports: Ports, rng: Stream) -> Genomes:
    """The genomes with one hidden node of each of these rows changed."""
    new_genomes = genomes.copy()
    mutate_activation_in_place(new_genomes, rows, ports, rng)
    return new_genomes
