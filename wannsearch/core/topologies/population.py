"""Networks as they are played: parallel arrays that lead with P.

Slots run bias (slot 0), inputs, hidden, outputs, packed to the front of the row. Every edge climbs,
source < target; that is the whole check against cycles, and one pass over the slots is a forward
pass. A node without incoming edges outputs activation(0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.activations import NAMES
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports

Int = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Population:
    """P networks. What lies behind `nodes` and `edges` of a row is padding and means nothing."""

    nodes: Int  # (P,) slots in use
    activation: npt.NDArray[np.int8]  # (P, N) ids from activations.py; of bias and inputs ignored
    edges: Int  # (P,) columns in use
    source: Int  # (P, E) slot the edge leaves
    target: Int  # (P, E) slot it enters, rising along the row
    weight: npt.NDArray[np.float64]  # (P, E)

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, rows: npt.NDArray[Any] | Sequence[int]) -> Population:
        """The networks of these rows, in this order."""
        return Population(*(getattr(self, field.name)[rows] for field in fields(self)))

    def edges_in_use(self) -> npt.NDArray[np.bool_]:
        """(P, E): which columns are edges and not padding."""
        return np.arange(self.source.shape[1]) < self.edges[:, None]

    def hidden(self, ports: Ports) -> Int:
        """(P,) hidden nodes of each network."""
        hidden: Int = self.nodes - np.int32(1 + ports.inputs + ports.outputs)
        return hidden

    def sizes(self, ports: Ports) -> dict[str, npt.NDArray[Any]]:
        """Column name -> (P,); of two that score the same, the one with less of the first ranks higher."""
        return {"connections": self.edges, "hidden": self.hidden(ports)}

    def complexity(self, ports: Ports) -> npt.NDArray[np.int64]:
        """(P,) what makes the simpler of two equals: its connections, less those that reach no output."""
        rows = np.arange(len(self))
        slots = np.arange(self.activation.shape[1])
        needed = (slots >= self.nodes[:, None] - ports.outputs) & (slots < self.nodes[:, None])  # (P, N)
        used = self.edges_in_use()
        count = np.zeros(len(self), np.int64)
        # Targets rise along a row: when an edge is met from behind, its target is settled.
        for column in range(self.source.shape[1] - 1, -1, -1):
            reaches = used[:, column] & needed[rows, self.target[:, column]]
            needed[rows[reaches], self.source[reaches, column]] = True
            count += reaches
        return count

    def _doubled(self) -> npt.NDArray[np.bool_]:
        """(P,): which networks have two edges between the same slots."""
        span = self.activation.shape[1] + 1
        pair = self.target.astype(np.int64) * span + self.source
        unique = -1 - np.arange(pair.shape[1])  # padding is like nothing else
        pair = np.sort(np.where(self.edges_in_use(), pair, unique), axis=1)
        return np.asarray((np.diff(pair, axis=1) == 0).any(axis=1))

    def check(self, ports: Ports, doubles: bool = False) -> None:
        """Raise ConfigError, naming the first row that breaks a rule of this page.

        `doubles` allows several edges between the same slots, as genes may have.
        """
        count, nodes, edges = len(self), self.activation.shape[1:], self.source.shape[1:]
        shapes = {"activation": nodes, "edges": (), "source": edges, "target": edges, "weight": edges}
        for name, row in {"nodes": (), **shapes}.items():
            if getattr(self, name).shape != (count, *row) or len(nodes) != 1 or len(edges) != 1:
                raise ConfigError(
                    f"{name} of {count} networks has the shape {getattr(self, name).shape}; "
                    "all arrays must lead with the networks and agree."
                )
        fixed = 1 + ports.inputs + ports.outputs
        used = self.edges_in_use()
        slots = np.arange(self.activation.shape[1])
        computed = (slots >= ports.first_hidden) & (slots < self.nodes[:, None])
        rules = [
            (self.nodes < fixed, f"has fewer than the {fixed} nodes that the task's ports need"),
            (self.nodes > self.activation.shape[1], "has more nodes than slots"),
            (
                (self.edges < 0) | (self.edges > self.source.shape[1]),
                "has more edges than columns, or fewer than none",
            ),
            ((computed & ~np.isin(self.activation, list(NAMES))).any(1), "has an unknown activation"),
            ((used & (self.source < 0)).any(1), "has an edge from nowhere"),
            ((used & (self.source >= self.target)).any(1), "has an edge that does not climb"),
            ((used & (self.target < ports.first_hidden)).any(1), "has an edge into bias or input"),
            ((used & (self.target >= self.nodes[:, None])).any(1), "has an edge into an unused slot"),
            (
                (used & (self.source >= self.nodes[:, None] - ports.outputs)).any(1),
                "has an edge out of an output",
            ),
            (((np.diff(self.target, axis=1) < 0) & used[:, 1:]).any(1), "has edges out of order"),
            (self._doubled() & (not doubles), "has the same edge twice"),
        ]
        for broken, what in rules:
            if broken.any():
                raise ConfigError(f"network {int(np.argmax(broken))} {what}.")


def stacked(networks: Sequence[Population]) -> Population:
    """One population of all these, padded to the widest."""
    slots = max(network.activation.shape[1] for network in networks)
    columns = max(network.source.shape[1] for network in networks)

    def padded(name: str, width: int) -> npt.NDArray[Any]:
        parts = [getattr(network, name) for network in networks]
        return np.concatenate([np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in parts])

    return Population(
        np.concatenate([network.nodes for network in networks]),
        padded("activation", slots),
        np.concatenate([network.edges for network in networks]),
        padded("source", columns),
        padded("target", columns),
        padded("weight", columns),
    )
