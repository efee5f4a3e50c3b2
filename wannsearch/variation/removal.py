"""Removal: genes and hidden nodes taken out of one genome, and the nodes that still lie on a path.

Genes climb and rise by target. So one pass over them in order knows every slot that bias and inputs reach,
and one pass backwards every slot that reaches an output.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.topologies.genomes import GenomeArrays, mark_expressed_genes
from wannsearch.variation.genes import GeneRow, sort_genes
from wannsearch.variation.layers import sort_slots_by_layer


@kernel
def find_expressed_genes(
    genomes: GenomeArrays, row: int, first_hidden: int, outputs: int, keep_hidden: bool
) -> Any:
    """Return (edges,) bool: True for the genes of one row that its network has."""
    gene_mask, count = np.empty((1, genomes.edges[row]), np.bool_), np.empty(1, np.int32)
    mark_expressed_genes(genomes, row, row + 1, first_hidden, outputs, keep_hidden, gene_mask, count)
    return gene_mask[0]


@kernel
def mark_reached_slots(
    nodes: int, first_hidden: int, edges: int, source: Any, target: Any, gene_mask: Any
) -> Any:
    """Return (nodes,) bool: True for bias, inputs and the slots that the genes under the mask (E,) reach."""
    is_reached = np.zeros(nodes, np.bool_)
    is_reached[:first_hidden] = True
    for gene in range(edges):
        if gene_mask[gene] and is_reached[source[gene]]:
            is_reached[target[gene]] = True
    return is_reached


@kernel
def mark_slots_reaching_outputs(
    nodes: int, outputs: int, edges: int, source: Any, target: Any, gene_mask: Any
) -> Any:
    """Return (nodes,) bool: True for outputs and the slots from which genes under the mask (E,) reach one."""
    reaches_output = np.zeros(nodes, np.bool_)
    reaches_output[nodes - outputs :] = True
    for gene in range(edges - 1, -1, -1):
        if gene_mask[gene] and reaches_output[target[gene]]:
            reaches_output[source[gene]] = True
    return reaches_output


@kernel
def keep_marked_parts(
    genomes: GenomeArrays, row: int, first_hidden: int, outputs: int, gene_mask: Any, slot_mask: Any
) -> None:
    """Remove all slots and genes of one row in place but those marked, and genes at slots that are removed.

    `gene_mask` is (E,) bool, `slot_mask` (nodes,) bool and True for bias, inputs and outputs. Slots are
    sorted by layer again, since what lies behind a removed node may come into an earlier one.
    """
    nodes, activation, node_id, edges, source, target, weight, enabled, innovation = genomes
    new_slots = np.full(nodes[row], -1, np.int32)
    num_slots = 0
    for slot in range(nodes[row]):
        if slot_mask[slot]:
            new_slots[slot] = num_slots
            activation[row, num_slots], node_id[row, num_slots] = activation[row, slot], node_id[row, slot]
            num_slots += 1
    num_genes = 0
    for gene in range(edges[row]):
        source_slot, target_slot = new_slots[source[row, gene]], new_slots[target[row, gene]]
        if gene_mask[gene] and source_slot >= 0 and target_slot >= 0:
            source[row, num_genes], target[row, num_genes] = source_slot, target_slot
            weight[row, num_genes], enabled[row, num_genes] = weight[row, gene], enabled[row, gene]
            innovation[row, num_genes] = innovation[row, gene]
            num_genes += 1
    # Padding is zero after `Genomes.take`; what is removed leaves no trace in a saved state either.
    activation[row, num_slots : nodes[row]], node_id[row, num_slots : nodes[row]] = 0, 0
    source[row, num_genes : edges[row]], target[row, num_genes : edges[row]] = 0, 0
    weight[row, num_genes : edges[row]], enabled[row, num_genes : edges[row]] = 0.0, False
    innovation[row, num_genes : edges[row]] = 0
    nodes[row], edges[row] = num_slots, num_genes
    sort_slots_by_layer(
        num_slots,
        first_hidden,
        outputs,
        num_genes,
        activation[row],
        node_id[row],
        source[row],
        target[row],
    )
    genes = GeneRow(source[row], target[row], weight[row], enabled[row], innovation[row])
    sort_genes(genes, num_genes)
