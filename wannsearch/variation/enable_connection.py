"""Enable: switch one disabled gene back on, chosen at random; a genome without one stays as it is.

`enable_connections_in_place` instead draws for each disabled gene, with one probability, as in prettyNEAT.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_integer_below, sample_uniform
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes


@kernel
def sample_flagged_gene(
    flags: Any, num_genes: int, key: Any, row: int, purpose: int, draw: int, flag: bool
) -> int:
    """Return a random column among the first `num_genes` whose `flags` (E,) equal `flag`; -1 without any."""
    num_flagged = 0
    for gene in range(num_genes):
        num_flagged += flags[gene] == flag
    if num_flagged == 0:
        return -1
    countdown = sample_integer_below(key[0], key[1], row, purpose, draw, num_flagged)
    for gene in range(num_genes):
        if flags[gene] == flag:
            if countdown == 0:
                return gene
            countdown -= 1
    return -1


@kernel
def _enable_connection(genomes: GenomeArrays, rows: Any, key: Any, purpose: int) -> None:
    edges, enabled = genomes.edges, genomes.enabled
    for row in rows:
        gene = sample_flagged_gene(enabled[row], edges[row], key, row, purpose, 0, False)
        if gene >= 0:
            enabled[row, gene] = True


def enable_connection_in_place(genomes: Genomes, rows: Any, rng: Stream) -> None:
    """Enable one random disabled gene in each of these rows (C,); a row without one stays as it is."""
    _enable_connection(genomes.to_arrays(), np.asarray(rows, np.int64), rng.key, rng.purpose)


def enable_connection(genomes: Genomes, rows: Any, rng: Stream) -> Genomes:
    """Return a copy of the genomes that `enable_connection_in_place` changed in these rows (C,)."""
    new_genomes = genomes.copy()
    enable_connection_in_place(new_genomes, rows, rng)
    return new_genomes


@kernel
def _enable_connections(genomes: GenomeArrays, rows: Any, probability: float, key: Any, purpose: int) -> None:
    edges, enabled = genomes.edges, genomes.enabled
    for row in rows:
        for gene in range(edges[row]):
            if not enabled[row, gene]:
                enabled[row, gene] = sample_uniform(key[0], key[1], row, purpose, gene) < probability


def enable_connections_in_place(genomes: Genomes, rows: Any, probability: float, rng: Stream) -> None:
    """Enable each disabled gene of these rows (C,) with this probability, independently of the others."""
    _enable_connections(genomes.to_arrays(), np.asarray(rows, np.int64), probability, rng.key, rng.purpose)
