"""Remove connection: a gene of the network, chosen at random, leaves the genome, with what hangs on it alone.

Neither the paper nor its code has this operator; there a genome only grows. Hidden nodes without a gene
into them or without one out of them, enabled or not, are removed with their genes, until none is left.
These are all that lie on no path from bias or an input to an output.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes
from wannsearch.variation.enable_connection import sample_flagged_gene
from wannsearch.variation.removal import (
    find_expressed_genes,
    keep_marked_parts,
    mark_reached_slots,
    mark_slots_reaching_outputs,
)


@kernel
def _remove_connection(
    genomes: GenomeArrays,
    rows: Any,
    first_hidden: int,
    outputs: int,
    keep_hidden: bool,
    key: Any,
    purpose: int,
) -> None:
    for row in rows:
        nodes, edges = genomes.nodes[row], genomes.edges[row]
        source, target = genomes.source[row], genomes.target[row]
        is_expressed = find_expressed_genes(genomes, row, first_hidden, outputs, keep_hidden)
        removed_gene = sample_flagged_gene(is_expressed, edges, key, row, purpose, 0, True)
        if removed_gene < 0:
            continue
        is_kept = np.ones(edges, np.bool_)
        is_kept[removed_gene] = False
        is_on_path = mark_reached_slots(nodes, first_hidden, edges, source, target, is_kept)
        is_on_path &= mark_slots_reaching_outputs(nodes, outputs, edges, source, target, is_kept)
        is_on_path[:first_hidden] = is_on_path[nodes - outputs :] = True
        num_connections = 0
        for gene in range(edges):
            is_kept[gene] &= is_on_path[source[gene]] and is_on_path[target[gene]]
            num_connections += is_kept[gene] and is_expressed[gene]
        if num_connections > 0:
            keep_marked_parts(genomes, row, first_hidden, outputs, is_kept, is_on_path)


def remove_connection_in_place(
    genomes: Genomes, rows: Any, ports: Ports, keep_hidden: bool, rng: Stream
) -> None:
    """Remove one expressed gene from each of these rows (C,), and the hidden nodes that hung on it alone.

    `keep_hidden` says which genes are expressed, as in `Genomes.expressed`. A row whose network would have no
    connection left stays as it is.
    """
    _remove_connection(
        genomes.to_arrays(),
        np.asarray(rows, np.int64),
        ports.first_hidden,
        ports.outputs,
        keep_hidden,
        rng.key,
        rng.purpose,
    )


def remove_connection(genomes: Genomes, rows: Any, ports: Ports, keep_hidden: bool, rng: Stream) -> Genomes:
    """Return a copy of the genomes that `remove_connection_in_place` changed in these rows (C,)."""
    new_genomes = genomes.copy()
    remove_connection_in_place(new_genomes, rows, ports, keep_hidden, rng)
    return new_genomes
