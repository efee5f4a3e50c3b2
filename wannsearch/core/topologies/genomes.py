"""Networks as they are inherited: the arrays of `Population` over all genes, with names and flags of genes.

Disabled genes climb too (source < target), or enabling one could close a cycle. Hidden slots are
kept sorted by layer: bias and inputs are layer 0, a hidden node is one more than the highest layer
that has a gene, enabled or not, into it. So a gene into a later layer always climbs.

numba compiles no dataclass. Compiled loops take the arrays as one named tuple, `GenomeArrays`, and
name a genome by that tuple and its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wannsearch.core.arrays import Array, BoolArray, FloatArray, Int8Array, Int32Array, IntArray
from wannsearch.core.errors import ConfigError
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population


class GenomeArrays(NamedTuple):
    """The arrays of `Genomes`, not copied, as one argument of a compiled function."""

    nodes: Int32Array  # (P,)
    activation: Int8Array  # (P, N)
    node_id: Int32Array  # (P, N)
    edges: Int32Array  # (P,)
    source: Int32Array  # (P, E)
    target: Int32Array  # (P, E)
    weight: FloatArray  # (P, E)
    enabled: BoolArray  # (P, E)
    innovation: IntArray  # (P, E)


@dataclass(frozen=True)
class Genomes:
    """P genomes; columns at or beyond `nodes` and `edges` of a row are padding without a meaning."""

    nodes: Int32Array  # (P,) slots in use
    activation: Int8Array  # (P, N)
    node_id: Int32Array  # (P, N) name of a node through the whole run
    edges: Int32Array  # (P,) genes in use
    source: Int32Array  # (P, E)
    target: Int32Array  # (P, E) rising along the row
    weight: FloatArray  # (P, E)
    enabled: BoolArray  # (P, E)
    innovation: IntArray  # (P, E) name of a gene through the whole run

    def __len__(self) -> int:
        return len(self.nodes)

    def to_arrays(self) -> GenomeArrays:
        """Return the arrays themselves, for compiled functions that read or change them."""
        return GenomeArrays(
            self.nodes,
            self.activation,
            self.node_id,
            self.edges,
            self.source,
            self.target,
            self.weight,
            self.enabled,
            self.innovation,
        )

    def take(self, rows: Array, extra_nodes: int = 0, extra_genes: int = 0) -> Genomes:
        """Copy the genomes of these rows (C,), in this order, with room for more nodes and genes in each.

        The copy is as wide as its longest row needs, so the copy that operators change in place is the
        only one that a generation makes. Without rows, ValueError is raised.
        """
        rows = np.asarray(rows, np.int64)
        counts = {"nodes": self.nodes[rows], "edges": self.edges[rows]}
        widths = {
            "nodes": counts["nodes"].max() + extra_nodes,
            "edges": max(1, counts["edges"].max() + extra_genes),
        }
        arrays: dict[str, Array] = dict(counts)
        for name, count_name in _COUNT_OF_ARRAY.items():
            values = getattr(self, name)
            arrays[name] = np.empty((len(rows), widths[count_name]), values.dtype)
            _copy_rows(values, rows, counts[count_name], arrays[name])
        return Genomes(**arrays)

    def copy(self, extra_nodes: int = 0, extra_genes: int = 0) -> Genomes:
        """Copy all genomes, as `take` does, with room for this many more nodes and genes in each."""
        return self.take(np.arange(len(self)), extra_nodes, extra_genes)

    def concatenate(self, other: Genomes) -> Genomes:
        """Return the P genomes of this object and then those of `other`, in arrays wide enough for both."""
        num_genomes = len(self)
        arrays: dict[str, Array] = {}
        for name in ("nodes", "edges", *_COUNT_OF_ARRAY):
            first, second = getattr(self, name), getattr(other, name)
            width = [max(first.shape[1], second.shape[1])] if name in _COUNT_OF_ARRAY else []
            array = np.zeros((num_genomes + len(other), *width), first.dtype)
            if width:
                array[:num_genomes, : first.shape[1]], array[num_genomes:, : second.shape[1]] = first, second
            else:
                array[:num_genomes], array[num_genomes:] = first, second
            arrays[name] = array
        return Genomes(**arrays)

    def assert_room(
        self, rows: Array, extra_nodes: int | Int32Array = 0, extra_genes: int | Int32Array = 0
    ) -> None:
        """Raise AssertionError unless each of these rows has this many free slots and columns.

        A compiled function would write beyond the arrays unnoticed.
        """
        num_slots, num_columns = self.activation.shape[1], self.source.shape[1]
        assert (self.nodes[rows] + extra_nodes <= num_slots).all(), "no room for another node"
        assert (self.edges[rows] + extra_genes <= num_columns).all(), "no room for another gene"

    def gene_mask(self) -> BoolArray:
        """Return (P, E) bool: True for columns that are genes, False for padding."""
        return np.arange(self.source.shape[1]) < self.edges[:, None]

    def argsort_by_innovation(self) -> Int32Array:
        """Return (P, E) columns of each row's genes, rising by innovation number, with zeros behind them."""
        columns = np.zeros(self.innovation.shape, np.int32)
        _sort_columns(self.edges, self.innovation, columns)
        return columns

    def check(self, ports: Ports) -> None:
        """Raise ConfigError for arrays that break a rule of `Population` or differ in shape.

        Genes may be parallel. Innovation numbers, node ids and layers are not checked.
        """
        gene_networks = Population(
            self.nodes, self.activation, self.edges, self.source, self.target, self.weight
        )
        gene_networks.check(ports, allow_parallel_edges=True)
        for name, reference_name in (
            ("node_id", "activation"),
            ("enabled", "source"),
            ("innovation", "source"),
        ):
            if getattr(self, name).shape != getattr(self, reference_name).shape:
                raise ConfigError(
                    f"{name} has the shape {getattr(self, name).shape}, unlike {reference_name}."
                )

    def expressed(self, ports: Ports, keep_hidden: bool = False) -> Population:
        """Build the P networks of the enabled genes.

        With `keep_hidden` every gene between hidden nodes is expressed, disabled or not, as in the
        published code (quirk Q2): splitting such a connection leaves the old one as a shortcut.
        """
        expressed_mask = np.empty(self.source.shape, np.bool_)
        edge_counts = np.empty(len(self), np.int32)
        mark_expressed_genes(
            self.to_arrays(),
            0,
            len(self),
            ports.first_hidden,
            ports.outputs,
            keep_hidden,
            expressed_mask,
            edge_counts,
        )
        width = max(1, int(edge_counts.max()))

        def pack(values: Array) -> Array:
            packed_values = np.empty((len(self), width), values.dtype)
            _pack(values, expressed_mask, edge_counts, packed_values)
            return packed_values

        return Population(
            self.nodes.copy(),
            self.activation[:, : int(self.nodes.max())].copy(),
            edge_counts,
            pack(self.source),
            pack(self.target),
            pack(self.weight),
        )


