"""Layered layout of a network: layers run from left to right, with few crossings.

Sugiyama, Tagawa & Toda (1981), in four steps. First, a node's layer is its longest path from the inputs;
the outputs share the last layer. Second, an edge that skips layers gets a waypoint in each of them, so that
it bends around nodes instead of running through them. Third, vertices within a layer are ordered by the mean
position of their neighbors (barycenter), in sweeps to the right and to the left. Inputs and outputs keep
their order, so that two pictures can be compared. Last, each layer takes the heights closest to those of
its neighbors that keep the order and the distances,

    minimize sum_i w_i (y_i - d_i)^2   subject to   y_{i+1} - y_i >= gap_i.

This is isotonic regression once the gaps are subtracted (pool adjacent violators). The waypoints of one edge
hold on to each other, and may leave for far above or below; heights at which nothing lies are taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wannsearch.core.arrays import Array, BoolArray, FloatArray, IntArray
from wannsearch.records.plot_data import DrawnNetwork, topological_order

WAYPOINT_GAP = 0.32  # a share of the distance between two nodes
_MAX_WAYPOINT_SPACE = 12.0  # node distances that all waypoints of a layer may take
_STRAIGHTNESS_WEIGHT = 8.0  # weight of a waypoint, where a node has 1
_NUM_SWEEPS = 16


@dataclass(frozen=True)
class Layout:
    """Coordinates of a drawing: x in layers, y in node distances; y grows downwards.

    The smallest y of all nodes and waypoints is 0.
    """

    x: FloatArray  # (N,)
    y: FloatArray  # (N,)
    routes: tuple[FloatArray, ...]  # per edge (points, 2): source, waypoints, target


def layout_network(network: DrawnNetwork) -> Layout:
    """Return coordinates for the N nodes of a network, and a polyline for each edge.

    Raise CycleError where the edges form a cycle.
    """
    num_nodes = len(network.roles)
    layer = list(assign_layers(network))
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
    columns = _order_columns(columns, links, len(layer))
    y = _assign_heights(columns, links, np.arange(len(layer)) >= num_nodes)
    positions = np.column_stack([levels.astype(float), _remove_empty_heights(y)])
    return Layout(
        positions[:num_nodes, 0], positions[:num_nodes, 1], tuple(positions[chain] for chain in chains)
    )


def assign_layers(network: DrawnNetwork) -> Sequence[int]:
    """Return the layer of each node (N,): its longest path from the inputs, which are in layer 0.

    A hidden node without inputs is in layer 1. All outputs are in the last layer, behind every hidden node.
    Raise CycleError where the edges form a cycle.
    """
    layer = [0 if role in ("bias", "input") else 1 for role in network.roles]
    targets_of: dict[int, list[int]] = {}
    for source, target in network.edges:
        targets_of.setdefault(source, []).append(target)
    for node in topological_order(len(layer), network.edges):
        for target in targets_of.get(node, []):
            layer[target] = max(layer[target], layer[node] + 1)
    last_layer = max(layer)
    last_hidden_layer = max(
        (depth for depth, role in zip(layer, network.roles, strict=True) if role == "hidden"), default=0
    )
    last_layer = max(last_layer, last_hidden_layer + 1)
    return [
        last_layer if role == "output" else depth for depth, role in zip(layer, network.roles, strict=True)
    ]


def count_crossings(positions: FloatArray, links: IntArray, columns: Sequence[IntArray]) -> int:
    """Count the pairs of segments between neighboring layers that cross.

    `positions` (V,) are places in columns, `links` (S, 2) the left and the right vertex of each segment, and
    `columns` the vertices of each layer from left to right. Segments that share an end do not cross.
    """
    total = 0
    for column in columns[:-1]:
        a, b = positions[links[np.isin(links[:, 0], column)]].T
        total += int(((a[:, None] - a) * (b[:, None] - b) < 0).sum()) // 2
    return total


def _order_columns(columns: list[IntArray], links: IntArray, num_vertices: int) -> list[IntArray]:
    """Return the order with the fewest crossings of all sweeps; inputs and outputs keep their order."""
    best, min_crossings = columns, None
    for sweep in range(_NUM_SWEEPS):
        columns = list(columns)
        is_rightward = sweep % 2 == 0
        inner_levels = range(1, len(columns) - 1)
        for level in inner_levels if is_rightward else reversed(inner_levels):
            positions = _centered_positions(columns, num_vertices)
            neighbor, vertex = links.T if is_rightward else links.T[::-1]
            desired = _mean_by_vertex(positions[neighbor], vertex, positions, num_vertices)[columns[level]]
            columns[level] = columns[level][np.argsort(desired, kind="stable")]
        num_crossings = count_crossings(_centered_positions(columns, num_vertices), links, columns)
        if min_crossings is None or num_crossings < min_crossings:
            best, min_crossings = columns, num_crossings
    return best


def _assign_heights(columns: list[IntArray], links: IntArray, is_waypoint: BoolArray) -> FloatArray:
    size = np.where(is_waypoint, WAYPOINT_GAP, 1.0)
    for column in columns:
        waypoints = column[is_waypoint[column]]
        size[waypoints] = min(WAYPOINT_GAP, _MAX_WAYPOINT_SPACE / max(1, len(waypoints)))
    vertex_weight = np.where(is_waypoint, _STRAIGHTNESS_WEIGHT, 1.0)
    gaps = [(size[column[1:]] + size[column[:-1]]) / 2 for column in columns]
    y = np.zeros(len(size))
    for column, gap in zip(columns, gaps, strict=True):
        offsets = np.concatenate([[0.0], np.cumsum(gap)])
        y[column] = offsets - offsets.mean()
    source, target = links.T
    ends, opposite_ends = np.concatenate([target, source]), np.concatenate([source, target])
    edge_weight = np.where(is_waypoint[source] & is_waypoint[target], _STRAIGHTNESS_WEIGHT, 1.0)
    edge_weight = np.concatenate([edge_weight, edge_weight])
    steps = [*range(len(columns)), *reversed(range(len(columns)))]
    for level in steps * (_NUM_SWEEPS // 2):
        column = columns[level]
        desired = _mean_by_vertex(y[opposite_ends], ends, y, len(size), edge_weight)[column]
        y[column] = _separate(desired, vertex_weight[column], gaps[level])
    return y


def _remove_empty_heights(y: FloatArray) -> FloatArray:
    """Return the heights (V,) from 0 on, with no more than one node distance from each to the next."""
    order = np.argsort(y, kind="stable")
    heights = np.empty_like(y)
    heights[order] = np.cumsum(np.minimum(np.diff(y[order], prepend=y[order[:1]]), 1.0))
    return heights


def _centered_positions(columns: list[IntArray], num_vertices: int) -> FloatArray:
    """Return the place (V,) of each vertex in its own column, counted from the middle of the column."""
    positions = np.zeros(num_vertices)
    for column in columns:
        positions[column] = np.arange(len(column)) - (len(column) - 1) / 2
    return positions


def _mean_by_vertex(
    values: FloatArray,
    vertex: IntArray,
    default: FloatArray,
    num_vertices: int,
    edge_weight: Array | None = None,
) -> FloatArray:
    """Return the mean (V,) of the values that arrive at each vertex, or `default` where none does.

    `values`, `vertex` and `edge_weight` have one entry a segment; with `edge_weight` the mean is weighted.
    """
    total = np.bincount(vertex, values if edge_weight is None else values * edge_weight, num_vertices)
    count = np.bincount(vertex, edge_weight, num_vertices)
    means: FloatArray = np.where(count > 0, total / np.maximum(count, 1e-300), default)
    return means


def _separate(desired: FloatArray, weight: FloatArray, gap: FloatArray) -> FloatArray:
    """Return the places (n,) nearest to the desired ones, by weighted squares, that keep order and gaps."""
    offset = np.concatenate([[0.0], np.cumsum(gap)])
    blocks: list[tuple[float, float, int]] = []  # mean, weight, members
    for value, value_weight in zip(desired - offset, weight, strict=True):
        mean, mass, members = float(value), float(value_weight), 1
        while blocks and blocks[-1][0] >= mean:
            other_mean, other_mass, other_members = blocks.pop()
            mean = (mean * mass + other_mean * other_mass) / (mass + other_mass)
            mass, members = mass + other_mass, members + other_members
        blocks.append((mean, mass, members))
    level = np.repeat([block[0] for block in blocks], [block[2] for block in blocks])
    heights: FloatArray = level + offset
    return heights
