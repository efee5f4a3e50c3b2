"""Adding a gene to a genome, and keeping the genes in their order: rising by target, then by source."""

from __future__ import annotations

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.topologies.genomes import GenomeArrays


@kernel
def append_gene(
    genomes: GenomeArrays, row: int, source_slot: int, target_slot: int, innovation: int, weight: float
) -> None:
    """Write an enabled gene behind the last one of this row, which needs a free column.

    The row is out of order until `sort_genes` is called.
    """
    column = genomes.edges[row]
    genomes.source[row, column], genomes.target[row, column] = source_slot, target_slot
    genomes.weight[row, column], genomes.enabled[row, column] = weight, True
    genomes.innovation[row, column] = innovation
    genomes.edges[row] = column + 1


@kernel
def sort_genes(genomes: GenomeArrays, row: int) -> None:
    """Sort the genes of this row by target, then source: by insertion, since they are nearly sorted."""
    source, target, innovation = genomes.source[row], genomes.target[row], genomes.innovation[row]
    weight, enabled = genomes.weight[row], genomes.enabled[row]
    for gene in range(1, genomes.edges[row]):
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
