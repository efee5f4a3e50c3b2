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
import numpy.typing as npt

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import uniform
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes


@kernel
def _name_connections(
    rows: Any,
    edges: Any,
    source: Any,
    target: Any,
    weight: Any,
    innovation: Any,
    node_id: Any,
    first: int,
    width: float,
    key: Any,
    purpose: int,
) -> int:
    begin, end = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    known = 0
    for row in rows:
        for gene in range(edges[row]):
            if innovation[row, gene] < first:
                continue
            weight[row, gene] = (2.0 * uniform(key[0], key[1], row, purpose, 0) - 1.0) * width
            begin[known] = node_id[row, source[row, gene]]
            end[known] = node_id[row, target[row, gene]]
            number = 0
            while begin[number] != begin[known] or end[number] != end[known]:
                number += 1
            innovation[row, gene] = first + number
            known += number == known
            break
    return known


def name_connections_in_place(
    genomes: Genomes, rows: npt.NDArray[Any], first: int, width: float, rng: Stream
) -> int:
    """Name the genes that `add_connection` gave these rows `first` and on; how many names were needed.

    New genes, and only those, are so far named `first` or beyond. Each gets a weight of U(-width, width).
    """
    return _name_connections(
        np.asarray(rows, np.int64),
        genomes.edges,
        genomes.source,
        genomes.target,
        genomes.weight,
        genomes.innovation,
        genomes.node_id,
        first,
        width,
        rng.key,
        rng.purpose,
    )


@kernel
def _name_nodes(
    rows: Any,
    nodes: Any,
    node_id: Any,
    edges: Any,
    source: Any,
    target: Any,
    innovation: Any,
    first_node: int,
    first: int,
) -> int:
    split = np.empty(len(rows), np.int64)
    known = 0
    for row in rows:
        for slot in range(nodes[row]):
            if node_id[row, slot] < first_node:
                continue
            into = out = -1
            for gene in range(edges[row]):
                if target[row, gene] == slot:
                    into = gene
                if source[row, gene] == slot:
                    out = gene
            split[known] = -1
            for gene in range(edges[row]):
                if source[row, gene] == source[row, into] and target[row, gene] == target[row, out]:
                    split[known] = innovation[row, gene]
            number = 0
            while split[number] != split[known]:
                number += 1
            node_id[row, slot] = first_node + number
            innovation[row, into], innovation[row, out] = first + 2 * number, first + 2 * number + 1
            known += number == known
            break
    return known


def name_nodes_in_place(genomes: Genomes, rows: npt.NDArray[Any], first_node: int, first: int) -> int:
    """Name the nodes that `add_node` gave these rows `first_node` and on; how many were needed.

    Node i's genes are named `first + 2 i`, into it, and the next, out of it. New nodes and genes, and
    only those, are so far named from these numbers on or beyond.
    """
    return _name_nodes(
        np.asarray(rows, np.int64),
        genomes.nodes,
        genomes.node_id,
        genomes.edges,
        genomes.source,
        genomes.target,
        genomes.innovation,
        first_node,
        first,
    )
