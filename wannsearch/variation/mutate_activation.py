"""Change activation: give one hidden node, chosen at random, a different function of the task's list."""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_integer_below
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes


@kernel
def _mutate_activation(
    genomes: GenomeArrays,
    rows: Any,
    first_hidden: int,
    outputs: int,
    allowed: Any,
    key: Any,
    purpose: int,
) -> None:
    nodes, activation = genomes.nodes, genomes.activation
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
    """Change the activation of one hidden node in each of these rows (C,).

    A row without hidden nodes, or without another activation to choose, stays as it is.
    """
    allowed = np.array([ACTIVATION_IDS[name] for name in ports.activations], np.int8)
    _mutate_activation(
        genomes.to_arrays(),
        np.asarray(rows, np.int64),
        ports.first_hidden,
        ports.outputs,
        allowed,
        rng.key,
        rng.purpose,
    )


def mutate_activation(genomes: Genomes, rows: Any, ports: Ports, rng: Stream) -> Genomes:
    """Return a copy of the genomes that `mutate_activation_in_place` changed in these rows (C,)."""
    new_genomes = genomes.copy()
    mutate_activation_in_place(new_genomes, rows, ports, rng)
    return new_genomes
