"""Crossover: the genes of two parents, aligned by their innovation numbers.

Stanley & Miikkulainen (2002), section 3.2. Genes with the same number match. The child has the
matching genes with the weight of either parent at random, or with the mean of both, and what does
not match, disjoint or excess, from the fitter parent. A matching gene that is disabled in either
parent is disabled in the child with the chance `stays_disabled`; any other gene keeps its flag, as
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
import numpy.typing as npt

from wannsearch.core.errors import between
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import uniform
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes
from wannsearch.variation.genes import sort_genes
from wannsearch.variation.merge_genomes import joined


class EqualFitness(str, Enum):
    """Whose unmatched genes a child of equally fit parents has."""

    RANDOM = "random"  # either's, each gene by a coin
    SMALLER = "smaller"  # those of the parent with fewer genes, as the released code
    FIRST = "first"  # those of the parent that was drawn first


@dataclass(frozen=True)
class Crossing:
    """How the genes of two parents become a child's."""

    average: float  # chance that matching weights are averaged instead of picked
    stays_disabled: float | None  # None: flags are those of the fitter parent
    equal_fitness: EqualFitness
    unmutated: float  # chance that a child of two parents is not mutated

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("average", "stays_disabled", "unmutated"):
            between(f"method.crossing.{name}", getattr(self, name), 0, 1)


@kernel
def _cross(
    rows: Any,
    other: Any,
    joins: Any,
    average: float,
    stays_disabled: float,
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
    their_nodes: Any,
    their_activation: Any,
    their_node_id: Any,
    their_edges: Any,
    their_source: Any,
    their_target: Any,
    their_weight: Any,
    their_enabled: Any,
    their_innovation: Any,
    their_columns: Any,
) -> None:
    for place in range(len(rows)):
        row, mate = rows[place], other[place]
        averaged = uniform(key[0], key[1], row, purpose, 0) < average
        keeps = np.ones(edges[row], np.bool_)
        gives = np.zeros(their_edges[mate], np.bool_)
        own = theirs = 0
        while own < edges[row] or theirs < their_edges[mate]:
            draw = 1 + 2 * (own + theirs)
            column, match = columns[row, min(own, edges[row] - 1)], -1
            if theirs < their_edges[mate]:
                match = their_columns[mate, theirs]
            ends = own == edges[row]
            if not ends and match >= 0 and innovation[row, column] == their_innovation[mate, match]:
                if averaged:
                    weight[row, column] = 0.5 * (weight[row, column] + their_weight[mate, match])
                elif uniform(key[0], key[1], row, purpose, draw) < 0.5:
                    weight[row, column] = their_weight[mate, match]
                if stays_disabled >= 0.0:
                    both = enabled[row, column] and their_enabled[mate, match]
                    coin = uniform(key[0], key[1], row, purpose, draw + 1)
                    enabled[row, column] = both or coin >= stays_disabled
                own += 1
                theirs += 1
            elif not ends and (match < 0 or innovation[row, column] < their_innovation[mate, match]):
                if joins[place]:
                    keeps[column] = uniform(key[0], key[1], row, purpose, draw) < 0.5
                own += 1
            else:
                if joins[place]:
                    gives[match] = uniform(key[0], key[1], row, purpose, draw) < 0.5
                theirs += 1
        if joins[place]:
            nodes[row], edges[row] = joined(
                keeps,
                gives,
                their_columns[mate],
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
                their_nodes[mate],
                their_activation[mate],
                their_node_id[mate],
                their_source[mate],
                their_target[mate],
                their_weight[mate],
                their_enabled[mate],
                their_innovation[mate],
            )
            sort_genes(edges[row], source[row], target[row], weight[row], enabled[row], innovation[row])


def crossover_in_place(
    genomes: Genomes,
    rows: npt.NDArray[np.int64],
    parents: Genomes,
    other: npt.NDArray[np.int64],
    joins: npt.NDArray[np.bool_],
    ports: Ports,
    how: Crossing,
    rng: Stream,
) -> None:
    """Cross these rows (C,), copies of their fitter parents, with the rows `other` (C,) of `parents`.

    Where `joins` (C,) the parents are equally fit and unmatched genes come from both: such a row needs
    room for all hidden nodes and genes of the other parent.
    """
    both, mates = rows[joins], other[joins]
    hidden = parents.nodes[mates] - ports.first_hidden - ports.outputs
    genomes.assert_room(both, nodes=hidden, genes=parents.edges[mates])
    _cross(
        rows,
        other,
        joins,
        how.average,
        -1.0 if how.stays_disabled is None else how.stays_disabled,
        ports.first_hidden,
        ports.outputs,
        rng.key,
        rng.purpose,
        *_arrays(genomes),
        *_arrays(parents),
    )


def crossed(
    genomes: Genomes,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    measure: npt.NDArray[np.float64],
    ports: Ports,
    how: Crossing,
    rng: Stream,
) -> tuple[Genomes, npt.NDArray[np.int64]]:
    """Children of these rows (C,), copies where `second` is -1, and (C, 2) their parents, the fitter first.

    `measure` (P,) says how fit a row is. Every child has room for one node and three genes more.
    """
    rows = np.flatnonzero(second >= 0)
    one, two = first[rows], second[rows]
    equal = measure[one] == measure[two]
    smaller = equal & (genomes.edges[two] <= genomes.edges[one])
    swap = measure[two] > measure[one]
    if how.equal_fitness is EqualFitness.SMALLER:
        swap |= smaller
    fitter, other = np.where(swap, two, one), np.where(swap, one, two)
    joins = equal & (one != two) & (how.equal_fitness is EqualFitness.RANDOM)
    parents = np.column_stack([first, second])
    parents[rows] = np.column_stack([fitter, other])
    mates = other[joins]
    hidden = genomes.nodes[mates] - ports.first_hidden - ports.outputs
    children = genomes.take(
        parents[:, 0],
        nodes=1 + int(hidden.max(initial=0)),
        genes=3 + int(genomes.edges[mates].max(initial=0)),
    )
    crossover_in_place(children, rows, genomes, other, joins, ports, how, rng)
    return children, parents


def _arrays(genomes: Genomes) -> tuple[npt.NDArray[Any], ...]:
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
        genomes.by_innovation(),
    )
