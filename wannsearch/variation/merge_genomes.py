"""One genome of the genes of two, kept free of cycles and of second genes between the same nodes.

Nodes are the same where their names are; ports are the same by their place. Genes of the first
genome all fit together. Those of the second are added one by one, and one that would close a cycle,
enabled or not, or that connects what is connected, is left out. Hidden nodes that no gene touches any
more go, and slots are sorted by layer (`layers`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel


@kernel
def _has_path(start_node: int, goal_node: int, nodes: int, num_genes: int, source: Any, target: Any) -> bool:
    """Is there a way from this node to that one, along these genes?"""
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
    """(nodes,) slot of each node, hidden ones by layer; -1 for hidden nodes that no gene touches."""
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
    keep_own: Any,
    take_other: Any,
    other_columns: Any,
    first_hidden: int,
    outputs: int,
    nodes: int,
    activation: Any,
    node_id: Any,
    source: Any,
    target: Any,
    weight: Any,
    enabled: Any,
    innovation: Any,
    other_nodes: int,
    other_activation: Any,
    other_node_id: Any,
    other_source: Any,
    other_target: Any,
    other_weight: Any,
    other_enabled: Any,
    other_innovation: Any,
) -> Any:
    """Rewrite a row to the genes it `keeps` and those another `gives` in this `order`; its nodes and genes.

    Genes are left in no order.
    """
    first_output, other_first_output = nodes - outputs, other_nodes - outputs
    node_of_other_slot = np.arange(
        other_nodes
    )  # of their slots among the nodes of both: mine, theirs, outputs
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
            other_activation[slot],
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
            node_of_other_slot[other_source[column]],
            node_of_other_slot[other_target[column]],
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
        weight[num_genes], enabled[num_genes] = other_weight[column], other_enabled[column]
        innovation[num_genes] = other_innovation[column]
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
    return num_used_nodes, num_genes
