"""Innovation numbers: the same structural mutation, arising twice in a generation, gets the same names.

Stanley & Miikkulainen (2002), section 3.2. `add_connection` and `add_node` name what they make by row,
beyond every name that exists. Here those names are replaced by consecutive ones, given in the order of
rows, and whoever made the same gets the same: the same connection joins the same two nodes, the same
split divides the gene of the same number between them. The list is forgotten with the generation, so
that a later repeat gets new numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.arrays import Array
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_uniform
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes


@kernel
def _assign_connection_innovations(
    rows: Any,
    edges: Any,
    source: Any,
    target: Any,
    weight: Any,
    innovation: Any,
    node_id: Any,
    first_innovation: int,
    half_width: float,
    key: Any,
    purpose: int,
) -> int:
    source_ids, target_ids = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    num_distinct = 0
    for row in rows:
        for gene in range(edges[row]):
            if innovation[row, gene] < first_innovation:
                continue
            weight[row, gene] = (2.0 * sample_uniform(key[0], key[1], row, purpose, 0) - 1.0) * half_width
            source_ids[num_distinct] = node_id[row, source[row, gene]]
            target_ids[num_distinct] = node_id[row, target[row, gene]]
            index = 0
            while (
                source_ids[index] != source_ids[num_distinct] or target_ids[index] != target_ids[num_distinct]
            ):
                index += 1
            innovation[row, gene] = first_innovation + index
            num_distinct += index == num_distinct
            break
    return num_distinct


def assign_connection_innovations_in_place(
    genomes: Genomes, rows: Array, first_innovation: int, half_width: float, rng: Stream
) -> int:
    """Name the genes that `add_connection` gave these rows `first` and on; how many names were needed.

    New genes, and only those, are so far named `first` or beyond. Each gets a weight of U(-width, width).
    """
    return _assign_connection_innovations(
        np.asarray(rows, np.int64),
        genomes.edges,
        genomes.source,
        genomes.target,
        genomes.weight,
        genomes.innovation,
        genomes.node_id,
        first_innovation,
        half_width,
        rng.key,
        rng.purpose,
    )


@kernel
def _assign_node_ids(
    rows: Any,
    nodes: Any,
    node_id: Any,
    edges: Any,
    source: Any,
    target: Any,
    innovation: Any,
    first_node_id: int,
    first_innovation: int,
) -> int:
    split_innovations = np.empty(len(rows), np.int64)
    num_distinct = 0
    for row in rows:
        for slot in range(nodes[row]):
            if node_id[row, slot] < first_node_id:
                continue
            in_gene = out_gene = -1
            for gene in range(edges[row]):
                if target[row, gene] == slot:
                    in_gene = gene
                if source[row, gene] == slot:
                    out_gene = gene
            split_innovations[num_distinct] = -1
            for gene in range(edges[row]):
                if source[row, gene] == source[row, in_gene] and target[row, gene] == target[row, out_gene]:
                    split_innovations[num_distinct] = innovation[row, gene]
            index = 0
            while split_innovations[index] != split_innovations[num_distinct]:
                index += 1
            node_id[row, slot] = first_node_id + index
            innovation[row, in_gene], innovation[row, out_gene] = (
                first_innovation + 2 * index,
                first_innovation + 2 * index + 1,
            )
            num_distinct += index == num_distinct
            break
    return num_distinct


def assign_node_ids_in_place(genomes: Genomes, rows: Array, first_node_id: int, first_innovation: int) -> int:
    """Name the nodes that `add_node` gave these rows `first_node` and on; how many were needed.

    Node i's genes are named `first + 2 i`, into it, and the next, out of it. New nodes and genes, and
    only those, are so far named from these numbers on or beyond.
    """
    return _assign_node_ids(
        np.asarray(rows, np.int64),
        genomes.nodes,
        genomes.node_id,
        genomes.edges,
        genomes.source,
        genomes.target,
        genomes.innovation,
        first_node_id,
        first_innovation,
    )
