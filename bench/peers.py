"""Other ways to evaluate networks in the swing-up, written as well as their libraries allow.

All share the task's own `lane_step` (`LaneMath` is NumPy's; torch and plain Python get an adapter), so
only the forward pass differs. Lanes run weight by weight, as in `Scores`.

    NumPy     networks of equal topology, all their lanes at once: values[node][lane]
    torch     networks of any topology: nodes sorted by depth, padded matrices, one bmm a depth
    neat      neat-python's FeedForwardNetwork, one lane at a time; its `response` is the shared weight
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.core.topologies.population import Population

Lanes = np.ndarray[Any, Any]


def activation_functions(m: Any) -> dict[int, Callable[[Any], Any]]:
    """Return the formulas of activation ids 1 to 10, from the functions of a library."""
    return {
        1: lambda x: x,
        2: m.step,
        3: lambda x: m.sin(math.pi * x),
        4: lambda x: m.exp(-0.5 * (x * x)),
        5: m.tanh,
        6: lambda x: 0.5 * m.tanh(0.5 * x) + 0.5,
        7: lambda x: -x,
        8: m.abs,
        9: m.relu,
        10: lambda x: m.cos(math.pi * x),
    }


def sources_by_node(network: Population, row: int) -> list[list[int]]:
    """Return the list of the source slots of each node of one network, in the order of its edges."""
    sources_of: list[list[int]] = [[] for _ in range(int(network.nodes[row]))]
    num_edges = int(network.edges[row])
    for source, target in zip(network.source[row, :num_edges], network.target[row, :num_edges], strict=True):
        sources_of[int(target)].append(int(source))
    return sources_of


def compute_numpy_returns(
    network: Population, task: LaneTask, weights: Lanes, starts: Lanes, horizon: int
) -> Lanes:
    """Return the returns (L,) of the first network's lanes, with weights (L,) and starts (n, L).

    All lanes run `horizon` steps; `done` is ignored.
    """
    m = SimpleNamespace(
        sin=np.sin,
        cos=np.cos,
        exp=np.exp,
        tanh=np.tanh,
        abs=np.abs,
        step=lambda x: (x > 0).astype(float),
        relu=lambda x: np.maximum(x, 0.0),
    )
    activations, incoming = activation_functions(m), sources_by_node(network, 0)
    ids, first_hidden, outputs = network.activation[0].tolist(), task.ports.first_hidden, task.ports.outputs
    values = np.zeros((len(incoming), len(weights)))
    values[0] = 1.0
    state, total = task.lane_state(np, tuple(starts)), np.zeros(len(weights))
    for _ in range(horizon):
        for slot, observation in enumerate(task.lane_observe(np, state), start=1):
            values[slot] = observation
        for node in range(first_hidden, len(incoming)):
            sources = incoming[node]
            z = values[sources[0]].copy() if sources else np.zeros(len(weights))
            for source in sources[1:]:
                z += values[source]
            z *= weights
            values[node] = activations[ids[node]](z)
        state, reward, _ = task.lane_step(np, state, tuple(values[-outputs:]))
        total += reward
    return total


class TorchPlayer:
    """A population as padded matrices, one for each depth of nodes, for batched products."""

    def __init__(self, networks: Population, task: LaneTask) -> None:
        import torch

        self.torch, self.task = torch, task
        num_networks, first_hidden = len(networks), task.ports.first_hidden
        depth = [[0] * int(nodes) for nodes in networks.nodes]
        incoming = [sources_by_node(networks, row) for row in range(num_networks)]
        for row in range(num_networks):
            for node in range(first_hidden, int(networks.nodes[row])):
                depth[row][node] = 1 + max((depth[row][source] for source in incoming[row][node]), default=0)
        column_of = [
            list(range(first_hidden)) for _ in range(num_networks)
        ]  # each node's column among the padded ones
        for row in range(num_networks):
            column_of[row] += [0] * (int(networks.nodes[row]) - first_hidden)
        self.levels: list[tuple[int, Any, list[tuple[int, Any]]]] = []
        column = first_hidden
        for level in range(1, 1 + max(max(row) for row in depth)):
            members = [
                [n for n in range(first_hidden, len(depth[r])) if depth[r][n] == level]
                for r in range(num_networks)
            ]
            width = max(map(len, members))
            matrix = torch.zeros(num_networks, column, width, dtype=torch.float64)
            ids = torch.ones(num_networks, 1, width, dtype=torch.int64)
            for row in range(num_networks):
                for offset, node in enumerate(members[row]):
                    column_of[row][node] = column + offset
                    ids[row, 0, offset] = int(networks.activation[row, node])
                    for source in incoming[row][node]:
                        matrix[row, column_of[row][source], offset] = 1.0
            self.levels.append((column, matrix, [(int(k), ids == k) for k in ids.unique()]))
            column += width
        self.columns = column
        slots = [
            [column_of[row][node] for node in range(-task.ports.outputs, 0)] for row in range(num_networks)
        ]
        self.outputs = torch.tensor(slots)

    def compute_returns(self, weights: Lanes, starts: Lanes, horizon: int) -> Lanes:
        """Return the returns (P, L) of all networks, for weights (L,) and starts (n, L) of each one's lanes.

        All lanes run `horizon` steps; `done` is ignored.
        """
        torch, task, num_networks, num_lanes = self.torch, self.task, len(self.outputs), len(weights)
        m = SimpleNamespace(
            sin=torch.sin,
            cos=torch.cos,
            exp=torch.exp,
            tanh=torch.tanh,
            abs=torch.abs,
            step=lambda x: (x > 0).to(x.dtype),
            relu=torch.relu,
            minimum=lambda x, y: torch.clamp(x, max=y),
            maximum=lambda x, y: torch.clamp(x, min=y),
        )
        activations = activation_functions(m)
        with torch.inference_mode():
            weight = torch.from_numpy(weights)[None, :, None]
            start = torch.from_numpy(np.ascontiguousarray(starts))[:, None, :].expand(-1, num_networks, -1)
            values = torch.zeros(num_networks, num_lanes, self.columns, dtype=torch.float64)
            values[:, :, 0] = 1.0
            index = self.outputs[:, None, :].expand(-1, num_lanes, -1)
            state, total = (
                task.lane_state(m, tuple(start)),
                torch.zeros(num_networks, num_lanes, dtype=torch.float64),
            )
            for _ in range(horizon):
                for slot, observation in enumerate(task.lane_observe(m, state), start=1):
                    values[:, :, slot] = observation
                for column, matrix, masks in self.levels:
                    z = torch.bmm(values[:, :, :column], matrix) * weight
                    activated = activations[masks[0][0]](z)
                    for activation_id, uses_activation in masks[1:]:
                        activated = torch.where(uses_activation, activations[activation_id](z), activated)
                    values[:, :, column : column + matrix.shape[2]] = activated
                outputs = values.gather(2, index).unbind(2)
                state, reward, _ = task.lane_step(m, state, outputs)
                total += reward
        return total.numpy()


SCALAR_MATH = SimpleNamespace(
    sin=math.sin,
    cos=math.cos,
    exp=math.exp,
    tanh=math.tanh,
    abs=abs,
    minimum=min,
    maximum=max,
    step=lambda x: 1.0 if x > 0 else 0.0,
    relu=lambda x: x if x > 0 else 0.0,
    where=lambda condition, x, y: x if condition else y,
    float32=lambda x: float(np.float32(x)),
)


def make_neat_network(network: Population, task: LaneTask, weight: float) -> Any:
    """Return neat-python's own FeedForwardNetwork of the first network, with one shared weight."""
    from neat.nn import FeedForwardNetwork

    activations, first_hidden = activation_functions(SCALAR_MATH), task.ports.first_hidden
    incoming, ids = sources_by_node(network, 0), network.activation[0].tolist()
    nodes = range(first_hidden, len(incoming))
    node_evals = [
        (n, activations[ids[n]], sum, 0.0, weight, [(source, 1.0) for source in incoming[n]]) for n in nodes
    ]
    return FeedForwardNetwork(list(range(first_hidden)), list(nodes)[-task.ports.outputs :], node_evals)


def compute_neat_return(
    network: Population, task: LaneTask, weight: float, start: tuple[float, ...], horizon: int
) -> float:
    """Return the return of one lane over `horizon` steps; `done` is ignored."""
    player, total = make_neat_network(network, task, weight), 0.0
    state = task.lane_state(SCALAR_MATH, start)
    for _ in range(horizon):
        outputs = player.activate((1.0, *task.lane_observe(SCALAR_MATH, state)))
        state, reward, _ = task.lane_step(SCALAR_MATH, state, tuple(outputs))
        total += reward
    return total