_COUNT_OF_ARRAY = {
    "activation": "nodes",
    "node_id": "nodes",
    "source": "edges",
    "target": "edges",
    "weight": "edges",
    "enabled": "edges",
    "innovation": "edges",
}
"""Array name -> the count that gives how many columns of a row are in use."""


@kernel
def _copy_rows(values: Any, rows: Any, counts: Any, copies: Any) -> None:
    """Fill `copies` with the columns in use of each row, and with zeros behind them."""
    for index in range(len(rows)):
        row, width = rows[index], counts[index]
        for column in range(width):
            copies[index, column] = values[row, column]
        for column in range(width, copies.shape[1]):
            copies[index, column] = 0


@kernel
def _sort_columns(edge_counts: Any, innovation: Any, columns: Any) -> None:
    """Fill `columns` by insertion sort, since rows are short and this allocates nothing."""
    for row in range(len(edge_counts)):
        for gene in range(edge_counts[row]):
            position = gene
            while position > 0 and innovation[row, columns[row, position - 1]] > innovation[row, gene]:
                columns[row, position] = columns[row, position - 1]
                position -= 1
            columns[row, position] = gene


@kernel
def mark_expressed_genes(
    genomes: GenomeArrays,
    first_row: int,
    end_row: int,
    first_hidden: int,
    outputs: int,
    keep_hidden: bool,
    expressed_mask: Any,
    edge_counts: Any,
) -> None:
    """Mark and count the genes that the networks of these rows have; the mask of padding is left unwritten.

    Row 0 of `expressed_mask` and of `edge_counts` is that of `first_row`. With `keep_hidden` a network has
    all genes between hidden nodes.
    """
    source, target, enabled = genomes.source, genomes.target, genomes.enabled
    for row in range(first_row, end_row):
        first_output = genomes.nodes[row] - outputs
        count = 0
        for gene in range(genomes.edges[row]):
            is_expressed = enabled[row, gene] or (
                keep_hidden and source[row, gene] >= first_hidden and target[row, gene] < first_output
            )
            expressed_mask[row - first_row, gene] = is_expressed
            count += is_expressed
        edge_counts[row - first_row] = count


@kernel
def _pack(values: Any, expressed_mask: Any, edge_counts: Any, packed_values: Any) -> None:
    """Copy the values under the mask to the front of their row, with zeros behind; no branch is taken."""
    for row in range(len(edge_counts)):
        column = gene = 0
        while column < edge_counts[row]:
            packed_values[row, column] = values[row, gene]
            column += expressed_mask[row, gene]
            gene += 1
        for padding in range(column, packed_values.shape[1]):
            packed_values[row, padding] = 0


def make_minimal_genomes(ports: Ports, enabled: BoolArray, activation_id: int) -> Genomes:
    """Make P genomes without hidden nodes that hold every gene from bias and inputs to the outputs.

    `enabled` is (P, (I + 1) * O) bool, output by output. Genes and nodes are numbered from 0 in that order.
    Every weight is 1, and every slot has the activation `activation_id`.
    """
    num_genomes, num_genes = enabled.shape
    num_slots = 1 + ports.inputs + ports.outputs
    source = np.tile(np.arange(1 + ports.inputs), ports.outputs)
    target = np.repeat(np.arange(ports.first_hidden, num_slots), 1 + ports.inputs)

    def tile_rows(values: Any, dtype: Any) -> Array:
        return np.tile(np.asarray(values, dtype), (num_genomes, 1))

    return Genomes(
        nodes=np.full(num_genomes, num_slots, np.int32),
        activation=tile_rows([activation_id] * num_slots, np.int8),
        node_id=tile_rows(np.arange(num_slots), np.int32),
        edges=np.full(num_genomes, num_genes, np.int32),
        source=tile_rows(source, np.int32),
        target=tile_rows(target, np.int32),
        weight=tile_rows(np.ones(num_genes), np.float64),
        enabled=enabled.copy(),
        innovation=tile_rows(np.arange(num_genes), np.int64),
    )
