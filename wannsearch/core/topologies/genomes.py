"""Networks as they are inherited: the arrays of `Population` over all genes, and what marks a gene.

Disabled genes climb too (source < target), or enabling one could close a cycle. Hidden slots are
kept sorted by layer: bias and inputs are layer 0, a hidden node is one more than the highest layer
that has a gene, enabled or not, into it. So a gene into a later layer always climbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Int, Population


@dataclass(frozen=True)
class Genomes:
    """P genomes. What lies behind `nodes` and `edges` of a row is padding and means nothing."""

    nodes: Int  # (P,) slots in use
    activation: npt.NDArray[np.int8]  # (P, N)
    node_id: Int  # (P, N) name of a node through the whole run
    edges: Int  # (P,) genes in use
    source: Int  # (P, E)
    target: Int  # (P, E) rising along the row
    weight: npt.NDArray[np.float64]  # (P, E)
    enabled: npt.NDArray[np.bool_]  # (P, E)
    innovation: npt.NDArray[np.int64]  # (P, E) name of a gene through the whole run

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, rows: npt.NDArray[Any], nodes: int = 0, genes: int = 0) -> Genomes:
        """The genomes of these rows, in this order, each with room for so many more; always a copy.

        Padding that nobody needs is left behind, so the copy that operators change in place is the only
        one a generation makes.
        """
        rows = np.asarray(rows, np.int64)
        used = {"nodes": self.nodes[rows], "edges": self.edges[rows]}
        width = {"nodes": used["nodes"].max() + nodes, "edges": max(1, used["edges"].max() + genes)}
        parts: dict[str, npt.NDArray[Any]] = dict(used)
        for name, counted in _COUNTED.items():
            values = getattr(self, name)
            parts[name] = np.empty((len(rows), width[counted]), values.dtype)
            _copy_rows(values, rows, used[counted], parts[name])
        return Genomes(**parts)

    def copied(self, nodes: int = 0, genes: int = 0) -> Genomes:
        """All genomes, taken."""
        return self.take(np.arange(len(self)), nodes, genes)

    def followed_by(self, others: Genomes) -> Genomes:
        """These genomes, then those, in arrays wide enough for both."""
        count = len(self)
        parts: dict[str, npt.NDArray[Any]] = {}
        for name in ("nodes", "edges", *_COUNTED):
            first, then = getattr(self, name), getattr(others, name)
            width = [max(first.shape[1], then.shape[1])] if name in _COUNTED else []
            part = np.zeros((count + len(others), *width), first.dtype)
            if width:
                part[:count, : first.shape[1]], part[count:, : then.shape[1]] = first, then
            else:
                part[:count], part[count:] = first, then
            parts[name] = part
        return Genomes(**parts)

    def assert_room(self, rows: npt.NDArray[Any], nodes: int | Int = 0, genes: int | Int = 0) -> None:
        """Fail unless each of these rows has so many free; a kernel would write beyond it unnoticed."""
        slots, columns = self.activation.shape[1], self.source.shape[1]
        assert (self.nodes[rows] + nodes <= slots).all(), "no room for another node"
        assert (self.edges[rows] + genes <= columns).all(), "no room for another gene"

    def genes_in_use(self) -> npt.NDArray[np.bool_]:
        """(P, E): which columns are genes and not padding."""
        return np.arange(self.source.shape[1]) < self.edges[:, None]

    def by_innovation(self) -> Int:
        """(P, E) the columns of each row's genes, rising by innovation; behind them zeros."""
        columns = np.zeros(self.innovation.shape, np.int32)
        _sort_columns(self.edges, self.innovation, columns)
        return columns

    def check(self, ports: Ports) -> None:
        """Raise ConfigError for arrays that are no genomes."""
        genes = Population(self.nodes, self.activation, self.edges, self.source, self.target, self.weight)
        genes.check(ports, doubles=True)
        for name, like in (("node_id", "activation"), ("enabled", "source"), ("innovation", "source")):
            if getattr(self, name).shape != getattr(self, like).shape:
                raise ConfigError(f"{name} has the shape {getattr(self, name).shape}, unlike {like}.")

    def expressed(self, ports: Ports, keep_hidden: bool = False) -> Population:
        """The networks these genomes build: their enabled genes.

        `keep_hidden` expresses every gene between hidden nodes, disabled or not, as the published
        code does (quirk Q2): splitting such a connection leaves the old one as a shortcut.
        """
        live = np.empty(self.source.shape, np.bool_)
        edges = np.empty(len(self), np.int32)
        _mark_live(
            self.nodes - np.int32(ports.outputs),
            self.edges,
            self.source,
            self.target,
            self.enabled,
            ports.first_hidden,
            keep_hidden,
            live,
            edges,
        )
        width = max(1, int(edges.max()))

        def packed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
            front = np.empty((len(self), width), values.dtype)
            _pack(values, live, edges, front)
            return front

        return Population(
            self.nodes.copy(),
            self.activation[:, : int(self.nodes.max())].copy(),
            edges,
            packed(self.source),
            packed(self.target),
            packed(self.weight),
        )


