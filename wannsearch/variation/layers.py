"""Layers, and the order of slots that follows from them.

Bias and inputs are layer 0; a hidden node is one more than the highest layer with a gene into it,
enabled or not; all outputs share the layer behind the last hidden one. Hidden slots are kept sorted
by layer, so that a gene into a later layer always climbs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel


@kernel
def slot_layers(nodes: int, first_hidden: int, outputs: int, edges: int, source: Any, target: Any) -> Any:
    """Return (nodes,) int32 layer of every slot of one genome, whose genes climb and rise by target.

    A hidden node that no gene enters is in layer 1.
    """
    layer = np.zeros(nodes, np.int32)
    for slot in range(first_hidden, nodes - outputs):
        layer[slot] = 1
    for gene in range(edges):
        if target[gene] < nodes - outputs:
            layer[target[gene]] = max(layer[target[gene]], layer[source[gene]] + 1)
    last_layer = 0
    for slot in range(nodes - outputs):
        last_layer = max(last_layer, layer[slot])
    for slot in range(nodes - outputs, nodes):
        layer[slot] = last_layer + 1
    return layer


@kernel
def _slots_by_layer(layer: Any) -> Any:
    """Return (nodes,) int32 new slot of each slot, stably sorted by `layer` (nodes,) with a counting sort."""
    layer_starts = np.zeros(len(layer) + 1, np.int32)
    for slot in range(len(layer)):
        layer_starts[layer[slot] + 1] += 1
    for level in range(len(layer)):
        layer_starts[level + 1] += layer_starts[level]
    new_slots = np.empty(len(layer), np.int32)
    for slot in range(len(layer)):
        new_slots[slot] = layer_starts[layer[slot]]
        layer_starts[layer[slot]] += 1
    return new_slots


@kernel
def sort_slots_by_layer(
    nodes: int,
    first_hidden: int,
    outputs: int,
    edges: int,
    activation: Any,
    node_id: Any,
    source: Any,
    target: Any,
) -> None:
    """Sort the slots of one genome stably by layer, in place, and let the genes follow.

    The genes must climb and rise by target; afterwards they climb, and the caller sorts them.
    """
    new_slots = _slots_by_layer(slot_layers(nodes, first_hidden, outputs, edges, source, target))
    old_activations, old_node_ids = activation[:nodes].copy(), node_id[:nodes].copy()
    for slot in range(nodes):
        activation[new_slots[slot]], node_id[new_slots[slot]] = old_activations[slot], old_node_ids[slot]
    for gene in range(edges):
        source[gene], target[gene] = new_slots[source[gene]], new_slots[target[gene]]
