"""Networks as they are inherited: the arrays of `Population` over all genes, and what marks a gene.

Disabled genes climb too (source < target), or enabling one could close a cycle. Hidden slots are
kept sorted by layer: bias and inputs are layer 0, a hidden node is one more than the highest layer
that has a gene, enabled or not, into it. So a gene into a later layer always climbs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.population import Int, Population
from wannsearch.core.ports import Ports


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

    def take(self, rows: npt.NDArray[Any]) -> Genomes:
        """The genomes of these rows, in this order; always a copy."""
        return Genomes(*(np.take(getattr(self, field.name), rows, axis=0) for field in fields(self)))

    def resized(self, slots: int, columns: int) -> Genomes:
        """The same genomes with room for this many nodes and genes; always a copy."""
        parts: dict[str, npt.NDArray[Any]] = {}
        for field in fields(self):
            values = getattr(self, field.name)
            if values.ndim == 1:
                parts[field.name] = values.copy()
                continue
            width = slots if field.name in ("activation", "node_id") else columns
            kept = min(width, values.shape[1])
            parts[field.name] = np.zeros((len(values), width), values.dtype)
            parts[field.name][:, :kept] = values[:, :kept]
        return Genomes(**parts)

    def trimmed(self) -> Genomes:
        """The same genomes without columns that nobody uses."""
        return self.resized(int(self.nodes.max()), max(1, int(self.edges.max())))

    def genes_in_use(self) -> npt.NDArray[np.bool_]:
        """(P, E): which columns are genes and not padding."""
        return np.arange(self.source.shape[1]) < self.edges[:, None]

    def expressed(self, ports: Ports, keep_hidden: bool = False) -> Population:
        """The networks these genomes build: their enabled genes.

        `keep_hidden` expresses every gene between hidden nodes, disabled or not, as the published
        code does (quirk Q2): splitting such a connection leaves the old one as a shortcut.
        """
        in_use = self.genes_in_use()
        live = self.enabled & in_use
        if keep_hidden:
            first_output = (self.nodes - ports.outputs)[:, None]
            hidden = (self.source >= ports.first_hidden) & (self.target < first_output)
            live = live | (hidden & in_use)
        edges = live.sum(axis=1, dtype=np.int32)
        width = max(1, int(edges.max()))
        front = np.argsort(~live, axis=1, kind="stable")[:, :width]
        used = np.arange(width) < edges[:, None]

        def packed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
            chosen: npt.NDArray[Any] = np.take_along_axis(values, front, axis=1)
            return np.where(used, chosen, np.zeros((), values.dtype))

        return Population(
            self.nodes.copy(),
            self.activation.copy(),
            edges,
            packed(self.source),
            packed(self.target),
            packed(self.weight),
        )


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
