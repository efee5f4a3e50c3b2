"""Innovation numbers: the same structural mutation, arising twice in a generation, gets the same numbers.

Stanley & Miikkulainen (2002), section 3.2. `add_connection` and `add_node` number new genes and nodes by
row, beyond every number that exists. Here those numbers are replaced by consecutive ones, given in the
order of rows, and equal mutations share them: the same connection joins the same two nodes, the same
split divides the gene of the same number. The list ends with the generation, so that a later repeat
gets new numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.arrays import Array
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_uniform
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes


@kernel
def _assign_connection_innovations(
    genomes: GenomeArrays, rows: Any, first_innovation: int, half_width: float, key: Any, purpose: int
) -> int:
    source, target, innovation = genomes.source, genomes.target, genomes.innovation
    edges, node_id, weight = genomes.edges, genomes.node_id, genomes.weight
    source_ids, target_ids = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    num_distinct = 0
    for row in rows:
        for gene in range(edges[row]):
            if innovation[row, gene] < first_innovation:
                continue
            uniform_draw = sample_uniform(key[0], key[1], row, purpose, 0)
            weight[row, gene] = (2.0 * uniform_draw - 1.0) * half_width
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
    """Renumber the genes that `add_connection` gave these rows (C,), and return how many numbers were used.

    Numbers start at `first_innovation`. New genes, at most one a row, and only those, carry that number or a
    higher one so far. Each new gene gets a weight of U(-half_width, half_width), also where it shares its
    number.
    """
    return _assign_connection_innovations(
        genomes.to_arrays(),
        np.asarray(rows, np.int64),
        first_innovation,
        half_width,
        rng.key,
        rng.purpose,
    )


@kernel
def _assign_node_ids(genomes: GenomeArrays, rows: Any, first_node_id: int, first_innovation: int) -> int:
    source, target, innovation = genomes.source, genomes.target, genomes.innovation
    nodes, edges, node_id = genomes.nodes, genomes.edges, genomes.node_id
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
    """Renumber the nodes that `add_node` gave these rows (C,), and return the number of node ids used.

    Twice as many innovation numbers are used. The i-th distinct split, from 0, has the node
    `first_node_id + i`, the gene `first_innovation + 2 i` into it and the next number out of it. New nodes,
    at most one a row, and only those, have ids from `first_node_id` on so far.
    """
    return _assign_node_ids(genomes.to_arrays(), np.asarray(rows, np.int64), first_node_id, first_innovation)
