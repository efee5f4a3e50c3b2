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
def _reaches(start: int, goal: int, nodes: int, genes: int, source: Any, target: Any) -> bool:
    """Is there a way from this node to that one, along these genes?"""
    reached = np.zeros(nodes, np.bool_)
    reached[start] = True
    more = True
    while more and not reached[goal]:
        more = False
        for gene in range(genes):
            if reached[source[gene]] and not reached[target[gene]]:
                reached[target[gene]] = more = True
    return bool(reached[goal])


@kernel
def _new_slots(nodes: int, first_hidden: int, outputs: int, genes: int, source: Any, target: Any) -> Any:
    """(nodes,) slot of each node, hidden ones by layer; -1 for hidden nodes that no gene touches."""
    layer = np.zeros(nodes, np.int32)
    for gene in range(genes):
        layer[source[gene]] = layer[target[gene]] = 1
    more = True
    while more:  # genes are in no order, so layers are raised until all hold
        more = False
        for gene in range(genes):
            below, above = source[gene], target[gene]
            if below >= first_hidden and above < nodes - outputs and layer[above] <= layer[below]:
                layer[above] = layer[below] + 1
                more = True
    slot = np.full(nodes, -1, np.int32)
    taken = 0
    for node in range(first_hidden):
        slot[node] = taken
        taken += 1
    for level in range(1, nodes):
        for node in range(first_hidden, nodes - outputs):
            if layer[node] == level:
                slot[node] = taken
                taken += 1
    for node in range(nodes - outputs, nodes):
        slot[node] = taken
        taken += 1
    return slot


@kernel
def joined(
    keeps: Any,
    gives: Any,
    order: Any,
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
    their_nodes: int,
    their_activation: Any,
    their_node_id: Any,
    their_source: Any,
    their_target: Any,
    their_weight: Any,
    their_enabled: Any,
    their_innovation: Any,
) -> Any:
    """Rewrite a row to the genes it `keeps` and those another `gives` in this `order`; its nodes and genes.

    Genes are left in no order.
    """
    inner, their_inner = nodes - outputs, their_nodes - outputs
    place = np.arange(their_nodes)  # of their slots among the nodes of both: mine, theirs, outputs
    union = inner
    for slot in range(first_hidden, their_inner):
        place[slot] = -1
        for known in range(first_hidden, inner):
            if node_id[known] == their_node_id[slot]:
                place[slot] = known
        if place[slot] < 0:
            place[slot] = union
            union += 1
    added = union - inner
    union += outputs
    for output in range(outputs):
        place[their_inner + output] = union - outputs + output
    formulas, names = np.zeros(union, activation.dtype), np.zeros(union, node_id.dtype)
    for slot in range(their_nodes):
        formulas[place[slot]], names[place[slot]] = their_activation[slot], their_node_id[slot]
    for slot in range(nodes):
        node = slot if slot < inner else slot + added
        formulas[node], names[node] = activation[slot], node_id[slot]
    most = len(keeps) + len(gives)
    begin, end = np.empty(most, np.int32), np.empty(most, np.int32)
    genes = 0
    for column in range(len(keeps)):
        if keeps[column]:
            begin[genes] = source[column]
            end[genes] = target[column] + (added if target[column] >= inner else 0)
            weight[genes], enabled[genes] = weight[column], enabled[column]
            innovation[genes] = innovation[column]
            genes += 1
    for number in range(len(gives)):
        column = order[number]
        if not gives[column]:
            continue
        below, above = place[their_source[column]], place[their_target[column]]
        doubled = False
        for gene in range(genes):
            doubled = doubled or (begin[gene] == below and end[gene] == above)
        if doubled or _reaches(above, below, union, genes, begin, end):
            continue
        begin[genes], end[genes] = below, above
        weight[genes], enabled[genes] = their_weight[column], their_enabled[column]
        innovation[genes] = their_innovation[column]
        genes += 1
    slot_of = _new_slots(union, first_hidden, outputs, genes, begin, end)
    used = 0
    for node in range(union):
        if slot_of[node] >= 0:
            activation[slot_of[node]], node_id[slot_of[node]] = formulas[node], names[node]
            used += 1
    for gene in range(genes):
        source[gene], target[gene] = slot_of[begin[gene]], slot_of[end[gene]]
    return used, genes
