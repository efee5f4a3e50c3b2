"""Remove dead nodes: hidden nodes from which the network's connections lead to no output leave the genome.

The network computes the same without them; sums run over the same values, at times in another order, as
slots are sorted by layer. Disabled genes stay unless they start or end at a dead node. Neither a split nor
a new or enabled connection ever leaves a dead node: only `remove_connection` does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes
from wannsearch.variation.removal import find_expressed_genes, keep_marked_parts, mark_slots_reaching_outputs


@kernel
def _remove_dead_nodes(
    genomes: GenomeArrays, rows: Any, first_hidden: int, outputs: int, keep_hidden: bool
) -> None:
    for row in rows:
        nodes, edges = genomes.nodes[row], genomes.edges[row]
        is_expressed = find_expressed_genes(genomes, row, first_hidden, outputs, keep_hidden)
        is_alive = mark_slots_reaching_outputs(
            nodes, outputs, edges, genomes.source[row], genomes.target[row], is_expressed
        )
        is_alive[:first_hidden] = True
        if not is_alive.all():
            keep_marked_parts(genomes, row, first_hidden, outputs, np.ones(edges, np.bool_), is_alive)


def remove_dead_nodes_in_place(genomes: Genomes, rows: Any, ports: Ports, keep_hidden: bool) -> None:
    """Remove all dead hidden nodes from these rows (C,), with every gene that starts or ends there.

    `keep_hidden` says which genes are expressed, as in `Genomes.expressed`.
    """
    _remove_dead_nodes(
        genomes.to_arrays(), np.asarray(rows, np.int64), ports.first_hidden, ports.outputs, keep_hidden
    )
