"""Add node: split an enabled gene, chosen at random, with a hidden node of a random activation.

The gene is disabled; source -> new gets weight 1 and new -> target the old weight (Stanley &
Miikkulainen 2002). Slots are sorted by layer again, since everything behind the node may move. NEAT's
released code never splits a gene that starts at the bias: the node would be a constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_integer_below
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes
from wannsearch.variation.enable_connection import sample_flagged_gene
from wannsearch.variation.genes import put_gene, sort_genes
from wannsearch.variation.layers import slot_layers, slots_by_layer


@kernel
def _insert_slot(
    new_slot: int, nodes: int, edges: int, activation: Any, node_id: Any, source: Any, target: Any
) -> None:
    """Make room for a slot here: what stood here and behind moves up by one."""
    for slot in range(nodes, new_slot, -1):
        activation[slot], node_id[slot] = activation[slot - 1], node_id[slot - 1]
    for gene in range(edges):
        source[gene] += source[gene] >= new_slot
        target[gene] += target[gene] >= new_slot


@kernel
def _sort_slots(
    nodes: int, sorted_slots: Any, edges: int, activation: Any, node_id: Any, source: Any, target: Any
) -> None:
    old_activations, old_node_ids = activation[:nodes].copy(), node_id[:nodes].copy()
    for slot in range(nodes):
        activation[sorted_slots[slot]], node_id[sorted_slots[slot]] = (
            old_activations[slot],
            old_node_ids[slot],
        )
    for gene in range(edges):
        source[gene], target[gene] = sorted_slots[source[gene]], sorted_slots[target[gene]]


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
    min_source: int,
    key: Any,
    purpose: int,
) -> None:
    for row in rows:
        num_genes = edges[row]
        is_splittable = enabled[row] & (source[row] >= min_source)
        split_gene = sample_flagged_gene(is_splittable, num_genes, key, row, purpose, 0, True)
        if split_gene < 0:
            continue
        new_activation = allowed[sample_integer_below(key[0], key[1], row, purpose, 1, len(allowed))]
        new_slot = min(target[row, split_gene], nodes[row] - outputs)
        _insert_slot(new_slot, nodes[row], num_genes, activation[row], node_id[row], source[row], target[row])
        nodes[row] += 1
        activation[row, new_slot], node_id[row, new_slot] = new_activation, next_node + row
        enabled[row, split_gene] = False
        gene_arrays = (source[row], target[row], weight[row], enabled[row], innovation[row])
        new_innovation = next_innovation + 2 * row
        put_gene(num_genes, source[row, split_gene], new_slot, new_innovation, 1.0, *gene_arrays)
        put_gene(
            num_genes + 1,
            new_slot,
            target[row, split_gene],
            new_innovation + 1,
            weight[row, split_gene],
            *gene_arrays,
        )
        edges[row] = num_genes + 2
        sort_genes(num_genes + 2, *gene_arrays)
        layer = slot_layers(nodes[row], first_hidden, outputs, num_genes + 2, source[row], target[row])
        sorted_slots = slots_by_layer(layer)
        _sort_slots(
            nodes[row], sorted_slots, num_genes + 2, activation[row], node_id[row], source[row], target[row]
        )
        sort_genes(num_genes + 2, *gene_arrays)


def add_node_in_place(
    genomes: Genomes,
    rows: Any,
    ports: Ports,
    next_node: int,
    next_innovation: int,
    rng: Stream,
    allow_bias_split: bool = True,
) -> None:
    """Split one enabled gene in each of these rows; nothing where none is enabled.

    Row r names its node `next_node + r` and its genes `next_innovation + 2 r` and the next, and needs
    a free slot and two free columns. Without `bias_too` genes that start at the bias are left alone.
    """
    genomes.assert_room(rows, extra_nodes=1, extra_genes=2)
    allowed = np.array([ACTIVATION_IDS[name] for name in ports.activations], np.int8)
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
        0 if allow_bias_split else 1,
        rng.key,
        rng.purpose,
    )


def add_node(
    genomes: Genomes, rows: Any, ports: Ports, next_node: int, next_innovation: int, rng: Stream
) -> Genomes:
    """The genomes with one enabled gene split in each of these rows."""
    new_genomes = genomes.copy(extra_nodes=1, extra_genes=2)
    add_node_in_place(new_genomes, rows, ports, next_node, next_innovation, rng)
    return new_genomes
