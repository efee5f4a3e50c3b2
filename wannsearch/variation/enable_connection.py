"""Enable: switch one disabled gene back on, chosen at random; nothing happens where none is disabled.

`enable_each` switches every disabled gene on by its own coin, as prettyNEAT does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import below, uniform
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes


@kernel
def chosen(wanted: Any, genes: int, key: Any, row: int, purpose: int, draw: int, state: bool) -> int:
    """The column of a gene at random among those whose flag is `state`; -1 where there is none."""
    count = 0
    for gene in range(genes):
        count += wanted[gene] == state
    if count == 0:
        return -1
    left = below(key[0], key[1], row, purpose, draw, count)
    for gene in range(genes):
        if wanted[gene] == state:
            if left == 0:
                return gene
            left -= 1
    return -1


@kernel
def _enable(rows: Any, edges: Any, enabled: Any, key: Any, purpose: int) -> None:
    for row in rows:
        gene = chosen(enabled[row], edges[row], key, row, purpose, 0, False)
        if gene >= 0:
            enabled[row, gene] = True


def enable_in_place(genomes: Genomes, rows: Any, rng: Stream) -> None:
    """Enable one more gene in each of these rows."""
    _enable(np.asarray(rows, np.int64), genomes.edges, genomes.enabled, rng.key, rng.purpose)


def enable(genomes: Genomes, rows: Any, rng: Stream) -> Genomes:
    """The genomes with one more gene enabled in each of these rows."""
    after = genomes.copied()
    enable_in_place(after, rows, rng)
    return after


@kernel
def _enable_each(rows: Any, edges: Any, enabled: Any, chance: float, key: Any, purpose: int) -> None:
    for row in rows:
        for gene in range(edges[row]):
            if not enabled[row, gene]:
                enabled[row, gene] = uniform(key[0], key[1], row, purpose, gene) < chance


def enable_each_in_place(genomes: Genomes, rows: Any, chance: float, rng: Stream) -> None:
    """Enable each disabled gene of these rows with this chance."""
    rows = np.asarray(rows, np.int64)
    _enable_each(rows, genomes.edges, genomes.enabled, chance, rng.key, rng.purpose)
