"""Add node: split an enabled gene, chosen at random, with a hidden node of a random activation.

The gene is disabled; source -> new gets weight 1 and new -> target the old weight (Stanley &
Miikkulainen 2002). Slots are sorted by layer again, since everything behind the node may move. NEAT's
published code never splits a gene that starts at the bias: the node would be a constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_integer_below
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes
from wannsearch.variation.enable_connection import sample_flagged_gene
from wannsearch.variation.genes import append_gene, sort_genes
from wannsearch.variation.layers import slot_layers, slots_by_layer


@kernel
def _insert_slot(genomes: GenomeArrays, row: int, new_slot: int) -> None:
    """Free a slot of this row: the slots from `new_slot` on move up by one, and genes follow them."""
    activation, node_id = genomes.activation[row], genomes.node_id[row]
    source, target = genomes.source[row], genomes.target[row]
    for slot in range(genomes.nodes[row], new_slot, -1):
        activation[slot], node_id[slot] = activation[slot - 1], node_id[slot - 1]
    for gene in range(genomes.edges[row]):
        source[gene] += source[gene] >= new_slot
        target[gene] += target[gene] >= new_slot
    genomes.nodes[row] += 1


@kernel
def _move_slots(genomes: GenomeArrays, row: int, new_slots: Any) -> None:
    """Move each slot of this row to `new_slots` (nodes,), and let the genes follow."""
    nodes, activation, node_id = genomes.nodes[row], genomes.activation[row], genomes.node_id[row]
    source, target = genomes.source[row], genomes.target[row]
    old_activations, old_node_ids = activation[:nodes].copy(), node_id[:nodes].copy()
    for slot in range(nodes):
        activation[new_slots[slot]], node_id[new_slots[slot]] = old_activations[slot], old_node_ids[slot]
    for gene in range(genomes.edges[row]):
        source[gene], target[gene] = new_slots[source[gene]], new_slots[target[gene]]


@kernel
def _add_node(
    genomes: GenomeArrays,
    rows: Any,
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
        source, target = genomes.source[row], genomes.target[row]
        is_splittable = genomes.enabled[row] & (source >= min_source)
        split_gene = sample_flagged_gene(is_splittable, genomes.edges[row], key, row, purpose, 0, True)
        if split_gene < 0:
            continue
        new_activation = allowed[sample_integer_below(key[0], key[1], row, purpose, 1, len(allowed))]
        new_slot = min(target[split_gene], genomes.nodes[row] - outputs)
        _insert_slot(genomes, row, new_slot)
        genomes.activation[row, new_slot], genomes.node_id[row, new_slot] = new_activation, next_node + row
        genomes.enabled[row, split_gene] = False
        new_innovation, weight = next_innovation + 2 * row, genomes.weight[row, split_gene]
        append_gene(genomes, row, source[split_gene], new_slot, new_innovation, 1.0)
        append_gene(genomes, row, new_slot, target[split_gene], new_innovation + 1, weight)
        sort_genes(genomes, row)  # since `slot_layers` needs them rising by target
        _move_slots(genomes, row, slots_by_layer(slot_layers(genomes, row, first_hidden, outputs)))
        sort_genes(genomes, row)


def add_node_in_place(
    genomes: Genomes,
    rows: Any,
    ports: Ports,
    next_node: int,
    next_innovation: int,
    rng: Stream,
    allow_bias_split: bool = True,
) -> None:
    """Split one enabled gene in each of these rows (C,); a row without one stays as it is.

    Row r names its node `next_node + r` and its genes `next_innovation + 2 r` and the next. It needs
    a free slot and two free columns (AssertionError). Without `allow_bias_split` genes that start at
    the bias are not split.
    """
    genomes.assert_room(rows, extra_nodes=1, extra_genes=2)
    allowed = np.array([ACTIVATION_IDS[name] for name in ports.activations], np.int8)
    _add_node(
        genomes.to_arrays(),
        np.asarray(rows, np.int64),
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
    """Return a copy of the genomes with one enabled gene split in each of these rows (C,)."""
    new_genomes = genomes.copy(extra_nodes=1, extra_genes=2)
    add_node_in_place(new_genomes, rows, ports, next_node, next_innovation, rng)
    return new_genomes
