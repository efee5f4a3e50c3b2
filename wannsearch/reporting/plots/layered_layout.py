"""Where the nodes of a network stand on paper: layers from left to right, few crossings.

Sugiyama, Tagawa & Toda (1981), in four steps. A node's layer is its longest path from the inputs; the
outputs share the last one. An edge that skips layers gets a waypoint in each, so that it bends around nodes
instead of running through them. Within a layer, vertices are ordered by the mean place of their
neighbours (barycentre), sweeping right and left; inputs and outputs keep their order, so that two
pictures can be compared. Last, each layer takes the heights closest to those of its neighbours that keep the
order and the distances,

    minimise sum_i w_i (y_i - d_i)^2   subject to   y_{i+1} - y_i >= gap_i,

which is isotonic regression once the gaps are subtracted (pool adjacent violators).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.records.reader import Floats, Network, topological

Ints = npt.NDArray[np.int64]

WAYPOINT_GAP = 0.32  # of the distance between two nodes
_MOST_IN_WAYPOINTS = 12.0  # distances between nodes that the waypoints of a layer may take, however many
_STRAIGHT = 8.0  # how much more a waypoint wants to be in line than a node
_SWEEPS = 16


@dataclass(frozen=True)
class Layout:
    """Places in units of one layer and of one node; y grows downwards and starts at 0."""

    x: Floats  # (N,)
    y: Floats  # (N,)
    routes: tuple[Floats, ...]  # per edge (points, 2): source, waypoints, target


def arranged(network: Network) -> Layout:
    """Place every node and route every edge."""
    nodes = len(network.roles)
    layer = list(layers(network))
    chains: list[list[int]] = []
    segments: list[tuple[int, int]] = []
    for source, target in network.edges:
        waypoints = list(range(len(layer), len(layer) + layer[target] - layer[source] - 1))
        layer.extend(range(layer[source] + 1, layer[target]))
        chain = [source, *waypoints, target]
        chains.append(chain)
        segments.extend(pairwise(chain))
    levels = np.array(layer)
    links = np.array(segments, np.int64).reshape(-1, 2)
    columns = [np.flatnonzero(levels == level) for level in range(levels.max() + 1)]
    columns = _ordered(columns, links, len(layer))
    y = _heights(columns, links, np.arange(len(layer)) >= nodes)
    places = np.column_stack([levels.astype(float), y - y.min()])
    return Layout(places[:nodes, 0], places[:nodes, 1], tuple(places[chain] for chain in chains))


def layers(network: Network) -> Sequence[int]:
    """Longest path from the inputs; a hidden node that hears nothing stands right behind them."""
    layer = [0 if role in ("bias", "input") else 1 for role in network.roles]
    leaving: dict[int, list[int]] = {}
    for source, target in network.edges:
        leaving.setdefault(source, []).append(target)
    for node in topological(len(layer), network.edges):
        for target in leaving.get(node, []):
            layer[target] = max(layer[target], layer[node] + 1)
    last = max(layer)
    hidden_last = max(
        (at for at, role in zip(layer, network.roles, strict=True) if role == "hidden"), default=0
    )
    last = max(last, hidden_last + 1)
    return [last if role == "output" else at for at, role in zip(layer, network.roles, strict=True)]


def crossings(place: Floats, links: Ints, columns: Sequence[Ints]) -> int:
    """How many pairs of segments between neighbouring layers cross."""
    found = 0
    for column in columns[:-1]:
        a, b = place[links[np.isin(links[:, 0], column)]].T
        found += int(((a[:, None] - a) * (b[:, None] - b) < 0).sum()) // 2
    return found


def _ordered(columns: list[Ints], links: Ints, vertices: int) -> list[Ints]:
    """The best order met on the way; inputs and outputs stay as they are."""
    best, fewest = columns, None
    for sweep in range(_SWEEPS):
        columns = list(columns)
        rightwards = sweep % 2 == 0
        inner = range(1, len(columns) - 1)
        for level in inner if rightwards else reversed(inner):
            place = _indices(columns, vertices)
            heard, own = links.T if rightwards else links.T[::-1]
            wanted = _means(place[heard], own, place, vertices)[columns[level]]
            columns[level] = columns[level][np.argsort(wanted, kind="stable")]
        crossed = crossings(_indices(columns, vertices), links, columns)
        if fewest is None or crossed < fewest:
            best, fewest = columns, crossed
    return best


def _heights(columns: list[Ints], links: Ints, waypoint: npt.NDArray[np.bool_]) -> Floats:
    size = np.where(waypoint, WAYPOINT_GAP, 1.0)
    for column in columns:
        passing = column[waypoint[column]]
        size[passing] = min(WAYPOINT_GAP, _MOST_IN_WAYPOINTS / max(1, len(passing)))
    weight = np.where(waypoint, _STRAIGHT, 1.0)
    gaps = [(size[column[1:]] + size[column[:-1]]) / 2 for column in columns]
    y = np.zeros(len(size))
    for column, gap in zip(columns, gaps, strict=True):
        stacked = np.concatenate([[0.0], np.cumsum(gap)])
        y[column] = stacked - stacked.mean()
    source, target = links.T
    both, other = np.concatenate([target, source]), np.concatenate([source, target])
    pull = np.where(waypoint[source] & waypoint[target], _STRAIGHT, 1.0)
    pull = np.concatenate([pull, pull])
    steps = [*range(len(columns)), *reversed(range(len(columns)))]
    for level in steps * (_SWEEPS // 2):
        column = columns[level]
        wanted = _means(y[other], both, y, len(size), pull)[column]
        y[column] = _separated(wanted, weight[column], gaps[level])
    return y


def _indices(columns: list[Ints], vertices: int) -> Floats:
    """(V,) each vertex's place in its own column, counted from the column's middle."""
    place = np.zeros(vertices)
    for column in columns:
        place[column] = np.arange(len(column)) - (len(column) - 1) / 2
    return place


def _means(
    values: Floats, at: Ints, otherwise: Floats, vertices: int, pull: npt.NDArray[Any] | None = None
) -> Floats:
    """(V,) mean of the values that arrive at each vertex; where none does, `otherwise`."""
    total = np.bincount(at, values if pull is None else values * pull, vertices)
    count = np.bincount(at, pull, vertices)
    means: Floats = np.where(count > 0, total / np.maximum(count, 1e-300), otherwise)
    return means


def _separated(wanted: Floats, weight: Floats, gap: Floats) -> Floats:
    """The places nearest to those wanted that keep the order and the gaps."""
    offset = np.concatenate([[0.0], np.cumsum(gap)])
    blocks: list[tuple[float, float, int]] = []  # mean, weight, members
    for value, heavy in zip(wanted - offset, weight, strict=True):
        mean, mass, members = float(value), float(heavy), 1
        while blocks and blocks[-1][0] >= mean:
            other, its_mass, its_members = blocks.pop()
            mean = (mean * mass + other * its_mass) / (mass + its_mass)
            mass, members = mass + its_mass, members + its_members
        blocks.append((mean, mass, members))
    level = np.repeat([block[0] for block in blocks], [block[2] for block in blocks])
    places: Floats = level + offset
    return places
