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
def layers(nodes: int, first_hidden: int, outputs: int, edges: int, source: Any, target: Any) -> Any:
    """(nodes,) layer of every slot of one genome whose genes climb and rise by target."""
    layer = np.zeros(nodes, np.int32)
    for slot in range(first_hidden, nodes - outputs):
        layer[slot] = 1
    for gene in range(edges):
        if target[gene] < nodes - outputs:
            layer[target[gene]] = max(layer[target[gene]], layer[source[gene]] + 1)
    last = 0
    for slot in range(nodes - outputs):
        last = max(last, layer[slot])
    for slot in range(nodes - outputs, nodes):
        layer[slot] = last + 1
    return layer


@kernel
def place_of(layer: Any) -> Any:
    """(nodes,) new slot of each slot, stably sorted by layer, by counting."""
    start = np.zeros(len(layer) + 1, np.int32)
    for slot in range(len(layer)):
        start[layer[slot] + 1] += 1
    for number in range(len(layer)):
        start[number + 1] += start[number]
    place = np.empty(len(layer), np.int32)
    for slot in range(len(layer)):
        place[slot] = start[layer[slot]]
        start[layer[slot]] += 1
    return place
