"""Compatibility distance: how different two genomes are.

Stanley & Miikkulainen (2002), section 3.3. With E excess, D disjoint and some matching genes, whose
weights differ by W on average,

    d = c1 E / N + c2 D / N + c3 W

where N is the number of genes of the larger. Disabled genes count like others.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from wannsearch.core.arrays import Array
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.topologies.genomes import Genomes


class GenomeSize(str, Enum):
    """N, by which genes that do not match are divided."""

    ONE_BELOW_20 = "one_below_20"  # genes of the larger genome, 1 if both have fewer than 20: the paper
    ONE = "one"  # 1: the released code of NEAT
    LESS_PORTS = "less_ports"  # 1 + genes of the larger genome - inputs - outputs: prettyNEAT


@kernel
def compatibility_distance(
    num_genes: int,
    innovation: Any,
    weight: Any,
    num_other_genes: int,
    other_innovation: Any,
    other_weight: Any,
    coefficients: Any,
    small_genome_size: int,
    num_excluded_genes: int,
) -> float:
    """The distance of two genomes, given by their genes' numbers and weights rising by number.

    `coefficients` are c1, c2, c3; N is 1 below `below` genes, and counts `less` than the larger genome.
    """
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
    return float(
        (coefficients[0] * num_excess + coefficients[1] * num_disjoint) / normalizer
        + coefficients[2] * mean_weight_difference
    )


def sort_genes_by_innovation(genomes: Genomes) -> tuple[Array, Array, Array]:
    """Genes of each row, and their innovation numbers and weights rising by innovation."""
    columns = genomes.argsort_by_innovation()
    innovation = np.take_along_axis(genomes.innovation, columns, axis=1)
    return genomes.edges, innovation, np.take_along_axis(genomes.weight, columns, axis=1)
