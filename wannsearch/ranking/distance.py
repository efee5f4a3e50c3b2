"""Compatibility distance: how different two genomes are.

Stanley & Miikkulainen (2002), section 3.3. With E excess, D disjoint and some matching genes, whose
weights differ by W on average,

    d = c1 E / N + c2 D / N + c3 W

where N is the number of genes of the larger (equation 1), or another number (`GenomeSize`). W is 0 where no
genes match. Disabled genes count like others.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from wannsearch.core.arrays import FloatArray, Int32Array, IntArray
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.topologies.genomes import Genomes


class GenomeSize(str, Enum):
    """The choice of N, by which the numbers of genes that do not match are divided."""

    ONE_BELOW_20 = "one_below_20"  # genes of the larger genome, 1 if both have fewer than 20: the paper
    ONE = "one"  # 1: the published code of NEAT
    LESS_PORTS = "less_ports"  # 1 + genes of the larger genome - inputs - outputs: prettyNEAT


class SortedGenes(NamedTuple):
    """The genes of P genomes, each row rising by innovation number."""

    edges: Int32Array  # (P,) genes in use
    innovation: IntArray  # (P, E)
    weight: FloatArray  # (P, E)


@kernel
def compatibility_distance(
    genes: SortedGenes,
    row: int,
    other_row: int,
    coefficients: Any,
    small_genome_size: int,
    num_excluded_genes: int,
) -> float:
    """Return the distance of two genomes, rows of `genes`.

    `coefficients` (3,) are c1, c2 and c3. N is 1 where both genomes have fewer than `small_genome_size`
    genes, else the number of genes of the larger less `num_excluded_genes`, and at least 1.
    """
    num_genes, innovation, weight = genes.edges[row], genes.innovation[row], genes.weight[row]
    num_other_genes, other_innovation = genes.edges[other_row], genes.innovation[other_row]
    other_weight = genes.weight[other_row]
    gene = other_gene = num_matching = num_disjoint = 0
    weight_difference = 0.0
    while gene < num_genes and other_gene < num_other_genes:
        if innovation[gene] == other_innovation[other_gene]:
            weight_difference += abs(weight[gene] - other_weight[other_gene])
            num_matching += 1
            gene += 1
            other_gene += 1
        elif innovation[gene] < other_innovation[other_gene]:
            num_disjoint += 1
            gene += 1
        else:
            num_disjoint += 1
            other_gene += 1
    num_excess = num_genes - gene + num_other_genes - other_gene
    max_genes = max(num_genes, num_other_genes)
    normalizer = 1 if max_genes < small_genome_size else max(1, max_genes - num_excluded_genes)
    mean_weight_difference = weight_difference / num_matching if num_matching > 0 else 0.0
    # equation 1
    return float(
        (coefficients[0] * num_excess + coefficients[1] * num_disjoint) / normalizer
        + coefficients[2] * mean_weight_difference
    )


def sort_genes_by_innovation(genomes: Genomes) -> SortedGenes:
    """Copy the innovation numbers and weights of P genomes, each row rising by innovation number.

    `edges` is not copied; columns behind the genes are padding.
    """
    columns = genomes.argsort_by_innovation()
    innovation = np.take_along_axis(genomes.innovation, columns, axis=1)
    return SortedGenes(genomes.edges, innovation, np.take_along_axis(genomes.weight, columns, axis=1))
