"""The genes of one genome: writing one, and keeping them in order, rising by target, then by source."""

from __future__ import annotations

from typing import NamedTuple

from wannsearch.core.arrays import BoolArray, FloatArray, Int32Array, IntArray
from wannsearch.core.kernels.compiling import kernel


class GeneRow(NamedTuple):
    """Views of one row of `GenomeArrays`, for compiled functions that work on a single genome."""

    source: Int32Array  # (E,)
    target: Int32Array  # (E,)
    weight: FloatArray  # (E,)
    enabled: BoolArray  # (E,)
    innovation: IntArray  # (E,)


@kernel
def put_gene(
    genes: GeneRow, column: int, source_slot: int, target_slot: int, innovation: int, weight: float
) -> None:
    """Write an enabled gene into this column, in place.

    The caller raises the number of genes in use, and then calls `sort_genes` to restore their order.
    """
    genes.source[column], genes.target[column] = source_slot, target_slot
    genes.weight[column], genes.enabled[column], genes.innovation[column] = weight, True, innovation


@kernel
def sort_genes(genes: GeneRow, edges: int) -> None:
    """Sort the first `edges` genes in place by target, then source.

    Insertion sort is used, since they are nearly sorted.
    """
    source, target, weight, enabled, innovation = genes
    for gene in range(1, edges):
        source_slot, target_slot, innovation_number = source[gene], target[gene], innovation[gene]
        weight_value, is_enabled = weight[gene], enabled[gene]
        column = gene
        while column > 0 and (
            target[column - 1] > target_slot
            or (target[column - 1] == target_slot and source[column - 1] > source_slot)
        ):
            previous = column - 1
            source[column], target[column], innovation[column] = (
                source[previous],
                target[previous],
                innovation[previous],
            )
            weight[column], enabled[column] = weight[previous], enabled[previous]
            column = previous
        source[column], target[column], innovation[column] = source_slot, target_slot, innovation_number
        weight[column], enabled[column] = weight_value, is_enabled
