"""Add connection: a new gene from a random node to a random node of a strictly later layer.

Sources are tried in random order; the first with a free destination gets the gene. A pair that
already has a gene is not free. With `disabled_gene_blocks` this includes disabled genes, as in the
published code (quirk Q23): such a pair comes back only through `enable_connection`. Without it a pair
whose gene is disabled counts as free, and choosing it enables that gene with its old weight.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_integer_below
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes
from wannsearch.variation.genes import GeneRow, put_gene, sort_genes
from wannsearch.variation.layers import slot_layers


@kernel
def _free_targets(
    source_slot: int,
    layer: Any,
    first_hidden: int,
    edges: int,
    source: Any,
    target: Any,
    enabled: Any,
    disabled_gene_blocks: bool,
) -> Any:
    """Return (nodes,) bool: True for slots that a new gene from `source_slot` may enter."""
    is_free = layer > layer[source_slot]
    is_free[:first_hidden] = False
    for gene in range(edges):
        if source[gene] == source_slot and (disabled_gene_blocks or enabled[gene]):
            is_free[target[gene]] = False
    return is_free


@kernel
def _add_connection(
    genomes: GenomeArrays,
    rows: Any,
    first_hidden: int,
    outputs: int,
    disabled_gene_blocks: bool,
    next_innovation: int,
    key: Any,
    purpose: int,
) -> None:
    nodes, edges, source, target = genomes.nodes, genomes.edges, genomes.source, genomes.target
    weight, enabled, innovation = genomes.weight, genomes.enabled, genomes.innovation
    for row in rows:
        num_genes = edges[row]
        genes = GeneRow(source[row], target[row], weight[row], enabled[row], innovation[row])
        layer = slot_layers(nodes[row], first_hidden, outputs, num_genes, source[row], target[row])
        sources = np.arange(nodes[row] - outputs)
        for attempt in range(len(sources)):
            swap_index = attempt + sample_integer_below(
                key[0], key[1], row, purpose, 2 * attempt, len(sources) - attempt
            )
            sources[attempt], sources[swap_index] = sources[swap_index], sources[attempt]
            source_slot = sources[attempt]
            is_free = _free_targets(
                source_slot,
                layer,
                first_hidden,
                num_genes,
                source[row],
                target[row],
                enabled[row],
                disabled_gene_blocks,
            )
            free_slots = np.flatnonzero(is_free)
            if len(free_slots) == 0:
                continue
            target_slot = free_slots[
                sample_integer_below(key[0], key[1], row, purpose, 2 * attempt + 1, len(free_slots))
            ]
            existing_gene = -1
            for gene in range(num_genes):
                if source[row, gene] == source_slot and target[row, gene] == target_slot:
                    existing_gene = gene
            if existing_gene >= 0:
                enabled[row, existing_gene] = True
            else:
                put_gene(genes, num_genes, source_slot, target_slot, next_innovation + 2 * row, 1.0)
                edges[row] = num_genes + 1
                sort_genes(genes, num_genes + 1)
            break


def add_connection_in_place(
    genomes: Genomes, rows: Any, ports: Ports, next_innovation: int, disabled_gene_blocks: bool, rng: Stream
) -> None:
    """Add a connection to each of these rows (C,); a row without a free pair stays as it is.

    A new gene has weight 1; genome r numbers it `next_innovation + 2 r`. A disabled gene that is chosen is
    only enabled. Raise AssertionError where one of the rows has no free column.
    """
    genomes.assert_room(rows, extra_genes=1)
    _add_connection(
        genomes.to_arrays(),
        np.asarray(rows, np.int64),
        ports.first_hidden,
        ports.outputs,
        disabled_gene_blocks,
        next_innovation,
        rng.key,
        rng.purpose,
    )


def add_connection(
    genomes: Genomes, rows: Any, ports: Ports, next_innovation: int, disabled_gene_blocks: bool, rng: Stream
) -> Genomes:
    """Return a copy of the genomes with one more connection in these rows (C,), where a pair is free."""
    new_genomes = genomes.copy(extra_genes=1)
    add_connection_in_place(new_genomes, rows, ports, next_innovation, disabled_gene_blocks, rng)
    return new_genomes
