"""Add node: split an enabled gene, chosen at random, with a hidden node of a random activation.

The gene is disabled; source -> new gets weight 1 and new -> target the old weight (Stanley &
Miikkulainen 2002). Slots are sorted by layer again, since everything behind the node may move. NEAT's
released code never splits a gene that starts at the bias: the node would be a constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.activations import IDS
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import below
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes
from wannsearch.variation.enable_connection import chosen
from wannsearch.variation.genes import put_gene, sort_genes
from wannsearch.variation.layers import layers, place_of


@kernel
def _open_slot(
    at: int, nodes: int, edges: int, activation: Any, node_id: Any, source: Any, target: Any
) -> None:
    """Make room for a slot here: what stood here and behind moves up by one."""
    for slot in range(nodes, at, -1):
        activation[slot], node_id[slot] = activation[slot - 1], node_id[slot - 1]
    for gene in range(edges):
        source[gene] += source[gene] >= at
        target[gene] += target[gene] >= at


@kernel
def _sort_slots(
    nodes: int, place: Any, edges: int, activation: Any, node_id: Any, source: Any, target: Any
) -> None:
    formulas, names = activation[:nodes].copy(), node_id[:nodes].copy()
    for slot in range(nodes):
        activation[place[slot]], node_id[place[slot]] = formulas[slot], names[slot]
    for gene in range(edges):
        source[gene], target[gene] = place[source[gene]], place[target[gene]]


@kernel
def _add_node(
    rows: Any,
    nodes: Any,
    activation: Any,
    node_id: Any,
    edges: Any,
    source: Any,
    target: Any,
    weight: Any,
    enabled: Any,
    innovation: Any,
    first_hidden: int,
    outputs: int,
    allowed: Any,
    next_node: int,
    next_innovation: int,
    first_source: int,
    key: Any,
    purpose: int,
) -> None:
    for row in rows:
        old = edges[row]
        splittable = enabled[row] & (source[row] >= first_source)
        split = chosen(splittable, old, key, row, purpose, 0, True)
        if split < 0:
            continue
        formula = allowed[below(key[0], key[1], row, purpose, 1, len(allowed))]
        at = min(target[row, split], nodes[row] - outputs)
        _open_slot(at, nodes[row], old, activation[row], node_id[row], source[row], target[row])
        nodes[row] += 1
        activation[row, at], node_id[row, at] = formula, next_node + row
        enabled[row, split] = False
        genes = (source[row], target[row], weight[row], enabled[row], innovation[row])
        name = next_innovation + 2 * row
        put_gene(old, source[row, split], at, name, 1.0, *genes)
        put_gene(old + 1, at, target[row, split], name + 1, weight[row, split], *genes)
        edges[row] = old + 2
        sort_genes(old + 2, *genes)
        layer = layers(nodes[row], first_hidden, outputs, old + 2, source[row], target[row])
        place = place_of(layer)
        _sort_slots(nodes[row], place, old + 2, activation[row], node_id[row], source[row], target[row])
        sort_genes(old + 2, *genes)


def add_node_in_place(
    genomes: Genomes,
    rows: Any,
    ports: Ports,
    next_node: int,
    next_innovation: int,
    rng: Stream,
    bias_too: bool = True,
) -> None:
    """Split one enabled gene in each of these rows; nothing where none is enabled.

    Row r names its node `next_node + r` and its genes `next_innovation + 2 r` and the next, and needs
    a free slot and two free columns. Without `bias_too` genes that start at the bias are left alone.
    """
    genomes.assert_room(rows, nodes=1, genes=2)
    allowed = np.array([IDS[name] for name in ports.activations], np.int8)
    _add_node(
        np.asarray(rows, np.int64),
        genomes.nodes,
        genomes.activation,
        genomes.node_id,
        genomes.edges,
        genomes.source,
        genomes.target,
        genomes.weight,
        genomes.enabled,
        genomes.innovation,
        ports.first_hidden,
        ports.outputs,
        allowed,
        next_node,
        next_innovation,
        0 if bias_too else 1,
        rng.key,
        rng.purpose,
    )


def add_node(
    genomes: Genomes, rows: Any, ports: Ports, next_node: int, next_innovation: int, rng: Stream
) -> Genomes:
    """The genomes with one enabled gene split in each of these rows."""
    after = genomes.copied(nodes=1, genes=2)
    add_node_in_place(after, rows, ports, next_node, next_innovation, rng)
    return after
