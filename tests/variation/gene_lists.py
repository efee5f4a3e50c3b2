"""Genomes written as lists of genes, as the figures of NEAT's paper draw them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS, LINEAR_ID
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.genomes import Genomes

PORTS = Ports(2, 1, ("tanh",))
"""The figures' nodes 1, 2 and 3 are the bias and two inputs, node 4 is the output."""

BEFORE = [(1, 1, 4), (2, 2, 4, False), (3, 3, 4), (4, 2, 5), (5, 5, 4), (6, 1, 5)]
"""Figure 3, before any mutation."""
FIRST = [(1, 1, 4), (2, 2, 4, False), (3, 3, 4), (4, 2, 5), (5, 5, 4), (8, 1, 5)]
SECOND = [
    (1, 1, 4),
    (2, 2, 4, False),
    (3, 3, 4),
    (4, 2, 5),
    (5, 5, 4, False),
    (6, 5, 6),
    (7, 6, 4),
    (9, 3, 5),
    (10, 1, 6),
]
"""Figure 4, the parents."""


def drawn(*rows, weights=None) -> Genomes:
    """Genomes of (number, from, to, enabled) genes; hidden nodes 5, 6, ... are in the order of layers."""
    count, columns = len(rows), max(len(genes) for genes in rows)
    hidden = [sorted({node for gene in genes for node in gene[1:3] if node > 4}) for genes in rows]
    slots = 4 + max(map(len, hidden))
    arrays = {
        "nodes": np.array([4 + len(more) for more in hidden], np.int32),
        "activation": np.full((count, slots), LINEAR_ID, np.int8),
        "node_id": np.zeros((count, slots), np.int32),
        "edges": np.array([len(genes) for genes in rows], np.int32),
        "source": np.zeros((count, columns), np.int32),
        "target": np.zeros((count, columns), np.int32),
        "weight": np.zeros((count, columns)),
        "enabled": np.zeros((count, columns), np.bool_),
        "innovation": np.zeros((count, columns), np.int64),
    }
    for row, genes in enumerate(rows):
        names = [1, 2, 3, *hidden[row], 4]
        arrays["node_id"][row, : len(names)] = names
        arrays["activation"][row, 3 : len(names) - 1] = ACTIVATION_IDS["tanh"]
        placed = sorted(
            (names.index(end), names.index(begin), number, on[0] if on else True, column)
            for column, (number, begin, end, *on) in enumerate(genes)
        )
        for column, (target, source, number, on, at) in enumerate(placed):
            arrays["source"][row, column], arrays["target"][row, column] = source, target
            arrays["innovation"][row, column], arrays["enabled"][row, column] = number, on
            arrays["weight"][row, column] = weights[row][at] if weights else number
    return Genomes(**arrays)


def genes_of(genomes: Genomes, row: int) -> dict[int, tuple[int, int, float, bool]]:
    """Number -> from, to, weight, enabled."""
    name = genomes.node_id[row]
    return {
        int(genomes.innovation[row, column]): (
            int(name[genomes.source[row, column]]),
            int(name[genomes.target[row, column]]),
            float(genomes.weight[row, column]),
            bool(genomes.enabled[row, column]),
        )
        for column in range(int(genomes.edges[row]))
    }


def same_genome(one: Genomes, row: int, other: Genomes, place: int) -> bool:
    """Whether two rows hold the same bits in what they use."""
    nodes, edges = int(one.nodes[row]), int(one.edges[row])
    if (nodes, edges) != (int(other.nodes[place]), int(other.edges[place])):
        return False
    for field in fields(Genomes):
        mine, theirs = getattr(one, field.name)[row], getattr(other, field.name)[place]
        width = nodes if field.name in ("activation", "node_id") else edges
        if mine.ndim and mine[:width].tobytes() != theirs[:width].tobytes():
            return False
    return True
