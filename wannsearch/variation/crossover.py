"""Crossover: the genes of two parents, aligned by their innovation numbers.

Stanley & Miikkulainen (2002), section 3.2. Genes with the same number match. The child has the
matching genes with the weight of either parent at random, or with the mean of both, and what does
not match, disjoint or excess, from the fitter parent. A matching gene that is disabled in either
parent is disabled in the child with the chance `keep_disabled_probability`; any other gene keeps its flag, as
in the released code.

Of parents that are equally fit, each gene that does not match is inherited at random from the parent
that has it (figure 4). Two acyclic parents may so give a cycle, or two genes between the same nodes;
a gene of the second parent that would is left out, in the order of innovation numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from wannsearch.core.arrays import Array, BoolArray, FloatArray, IntArray
from wannsearch.core.errors import check_between
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_uniform
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes
from wannsearch.variation.genes import sort_genes
from wannsearch.variation.merge_genomes import merge_genomes


class EqualFitness(str, Enum):
    """Whose unmatched genes a child of equally fit parents has."""

    RANDOM = "random"  # either's, each gene by a coin
    SMALLER = "smaller"  # those of the parent with fewer genes, as the released code
    FIRST = "first"  # those of the parent that was drawn first


@dataclass(frozen=True)
class CrossoverSettings:
    """How the genes of two parents become a child's."""

    average_probability: float  # chance that matching weights are averaged instead of picked
    keep_disabled_probability: float | None  # None: flags are those of the fitter parent
    equal_fitness: EqualFitness
    skip_mutation_probability: float  # chance that a child of two parents is not mutated

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("average_probability", "keep_disabled_probability", "skip_mutation_probability"):
            check_between(f"method.crossover.{name}", getattr(self, name), 0, 1)


@kernel
def _cross_rows(
    rows: Any,
    other_rows: Any,
    is_merged: Any,
    average_probability: float,
    keep_disabled_probability: float,
    first_hidden: int,
    outputs: int,
    key: Any,
    purpose: int,
    nodes: Any,
    activation: Any,
    node_id: Any,
    edges: Any,
    source: Any,
    target: Any,
    weight: Any,
    enabled: Any,
    innovation: Any,
    columns: Any,
    other_nodes: Any,
    other_activation: Any,
    other_node_id: Any,
    other_edges: Any,
    other_source: Any,
    other_target: Any,
    other_weight: Any,
    other_enabled: Any,
    other_innovation: Any,
    other_columns: Any,
) -> None:
    for pair in range(len(rows)):
        row, other_row = rows[pair], other_rows[pair]
        is_averaged = sample_uniform(key[0], key[1], row, purpose, 0) < average_probability
        keep_own = np.ones(edges[row], np.bool_)
        take_other = np.zeros(other_edges[other_row], np.bool_)
        gene = other_gene = 0
        while gene < edges[row] or other_gene < other_edges[other_row]:
            draw = 1 + 2 * (gene + other_gene)
            column, other_column = columns[row, min(gene, edges[row] - 1)], -1
            if other_gene < other_edges[other_row]:
                other_column = other_columns[other_row, other_gene]
            is_exhausted = gene == edges[row]
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
                if is_merged[pair]:
                    keep_own[column] = sample_uniform(key[0], key[1], row, purpose, draw) < 0.5
                gene += 1
            else:
                if is_merged[pair]:
                    take_other[other_column] = sample_uniform(key[0], key[1], row, purpose, draw) < 0.5
                other_gene += 1
        if is_merged[pair]:
            nodes[row], edges[row] = merge_genomes(
                keep_own,
                take_other,
                other_columns[other_row],
                first_hidden,
                outputs,
                nodes[row],
                activation[row],
                node_id[row],
                source[row],
                target[row],
                weight[row],
                enabled[row],
                innovation[row],
                other_nodes[other_row],
                other_activation[other_row],
                other_node_id[other_row],
                other_source[other_row],
                other_target[other_row],
                other_weight[other_row],
                other_enabled[other_row],
                other_innovation[other_row],
            )
            sort_genes(edges[row], source[row], target[row], weight[row], enabled[row], innovation[row])


def cross_in_place(
    genomes: Genomes,
    rows: IntArray,
    parents: Genomes,
    other_rows: IntArray,
    is_merged: BoolArray,
    ports: Ports,
    settings: CrossoverSettings,
    rng: Stream,
) -> None:
    """Cross these rows (C,), copies of their fitter parents, with the rows `other` (C,) of `parents`.

    Where `joins` (C,) the parents are equally fit and unmatched genes come from both: such a row needs
    room for all hidden nodes and genes of the other parent.
    """
    merged_rows, merged_other_rows = rows[is_merged], other_rows[is_merged]
    num_other_hidden = parents.nodes[merged_other_rows] - ports.first_hidden - ports.outputs
    genomes.assert_room(
        merged_rows, extra_nodes=num_other_hidden, extra_genes=parents.edges[merged_other_rows]
    )
    _cross_rows(
        rows,
        other_rows,
        is_merged,
        settings.average_probability,
        -1.0 if settings.keep_disabled_probability is None else settings.keep_disabled_probability,
        ports.first_hidden,
        ports.outputs,
        rng.key,
        rng.purpose,
        *_kernel_arrays(genomes),
        *_kernel_arrays(parents),
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
    """Children of these rows (C,), copies where `second` is -1, and (C, 2) their parents, the fitter first.

    `measure` (P,) says how fit a row is. Every child has room for one node and three genes more.
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
    cross_in_place(children, rows, genomes, other_rows, is_merged, ports, settings, rng)
    return children, parent_rows


def _kernel_arrays(genomes: Genomes) -> tuple[Array, ...]:
    return (
        genomes.nodes,
        genomes.activation,
        genomes.node_id,
        genomes.edges,
        genomes.source,
        genomes.target,
        genomes.weight,
        genomes.enabled,
        genomes.innovation,
        genomes.argsort_by_innovation(),
    )
