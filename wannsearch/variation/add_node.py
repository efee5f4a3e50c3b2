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
from wannsearch.variation.genes import GeneRow, put_gene, sort_genes
from wannsearch.variation.layers import sort_slots_by_layer


@kernel
def _insert_slot(
    new_slot: int, nodes: int, edges: int, activation: Any, node_id: Any, source: Any, target: Any
) -> None:
    """Free a slot of one genome: the slots from `new_slot` on move up by one, and genes follow them.

    The freed slot keeps its old values, which the caller overwrites.
    """
    for slot in range(nodes, new_slot, -1):
        activation[slot], node_id[slot] = activation[slot - 1], node_id[slot - 1]
    for gene in range(edges):
        source[gene] += source[gene] >= new_slot
        target[gene] += target[gene] >= new_slot


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
    nodes, activation, node_id, edges, source, target, weight, enabled, innovation = genomes
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
        genes = GeneRow(source[row], target[row], weight[row], enabled[row], innovation[row])
        new_innovation, old_weight = next_innovation + 2 * row, weight[row, split_gene]
        put_gene(genes, num_genes, source[row, split_gene], new_slot, new_innovation, 1.0)
        put_gene(genes, num_genes + 1, new_slot, target[row, split_gene], new_innovation + 1, old_weight)
        edges[row] = num_genes + 2
        sort_genes(genes, num_genes + 2)  # since layers need them rising by target
        sort_slots_by_layer(
            nodes[row],
            first_hidden,
            outputs,
            num_genes + 2,
            activation[row],
            node_id[row],
            source[row],
            target[row],
        )
        sort_genes(genes, num_genes + 2)


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

    Genome r names its node `next_node + r`, its genes `next_innovation + 2 r` (into the node) and the next
    number. Without `allow_bias_split` genes that start at the bias are not split. Raise AssertionError where
    one of the rows lacks a free slot or two free columns.
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
    """Return a copy of the genomes with one gene split in each of these rows (C,) that has an enabled one.

    Genes that start at the bias may be split.
    """
    new_genomes = genomes.copy(extra_nodes=1, extra_genes=2)
    add_node_in_place(new_genomes, rows, ports, next_node, next_innovation, rng)
    return new_genomes
