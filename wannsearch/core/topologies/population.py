"""Networks as they are evaluated: parallel arrays that lead with P.

Slots run bias (slot 0), inputs, hidden, outputs, packed to the front of the row. Every edge has
source < target; that alone excludes cycles, and one pass over the slots is a forward pass. A node
without incoming edges outputs activation(0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from wannsearch.core.activations import ACTIVATION_NAMES
from wannsearch.core.arrays import Array, BoolArray, FloatArray, Int8Array, Int32Array, IntArray
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports


@dataclass(frozen=True)
class Population:
    """A population is P networks. Columns at or beyond `nodes` and `edges` of a row are padding."""

    nodes: Int32Array  # (P,) slots in use
    activation: Int8Array  # (P, N) ids from activations.py; ignored in slots of bias and inputs
    edges: Int32Array  # (P,) columns in use
    source: Int32Array  # (P, E) slot the edge leaves
    target: Int32Array  # (P, E) slot it enters, rising along the row
    weight: FloatArray  # (P, E)

    kind: ClassVar[str] = "wannsearch.kinds.topology.TopologyKind"

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, rows: Array | Sequence[int]) -> Population:
        """Return the networks of these rows, in this order."""
        return Population(*(getattr(self, field.name)[rows] for field in fields(self)))

    def to_arrays(self) -> dict[str, Array]:
        """Return all arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def from_arrays(self, arrays: Mapping[str, Array]) -> Population:
        """Return the networks in these arrays, which have the names of `to_arrays`; they are unchecked."""
        return Population(**arrays)

    @classmethod
    def concatenate(cls, batches: Sequence[Population]) -> Population:
        """Concatenate at least one population, in order, padded with zeros to the widest one."""
        num_slots = max(networks.activation.shape[1] for networks in batches)
        num_columns = max(networks.source.shape[1] for networks in batches)

        def concatenate_padded(name: str, width: int) -> Array:
            arrays = [getattr(networks, name) for networks in batches]
            return np.concatenate([np.pad(array, ((0, 0), (0, width - array.shape[1]))) for array in arrays])

        return Population(
            np.concatenate([networks.nodes for networks in batches]),
            concatenate_padded("activation", num_slots),
            np.concatenate([networks.edges for networks in batches]),
            concatenate_padded("source", num_columns),
            concatenate_padded("target", num_columns),
            concatenate_padded("weight", num_columns),
        )

    def edge_mask(self) -> BoolArray:
        """Return the (P, E) bool mask of the columns that are edges and not padding."""
        return np.arange(self.source.shape[1]) < self.edges[:, None]

    def count_hidden(self, ports: Ports) -> Int32Array:
        """Return the (P,) int32 number of hidden nodes of each network."""
        hidden_counts: Int32Array = self.nodes - np.int32(1 + ports.inputs + ports.outputs)
        return hidden_counts

    def sizes(self, ports: Ports) -> dict[str, Array]:
        """Map two column names to (P,) values; the first one orders equal scores in `ranking.csv`."""
        return {"connections": self.edges, "hidden": self.count_hidden(ports)}

    def complexity(self, ports: Ports) -> IntArray:
        """Return the (P,) int64 number of connections that lead to an output; fewer are simpler."""
        rows = np.arange(len(self))
        slots = np.arange(self.activation.shape[1])
        reaches_output = (slots >= self.nodes[:, None] - ports.outputs) & (
            slots < self.nodes[:, None]
        )  # (P, N)
        edge_mask = self.edge_mask()
        counts = np.zeros(len(self), np.int64)
        # Targets rise along a row, so this loop meets the edges out of a node before those into it.
        for column in range(self.source.shape[1] - 1, -1, -1):
            is_live = edge_mask[:, column] & reaches_output[rows, self.target[:, column]]
            reaches_output[rows[is_live], self.source[is_live, column]] = True
            counts += is_live
        return counts

    def _has_parallel_edges(self) -> BoolArray:
        """Return the (P,) bool mask of the networks that have two edges between the same slots."""
        stride = self.activation.shape[1] + 1
        pair_ids = self.target.astype(np.int64) * stride + self.source
        padding_ids = -1 - np.arange(pair_ids.shape[1])  # unique, so that padding never counts as parallel
        pair_ids = np.sort(np.where(self.edge_mask(), pair_ids, padding_ids), axis=1)
        return np.asarray((np.diff(pair_ids, axis=1) == 0).any(axis=1))

    def check(self, ports: Ports, allow_parallel_edges: bool = False) -> None:
        """Raise ConfigError for arrays that do not fit each other, or for a network that breaks a rule.

        The rules are those of this module, with known activations, edges that rise by target, and no two
        edges between the same slots, unless `allow_parallel_edges` is set. Weights may be anything.
        """
        num_networks, node_shape, edge_shape = len(self), self.activation.shape[1:], self.source.shape[1:]
        shapes = {
            "activation": node_shape,
            "edges": (),
            "source": edge_shape,
            "target": edge_shape,
            "weight": edge_shape,
        }
        for name, row_shape in {"nodes": (), **shapes}.items():
            if (
                getattr(self, name).shape != (num_networks, *row_shape)
                or len(node_shape) != 1
                or len(edge_shape) != 1
            ):
                raise ConfigError(
                    f"{name} of {num_networks} networks has the shape {getattr(self, name).shape}; "
                    "all arrays must lead with the networks and agree."
                )
        min_nodes = 1 + ports.inputs + ports.outputs
        edge_mask = self.edge_mask()
        slots = np.arange(self.activation.shape[1])
        computed_mask = (slots >= ports.first_hidden) & (slots < self.nodes[:, None])
        rules = [
            (self.nodes < min_nodes, f"has fewer than the {min_nodes} nodes that the task's ports need"),
            (self.nodes > self.activation.shape[1], "has more nodes than slots"),
            (
                (self.edges < 0) | (self.edges > self.source.shape[1]),
                "has more edges than columns, or fewer than none",
            ),
            (
                (computed_mask & ~np.isin(self.activation, list(ACTIVATION_NAMES))).any(1),
                "has an unknown activation",
            ),
            ((edge_mask & (self.source < 0)).any(1), "has an edge from nowhere"),
            ((edge_mask & (self.source >= self.target)).any(1), "has an edge that does not climb"),
            ((edge_mask & (self.target < ports.first_hidden)).any(1), "has an edge into bias or input"),
            ((edge_mask & (self.target >= self.nodes[:, None])).any(1), "has an edge into an unused slot"),
            (
                (edge_mask & (self.source >= self.nodes[:, None] - ports.outputs)).any(1),
                "has an edge out of an output",
            ),
            (((np.diff(self.target, axis=1) < 0) & edge_mask[:, 1:]).any(1), "has edges out of order"),
            (self._has_parallel_edges() & (not allow_parallel_edges), "has the same edge twice"),
        ]
        for violations, message in rules:
            if violations.any():
                raise ConfigError(f"network {int(np.argmax(violations))} {message}.")
