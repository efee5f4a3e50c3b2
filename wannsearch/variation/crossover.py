"""Crossover: the genes of two parents, aligned by their innovation numbers.

Stanley & Miikkulainen (2002), section 3.2. Genes with the same number match. The child has the
matching genes with the weight of either parent at random, or with the mean of both, and what does
not match, disjoint or excess, from the fitter parent. A matching gene that is disabled in either
parent is disabled in the child with the probability `keep_disabled_probability`; any other gene keeps
its flag, as in the published code. Without that probability (None) all flags are the fitter parent's.

Of parents that are equally fit, `EqualFitness.RANDOM` inherits each gene that does not match with
probability 1/2 from the parent that has it (figure 4). So two acyclic parents may give a cycle, or two
genes between the same nodes. A gene of the second parent that would is left out, in the order of
innovation numbers (`merge_genomes`). The other options select one of the two as the fitter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, IntArray
from wannsearch.core.errors import check_between
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_uniform
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes
from wannsearch.variation.genes import GeneRow, sort_genes
from wannsearch.variation.merge_genomes import merge_genomes


class EqualFitness(str, Enum):
    """The source of genes that do not match in a child of equally fit parents."""

    RANDOM = "random"  # both parents, each gene with probability 1/2
    SMALLER = "smaller"  # the parent with fewer genes (of as many: the second), as in the published code
    FIRST = "first"  # the parent that was selected first


@dataclass(frozen=True)
class CrossoverSettings:
    """The settings `method.crossover`: how a child inherits the genes of two parents."""

    average_probability: float  # that a child averages all matching weights instead of choosing each
    keep_disabled_probability: float | None  # None: flags are those of the fitter parent
    equal_fitness: EqualFitness
    skip_mutation_probability: float  # that a child of two parents is not mutated

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("average_probability", "keep_disabled_probability", "skip_mutation_probability"):
            check_between(f"method.crossover.{name}", getattr(self, name), 0, 1)


class CrossoverPairs(NamedTuple):
    """C rows of children, copies of their fitter parents, and the rows of their other parents."""

    rows: IntArray  # (C,) of the children
    other_rows: IntArray  # (C,) of the parents
    is_merged: BoolArray  # (C,) the parents are equally fit, and genes that match nothing come from both


@kernel
def _cross_rows(
    pairs: CrossoverPairs,
    children: GenomeArrays,
    columns: Any,
    parents: GenomeArrays,
    other_columns: Any,
    average_probability: float,
    keep_disabled_probability: float,
    first_hidden: int,
    outputs: int,
    key: Any,
    purpose: int,
) -> None:
    """Cross the pairs in place; columns (P, E) are those of `children` and `parents` by innovation number."""
    rows, other_rows, is_pair_merged = pairs
    edges, weight, enabled, innovation = (
        children.edges,
        children.weight,
        children.enabled,
        children.innovation,
    )
    other_edges, other_weight = parents.edges, parents.weight
    other_enabled, other_innovation = parents.enabled, parents.innovation
    for pair in range(len(rows)):
        row, other_row, is_merged = rows[pair], other_rows[pair], is_pair_merged[pair]
        num_genes, num_other_genes = edges[row], other_edges[other_row]
        is_averaged = sample_uniform(key[0], key[1], row, purpose, 0) < average_probability
        keep_own = np.ones(num_genes, np.bool_)
        take_other = np.zeros(num_other_genes, np.bool_)
        gene = other_gene = 0
        while gene < num_genes or other_gene < num_other_genes:
            draw = 1 + 2 * (gene + other_gene)
            column, other_column = columns[row, min(gene, num_genes - 1)], -1
            if other_gene < num_other_genes:
                other_column = other_columns[other_row, other_gene]
            is_exhausted = gene == num_genes
            if (
                not is_exhausted
                and other_column >= 0
                and innovation[row, column] == other_innovation[other_row, other_column]
            ):
                if is_averaged:
                    weight[row, column] = 0.5 * (weight[row, column] + other_weight[other_row, other_column])
                elif sample_uniform(key[0], key[1], row, purpose, draw) < 0.5:
                    weight[row, column] = other_weight[other_row, other_column]
                if keep_disabled_probability >= 0.0:
                    enabled_in_both = enabled[row, column] and other_enabled[other_row, other_column]
                    coin = sample_uniform(key[0], key[1], row, purpose, draw + 1)
                    enabled[row, column] = enabled_in_both or coin >= keep_disabled_probability
                gene += 1
                other_gene += 1
            elif not is_exhausted and (
                other_column < 0 or innovation[row, column] < other_innovation[other_row, other_column]
            ):
                if is_merged:
                    keep_own[column] = sample_uniform(key[0], key[1], row, purpose, draw) < 0.5
                gene += 1
            else:
                if is_merged:
                    take_other[other_column] = sample_uniform(key[0], key[1], row, purpose, draw) < 0.5
                other_gene += 1
        if is_merged:
            merge_genomes(
                children,
                row,
                keep_own,
                parents,
                other_row,
                other_columns[other_row],
                take_other,
                first_hidden,
                outputs,
            )
            genes = GeneRow(
                children.source[row], children.target[row], weight[row], enabled[row], innovation[row]
            )
            sort_genes(genes, edges[row])


def cross_in_place(
    children: Genomes,
    parents: Genomes,
    pairs: CrossoverPairs,
    ports: Ports,
    settings: CrossoverSettings,
    rng: Stream,
) -> None:
    """Cross these rows of `children`, copies of their fitter parents, with the other rows of `parents`.

    Only weights and flags change, except in merged rows, which also get nodes and genes. Raise AssertionError
    where a merged row has no room for all hidden nodes and genes of the other parent.
    """
    merged_rows, merged_other_rows = pairs.rows[pairs.is_merged], pairs.other_rows[pairs.is_merged]
    num_other_hidden = parents.nodes[merged_other_rows] - ports.first_hidden - ports.outputs
    children.assert_room(
        merged_rows, extra_nodes=num_other_hidden, extra_genes=parents.edges[merged_other_rows]
    )
    _cross_rows(
        pairs,
        children.to_arrays(),
        children.argsort_by_innovation(),
        parents.to_arrays(),
        parents.argsort_by_innovation(),
        settings.average_probability,
        -1.0 if settings.keep_disabled_probability is None else settings.keep_disabled_probability,
        ports.first_hidden,
        ports.outputs,
        rng.key,
        rng.purpose,
    )


def cross_parents(
    genomes: Genomes,
    first_parents: IntArray,
    second_parents: IntArray,
    ranking_scores: FloatArray,
    ports: Ports,
    settings: CrossoverSettings,
    rng: Stream,
) -> tuple[Genomes, IntArray]:
    """Return the C children of these parent rows (C,), and their parents (C, 2), the fitter first.

    Where `second_parents` is -1 a child is a copy of its first parent. The parent with the higher of
    `ranking_scores` (P,) is the fitter; `settings.equal_fitness` decides between equal ones. Every child has
    room for one node and three genes more.
    """
    rows = np.flatnonzero(second_parents >= 0)
    first_rows, second_rows = first_parents[rows], second_parents[rows]
    is_equally_fit = ranking_scores[first_rows] == ranking_scores[second_rows]
    is_second_smaller = is_equally_fit & (genomes.edges[second_rows] <= genomes.edges[first_rows])
    is_swapped = ranking_scores[second_rows] > ranking_scores[first_rows]
    if settings.equal_fitness is EqualFitness.SMALLER:
        is_swapped |= is_second_smaller
    fitter_rows, other_rows = (
        np.where(is_swapped, second_rows, first_rows),
        np.where(is_swapped, first_rows, second_rows),
    )
    is_merged = is_equally_fit & (first_rows != second_rows) & (settings.equal_fitness is EqualFitness.RANDOM)
    parent_rows = np.column_stack([first_parents, second_parents])
    parent_rows[rows] = np.column_stack([fitter_rows, other_rows])
    merged_other_rows = other_rows[is_merged]
    num_other_hidden = genomes.nodes[merged_other_rows] - ports.first_hidden - ports.outputs
    children = genomes.take(
        parent_rows[:, 0],
        extra_nodes=1 + int(num_other_hidden.max(initial=0)),
        extra_genes=3 + int(genomes.edges[merged_other_rows].max(initial=0)),
    )
    cross_in_place(children, genomes, CrossoverPairs(rows, other_rows, is_merged), ports, settings, rng)
    return children, parent_rows
