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
import numpy.typing as npt

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.topologies.genomes import Genomes


class GenomeSize(str, Enum):
    """N, by which genes that do not match are divided."""

    ONE_BELOW_20 = "one_below_20"  # genes of the larger genome, 1 if both have fewer than 20: the paper
    ONE = "one"  # 1: the released code of NEAT
    LESS_PORTS = "less_ports"  # 1 + genes of the larger genome - inputs - outputs: prettyNEAT


@kernel
def distance(
    genes: int,
    innovation: Any,
    weight: Any,
    others: int,
    other_innovation: Any,
    other_weight: Any,
    coefficients: Any,
    below: int,
    less: int,
) -> float:
    """The distance of two genomes, given by their genes' numbers and weights rising by number.

    `coefficients` are c1, c2, c3; N is 1 below `below` genes, and counts `less` than the larger genome.
    """
    own = other = matching = disjoint = 0
    apart = 0.0
    while own < genes and other < others:
        if innovation[own] == other_innovation[other]:
            apart += abs(weight[own] - other_weight[other])
            matching += 1
            own += 1
            other += 1
        elif innovation[own] < other_innovation[other]:
            disjoint += 1
            own += 1
        else:
            disjoint += 1
            other += 1
    excess = genes - own + others - other
    larger = max(genes, others)
    size = 1 if larger < below else max(1, larger - less)
    mean = apart / matching if matching > 0 else 0.0
    return float((coefficients[0] * excess + coefficients[1] * disjoint) / size + coefficients[2] * mean)


def aligned(genomes: Genomes) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Genes of each row, and their innovation numbers and weights rising by innovation."""
    columns = genomes.by_innovation()
    innovation = np.take_along_axis(genomes.innovation, columns, axis=1)
    return genomes.edges, innovation, np.take_along_axis(genomes.weight, columns, axis=1)