_COUNTED = {
    "activation": "nodes",
    "node_id": "nodes",
    "source": "edges",
    "target": "edges",
    "weight": "edges",
    "enabled": "edges",
    "innovation": "edges",
}
"""Which count says how much of a row of this array is in use."""


@kernel
def _copy_rows(values: Any, rows: Any, used: Any, copied: Any) -> None:
    """Row by row what is in use, and zeros behind it."""
    for place in range(len(rows)):
        row, width = rows[place], used[place]
        for column in range(width):
            copied[place, column] = values[row, column]
        for column in range(width, copied.shape[1]):
            copied[place, column] = 0


@kernel
def _sort_columns(edges: Any, innovation: Any, columns: Any) -> None:
    """By insertion: rows are short, and this needs no room of its own."""
    for row in range(len(edges)):
        for gene in range(edges[row]):
            place = gene
            while place > 0 and innovation[row, columns[row, place - 1]] > innovation[row, gene]:
                columns[row, place] = columns[row, place - 1]
                place -= 1
            columns[row, place] = gene


@kernel
def _mark_live(
    first_output: Any,
    genes: Any,
    source: Any,
    target: Any,
    enabled: Any,
    first_hidden: int,
    keep_hidden: bool,
    live: Any,
    edges: Any,
) -> None:
    """Mark and count the genes that are expressed; marks of padding are left unwritten."""
    for row in range(len(genes)):
        count = 0
        for gene in range(genes[row]):
            hidden = source[row, gene] >= first_hidden and target[row, gene] < first_output[row]
            live[row, gene] = enabled[row, gene] or (keep_hidden and hidden)
            count += live[row, gene]
        edges[row] = count


@kernel
def _pack(values: Any, live: Any, edges: Any, packed: Any) -> None:
    """What is live to the front of its row, and zeros behind it; written without a branch."""
    for row in range(len(edges)):
        column = gene = 0
        while column < edges[row]:
            packed[row, column] = values[row, gene]
            column += live[row, gene]
            gene += 1
        for padding in range(column, packed.shape[1]):
            packed[row, padding] = 0


def minimal(ports: Ports, enabled: npt.NDArray[np.bool_], activation: int) -> Genomes:
    """Genomes without hidden nodes that hold every gene from bias and inputs to the outputs.

    `enabled` is (P, (I + 1) * O), output by output; genes and nodes are named in that order.
    """
    count, genes = enabled.shape
    slots = 1 + ports.inputs + ports.outputs
    source = np.tile(np.arange(1 + ports.inputs), ports.outputs)
    target = np.repeat(np.arange(ports.first_hidden, slots), 1 + ports.inputs)

    def rows(values: Any, dtype: Any) -> npt.NDArray[Any]:
        return np.tile(np.asarray(values, dtype), (count, 1))

    return Genomes(
        nodes=np.full(count, slots, np.int32),
        activation=rows([activation] * slots, np.int8),
        node_id=rows(np.arange(slots), np.int32),
        edges=np.full(count, genes, np.int32),
        source=rows(source, np.int32),
        target=rows(target, np.int32),
        weight=rows(np.ones(genes), np.float64),
        enabled=enabled.copy(),
        innovation=rows(np.arange(genes), np.int64),
    )
