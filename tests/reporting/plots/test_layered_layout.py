from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from synthetic_runs import random_document, write_json

from wannsearch.records import plot_data
from wannsearch.records.plot_data import DrawnNetwork
from wannsearch.reporting.plots import layered_layout


def network(edges, hidden, outputs=1):
    roles = ("bias", "input", *["hidden"] * hidden, *["output"] * outputs)
    return DrawnNetwork(roles, ("tanh",) * len(roles), ("",) * len(roles), tuple(edges), (1.0,) * len(edges))


@pytest.fixture
def large(tmp_path):
    (tmp_path / "best").mkdir()
    write_json(tmp_path / "best" / "network.json", random_document(60, 160, inputs=8, outputs=3))
    return plot_data.read_network(tmp_path)


def test_a_layer_is_the_longest_path_from_the_inputs():
    assert layered_layout.assign_layers(network([(0, 2), (2, 3), (1, 3), (1, 4)], hidden=2)) == [
        0,
        0,
        1,
        2,
        3,
    ]


def test_outputs_stand_behind_every_hidden_node():
    assert layered_layout.assign_layers(network([(0, 2), (2, 3)], hidden=2, outputs=2)) == [0, 0, 1, 2, 3, 3]
    assert layered_layout.assign_layers(network([], hidden=0)) == [0, 0, 1]


def test_every_edge_runs_to_the_right_from_its_source_to_its_target(large):
    placed = layered_layout.layout_network(large)
    for (source, target), route in zip(large.edges, placed.routes, strict=True):
        assert (np.diff(route[:, 0]) == 1).all()
        assert tuple(route[0]) == (placed.x[source], placed.y[source])
        assert tuple(route[-1]) == (placed.x[target], placed.y[target])


def test_nodes_of_a_layer_keep_their_distance_and_so_do_edges_that_pass(large):
    placed = layered_layout.layout_network(large)
    passing = np.concatenate([route[1:-1] for route in placed.routes])
    near = (1 + layered_layout.WAYPOINT_GAP) / 2 - 1e-9
    for x in np.unique(placed.x):
        heights = np.sort(placed.y[placed.x == x])
        assert (np.diff(heights) >= 1 - 1e-9).all()
        beside = passing[passing[:, 0] == x, 1]
        assert (np.abs(beside[:, None] - heights) >= near).all()


def test_inputs_and_outputs_stand_in_their_own_order(large):
    placed = layered_layout.layout_network(large)
    for role in ("input", "output"):
        assert (np.diff(placed.y[[r == role for r in large.roles]]) > 0).all()


def test_crossings_that_can_be_undone_are_undone():
    crossed = network([(0, 3), (1, 2), (2, 4), (3, 4)], hidden=2)
    placed = layered_layout.layout_network(crossed)
    assert placed.y[3] < placed.y[2]


def test_hundreds_of_edges_that_pass_a_layer_do_not_stretch_the_picture():
    roles = ("bias", *["input"] * 60, "hidden", *["output"] * 10)
    straight = [(source, target) for source in range(61) for target in range(62, 72)]
    edges = ((0, 61), (61, 62), *straight[1:])
    crowd = DrawnNetwork(roles, ("tanh",) * 72, ("",) * 72, edges, (1.0,) * len(edges))
    assert np.ptp(layered_layout.layout_network(crowd).y) <= 60 + 1e-9


def test_no_edge_leaves_for_a_height_far_from_everything_else():
    """A dense network of two layers, over which an edge from bias to output once rose by itself."""
    roles = ("bias", *["input"] * 3, *["hidden"] * 10, "output", "output")
    layers = [range(1, 4), range(4, 9), range(9, 14), range(14, 16)]
    edges = [(0, node) for node in range(4, 16)]
    edges += [(a, b) for sources, targets in pairwise(layers) for a in sources for b in targets]
    dense = DrawnNetwork(roles, ("tanh",) * 16, ("",) * 16, tuple(edges), (1.0,) * len(edges))
    placed = layered_layout.layout_network(dense)
    heights = np.sort(np.concatenate([placed.y, *(route[:, 1] for route in placed.routes)]))
    assert heights[0] == 0
    assert np.diff(heights).max() <= 1 + 1e-9
