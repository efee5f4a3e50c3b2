"""Add connection: a new gene from a random node to a random node of a strictly later layer.

Sources are tried in random order; the first with a free destination gets the gene. A pair that
already has a gene is not free, even when that gene is disabled, as in the published code (quirk
Q23): such a pair comes back only through `enable`. With `disabled_blocks` off, a pair whose gene is
disabled counts as free, and choosing it enables that gene.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import below
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes
from wannsearch.variation.genes import put_gene, sort_genes
from wannsearch.variation.layers import layers


@kernel
def _free(
    slot: int, layer: Any, first_hidden: int, edges: int, source: Any, target: Any, enabled: Any, blocks: bool
) -> Any:
    """(nodes,) bool: where a gene from this slot may go."""
    free = layer > layer[slot]
    free[:first_hidden] = False
    for gene in range(edges):
        if source[gene] == slot and (blocks or enabled[gene]):
            free[target[gene]] = False
    return free


@kernel
def _add_connection(
    rows: Any,
    nodes: Any,
    edges: Any,
    source: Any,
    target: Any,
    weight: Any,
    enabled: Any,
    innovation: Any,
    first_hidden: int,
    outputs: int,
    blocks: bool,
    next_innovation: int,
    key: Any,
    purpose: int,
) -> None:
    for row in rows:
        old = edges[row]
        genes = (source[row], target[row], weight[row], enabled[row], innovation[row])
        layer = layers(nodes[row], first_hidden, outputs, old, source[row], target[row])
        sources = np.arange(nodes[row] - outputs)
        for tried in range(len(sources)):
            other = tried + below(key[0], key[1], row, purpose, 2 * tried, len(sources) - tried)
            sources[tried], sources[other] = sources[other], sources[tried]
            slot = sources[tried]
            free = _free(slot, layer, first_hidden, old, source[row], target[row], enabled[row], blocks)
            places = np.flatnonzero(free)
            if len(places) == 0:
                continue
            goal = places[below(key[0], key[1], row, purpose, 2 * tried + 1, len(places))]
            known = -1
            for gene in range(old):
                if source[row, gene] == slot and target[row, gene] == goal:
                    known = gene
            if known >= 0:
                enabled[row, known] = True
            else:
                put_gene(old, slot, goal, next_innovation + 2 * row, 1.0, *genes)
                edges[row] = old + 1
                sort_genes(old + 1, *genes)
            break


def add_connection_in_place(
    genomes: Genomes, rows: Any, ports: Ports, next_innovation: int, disabled_blocks: bool, rng: Stream
) -> None:
    """Give each of these rows one more connection; nothing where no pair is free.

    Row r names its gene `next_innovation + 2 r`, and needs a free column.
    """
    genomes.assert_room(rows, genes=1)
    _add_connection(
        np.asarray(rows, np.int64),
        genomes.nodes,
        genomes.edges,
        genomes.source,
        genomes.target,
        genomes.weight,
        genomes.enabled,
        genomes.innovation,
        ports.first_hidden,
        ports.outputs,
        disabled_blocks,
        next_innovation,
        rng.key,
        rng.purpose,
    )


def add_connection(
    genomes: Genomes, rows: Any, ports: Ports, next_innovation: int, disabled_blocks: bool, rng: Stream
) -> Genomes:
    """The genomes with one more connection in each of these rows."""
    after = genomes.copied(genes=1)
    add_connection_in_place(after, rows, ports, next_innovation, disabled_blocks, rng)
    return after
