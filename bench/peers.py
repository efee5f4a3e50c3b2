"""Other ways to play one network in the swing-up, written as well as their libraries allow.

All share the task's own `lane_step` (`LaneMath` is NumPy's; torch and plain Python get an adapter), so
only the forward pass differs. Each gives returns (P, K * R), lanes weight by weight as in `Scores`.

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


def formulas(m: Any) -> dict[int, Callable[[Any], Any]]:
    """The ten activations in the words of a library."""
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


def edges_into(network: Population, row: int) -> list[list[int]]:
    """The sources of each node."""
    into: list[list[int]] = [[] for _ in range(int(network.nodes[row]))]
    used = int(network.edges[row])
    for source, target in zip(network.source[row, :used], network.target[row, :used], strict=True):
        into[int(target)].append(int(source))
    return into


def numpy_returns(network: Population, task: LaneTask, weights: Lanes, starts: Lanes, horizon: int) -> Lanes:
    """One topology, lanes (L,) with their weights and starts (n, L); returns (L,)."""
    m = SimpleNamespace(
        sin=np.sin,
        cos=np.cos,
        exp=np.exp,
        tanh=np.tanh,
        abs=np.abs,
        step=lambda x: (x > 0).astype(float),
        relu=lambda x: np.maximum(x, 0.0),
    )
    act, into = formulas(m), edges_into(network, 0)
    ids, first, outputs = network.activation[0].tolist(), task.ports.first_hidden, task.ports.outputs
    values = np.zeros((len(into), len(weights)))
    values[0] = 1.0
    state, total = task.lane_state(np, tuple(starts)), np.zeros(len(weights))
    for _ in range(horizon):
        for slot, seen in enumerate(task.lane_observe(np, state), start=1):
            values[slot] = seen
        for node in range(first, len(into)):
            sources = into[node]
            z = values[sources[0]].copy() if sources else np.zeros(len(weights))
            for source in sources[1:]:
                z += values[source]
            z *= weights
            values[node] = act[ids[node]](z)
        state, reward, _ = task.lane_step(np, state, tuple(values[-outputs:]))
        total += reward
    return total


class Torch:
    """A population as padded matrices, one a depth."""

    def __init__(self, networks: Population, task: LaneTask) -> None:
        import torch

        self.torch, self.task = torch, task
        count, first = len(networks), task.ports.first_hidden
        depth = [[0] * int(nodes) for nodes in networks.nodes]
        into = [edges_into(networks, row) for row in range(count)]
        for row in range(count):
            for node in range(first, int(networks.nodes[row])):
                depth[row][node] = 1 + max((depth[row][source] for source in into[row][node]), default=0)
        place = [list(range(first)) for _ in range(count)]  # each node's column among the padded ones
        for row in range(count):
            place[row] += [0] * (int(networks.nodes[row]) - first)
        self.levels: list[tuple[int, Any, list[tuple[int, Any]]]] = []
        column = first
        for level in range(1, 1 + max(max(row) for row in depth)):
            members = [[n for n in range(first, len(depth[r])) if depth[r][n] == level] for r in range(count)]
            width = max(map(len, members))
            matrix = torch.zeros(count, column, width, dtype=torch.float64)
            ids = torch.ones(count, 1, width, dtype=torch.int64)
            for row in range(count):
                for at, node in enumerate(members[row]):
                    place[row][node] = column + at
                    ids[row, 0, at] = int(networks.activation[row, node])
                    for source in into[row][node]:
                        matrix[row, place[row][source], at] = 1.0
            self.levels.append((column, matrix, [(int(k), ids == k) for k in ids.unique()]))
            column += width
        self.columns = column
        slots = [[place[row][node] for node in range(-task.ports.outputs, 0)] for row in range(count)]
        self.outputs = torch.tensor(slots)

    def returns(self, weights: Lanes, starts: Lanes, horizon: int) -> Lanes:
        """Weights (L,) and starts (n, L) of every network's lanes; returns (P, L)."""
        torch, task, count, lanes = self.torch, self.task, len(self.outputs), len(weights)
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
        act = formulas(m)
        with torch.inference_mode():
            weight = torch.from_numpy(weights)[None, :, None]
            start = torch.from_numpy(np.ascontiguousarray(starts))[:, None, :].expand(-1, count, -1)
            values = torch.zeros(count, lanes, self.columns, dtype=torch.float64)
            values[:, :, 0] = 1.0
            index = self.outputs[:, None, :].expand(-1, lanes, -1)
            state, total = task.lane_state(m, tuple(start)), torch.zeros(count, lanes, dtype=torch.float64)
            for _ in range(horizon):
                for slot, seen in enumerate(task.lane_observe(m, state), start=1):
                    values[:, :, slot] = seen
                for column, matrix, masks in self.levels:
                    z = torch.bmm(values[:, :, :column], matrix) * weight
                    out = act[masks[0][0]](z)
                    for number, where in masks[1:]:
                        out = torch.where(where, act[number](z), out)
                    values[:, :, column : column + matrix.shape[2]] = out
                outputs = values.gather(2, index).unbind(2)
                state, reward, _ = task.lane_step(m, state, outputs)
                total += reward
        return total.numpy()


SCALAR = SimpleNamespace(
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


def neat_network(network: Population, task: LaneTask, weight: float) -> Any:
    """neat-python's own forward pass of this network."""
    from neat.nn import FeedForwardNetwork

    act, first = formulas(SCALAR), task.ports.first_hidden
    into, ids = edges_into(network, 0), network.activation[0].tolist()
    nodes = range(first, len(into))
    evals = [(n, act[ids[n]], sum, 0.0, weight, [(source, 1.0) for source in into[n]]) for n in nodes]
    return FeedForwardNetwork(list(range(first)), list(nodes)[-task.ports.outputs :], evals)


def neat_return(
    network: Population, task: LaneTask, weight: float, start: tuple[float, ...], horizon: int
) -> float:
    """The return of one lane."""
    player, total = neat_network(network, task, weight), 0.0
    state = task.lane_state(SCALAR, start)
    for _ in range(horizon):
        outputs = player.activate((1.0, *task.lane_observe(SCALAR, state)))
        state, reward, _ = task.lane_step(SCALAR, state, tuple(outputs))
        total += reward
    return total
