"""Merging the genes of two genomes into one without cycles or two genes between the same nodes.

Hidden nodes match by `node_id`, ports by their place. Genes of the first genome never conflict with
each other. Those of the second are added one by one. A gene, enabled or not, is left out where it would
close a cycle, or where a gene from the same node to the same node is already there. Hidden nodes without a
gene are removed, and slots are sorted by layer (`layers`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.topologies.genomes import GenomeArrays


@kernel
def _has_path(start_node: int, goal_node: int, nodes: int, num_genes: int, source: Any, target: Any) -> bool:
    """Return whether the first `num_genes` genes lead from `start_node` to `goal_node`, maybe the same."""
    is_reachable = np.zeros(nodes, np.bool_)
    is_reachable[start_node] = True
    has_changed = True
    while has_changed and not is_reachable[goal_node]:
        has_changed = False
        for gene in range(num_genes):
            if is_reachable[source[gene]] and not is_reachable[target[gene]]:
                is_reachable[target[gene]] = has_changed = True
    return bool(is_reachable[goal_node])


@kernel
def _assign_slots(
    nodes: int, first_hidden: int, outputs: int, num_genes: int, source: Any, target: Any
) -> Any:
    """Return (nodes,) int32 slot of each node, hidden ones by layer; -1 for hidden nodes without a gene."""
    layer = np.zeros(nodes, np.int32)
    for gene in range(num_genes):
        layer[source[gene]] = layer[target[gene]] = 1
    has_changed = True
    while has_changed:  # genes are in no order, so layers are raised until all hold
        has_changed = False
        for gene in range(num_genes):
            source_node, target_node = source[gene], target[gene]
            if (
                source_node >= first_hidden
                and target_node < nodes - outputs
                and layer[target_node] <= layer[source_node]
            ):
                layer[target_node] = layer[source_node] + 1
                has_changed = True
    slots = np.full(nodes, -1, np.int32)
    next_slot = 0
    for node in range(first_hidden):
        slots[node] = next_slot
        next_slot += 1
    for level in range(1, nodes):
        for node in range(first_hidden, nodes - outputs):
            if layer[node] == level:
                slots[node] = next_slot
                next_slot += 1
    for node in range(nodes - outputs, nodes):
        slots[node] = next_slot
        next_slot += 1
    return slots


@kernel
def merge_genomes(
    genomes: GenomeArrays,
    row: int,
    keep_own: Any,
    others: GenomeArrays,
    other_row: int,
    other_columns: Any,
    take_other: Any,
    first_hidden: int,
    outputs: int,
) -> None:
    """Rewrite a row in place to some of its own genes and some of those of a row of `others`.

    `keep_own` (edges,) and `take_other` (other edges,) are bool by column. Genes of the other row are
    added in the order of `other_columns` (E,). A node of both keeps its own activation. The row needs room
    for all added genes and for all hidden nodes of the other row, which is not checked. Its genes are left
    unsorted.
    """
    nodes, activation, node_id = genomes.nodes[row], genomes.activation[row], genomes.node_id[row]
    source, target, innovation = genomes.source[row], genomes.target[row], genomes.innovation[row]
    weight, enabled = genomes.weight[row], genomes.enabled[row]
    other_nodes, other_node_id = others.nodes[other_row], others.node_id[other_row]
    first_output, other_first_output = nodes - outputs, other_nodes - outputs
    # Nodes of both genomes together: those of the row, hidden ones of the other row alone, outputs.
    node_of_other_slot = np.arange(other_nodes)
    num_union_nodes = first_output
    for slot in range(first_hidden, other_first_output):
        node_of_other_slot[slot] = -1
        for own_slot in range(first_hidden, first_output):
            if node_id[own_slot] == other_node_id[slot]:
                node_of_other_slot[slot] = own_slot
        if node_of_other_slot[slot] < 0:
            node_of_other_slot[slot] = num_union_nodes
            num_union_nodes += 1
    num_added_nodes = num_union_nodes - first_output
    num_union_nodes += outputs
    for output in range(outputs):
        node_of_other_slot[other_first_output + output] = num_union_nodes - outputs + output
    union_activation, union_node_id = (
        np.zeros(num_union_nodes, activation.dtype),
        np.zeros(num_union_nodes, node_id.dtype),
    )
    for slot in range(other_nodes):
        union_activation[node_of_other_slot[slot]], union_node_id[node_of_other_slot[slot]] = (
            others.activation[other_row, slot],
            other_node_id[slot],
        )
    for slot in range(nodes):
        node = slot if slot < first_output else slot + num_added_nodes
        union_activation[node], union_node_id[node] = activation[slot], node_id[slot]
    max_genes = len(keep_own) + len(take_other)
    source_nodes, target_nodes = np.empty(max_genes, np.int32), np.empty(max_genes, np.int32)
    num_genes = 0
    for column in range(len(keep_own)):
        if keep_own[column]:
            source_nodes[num_genes] = source[column]
            target_nodes[num_genes] = target[column] + (
                num_added_nodes if target[column] >= first_output else 0
            )
            weight[num_genes], enabled[num_genes] = weight[column], enabled[column]
            innovation[num_genes] = innovation[column]
            num_genes += 1
    for position in range(len(take_other)):
        column = other_columns[position]
        if not take_other[column]:
            continue
        source_node, target_node = (
            node_of_other_slot[others.source[other_row, column]],
            node_of_other_slot[others.target[other_row, column]],
        )
        is_duplicate = False
        for gene in range(num_genes):
            is_duplicate = is_duplicate or (
                source_nodes[gene] == source_node and target_nodes[gene] == target_node
            )
        if is_duplicate or _has_path(
            target_node, source_node, num_union_nodes, num_genes, source_nodes, target_nodes
        ):
            continue
        source_nodes[num_genes], target_nodes[num_genes] = source_node, target_node
        weight[num_genes] = others.weight[other_row, column]
        enabled[num_genes] = others.enabled[other_row, column]
        innovation[num_genes] = others.innovation[other_row, column]
        num_genes += 1
    new_slots = _assign_slots(num_union_nodes, first_hidden, outputs, num_genes, source_nodes, target_nodes)
    num_used_nodes = 0
    for node in range(num_union_nodes):
        if new_slots[node] >= 0:
            activation[new_slots[node]], node_id[new_slots[node]] = (
                union_activation[node],
                union_node_id[node],
            )
            num_used_nodes += 1
    for gene in range(num_genes):
        source[gene], target[gene] = new_slots[source_nodes[gene]], new_slots[target_nodes[gene]]
    genomes.nodes[row], genomes.edges[row] = num_used_nodes, num_genes
