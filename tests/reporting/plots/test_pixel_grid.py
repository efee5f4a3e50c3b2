"""Networks on images: their pixels are a picture and one node, not hundreds of nodes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from wannsearch.core.ports import name_pixels
from wannsearch.records.plot_data import DrawnNetwork, RunLabel
from wannsearch.reporting.plots import network, style
from wannsearch.reporting.plots.pixel_grid import collect_pixels

LABEL = RunLabel("digits", "wann", "3")


def image_network(shape: tuple[int, int, int], edges: list[tuple[int, int]], hidden: int = 1) -> DrawnNetwork:
    """Bias, the pixels, hidden nodes and two outputs."""
    names = ("bias", *name_pixels(shape), *[""] * hidden, "cat", "dog")
    num_inputs = int(np.prod(shape))
    roles = ("bias", *["input"] * num_inputs, *["hidden"] * hidden, "output", "output")
    activations = ("linear",) * (1 + num_inputs) + ("tanh",) * hidden + ("linear",) * 2
    return DrawnNetwork(roles, activations, names, tuple(edges), tuple(1.0 + i for i in range(len(edges))))


SMALL = image_network((1, 2, 3), [(1, 7), (2, 7), (2, 8), (6, 8), (0, 9), (7, 8), (3, 9)])


def test_each_pixel_counts_its_connections_at_its_place() -> None:
    grid = collect_pixels(SMALL)
    assert grid is not None
    assert grid.counts.tolist() == [[[1, 2, 1], [0, 0, 1]]]
    assert grid.remark == "4 of 6 pixels used; darker: more connections; small: those of one output"
    assert {
        name: grid.pixels_of_output[grid.network.names.index(name)].tolist() for name in ("cat", "dog")
    } == {
        "cat": [[False, True, False], [False, False, True]],
        "dog": [[False, False, True], [False, False, False]],
    }


def test_all_pixels_are_one_node_with_one_edge_to_each_node_that_they_reach() -> None:
    grid = collect_pixels(SMALL)
    assert grid is not None
    assert grid.network.roles == ("bias", "input", "hidden", "output", "output")
    assert dict(zip(grid.network.edges, grid.edge_pixels.tolist(), strict=True)) == {
        (1, 2): 2, (1, 3): 2, (1, 4): 1, (0, 4): 0, (2, 3): 0,
    }  # fmt: skip
    assert grid.network.weights[grid.network.edges.index((2, 3))] == 6.0


def test_a_pixel_that_reaches_no_output_is_not_used() -> None:
    grid = collect_pixels(image_network((1, 2, 3), [(1, 7), (2, 8)]))
    assert grid is not None
    assert grid.counts.tolist() == [[[0, 1, 0], [0, 0, 0]]]
    assert grid.remark.startswith("1 of 6 pixels used;")


def test_inputs_that_are_no_image_are_nodes() -> None:
    assert collect_pixels(replace(SMALL, names=("bias", *"abcdef", "", "cat", "dog"))) is None


def test_the_picture_marks_used_pixels_and_names_none() -> None:
    svg = network.draw_network(SMALL, LABEL).svg.decode()
    assert "pixel 0,0" not in svg
    assert "4 of 6 pixels used" in svg
    assert re.findall(r">(cat|dog)<", svg) == ["cat", "dog"]


def test_each_channel_of_a_color_image_has_a_picture() -> None:
    drawn = image_network((3, 2, 2), [(1, 14), (5, 14), (12, 15)])
    svg = network.draw_network(drawn, LABEL).svg.decode()
    assert re.findall(r">(red|green|blue)<", svg) == ["red", "green", "blue"]
    assert "3 of 12 pixels used; small" in svg


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_a_network_on_thousands_of_pixels_has_a_small_png(shape: tuple[int, int, int]) -> None:
    num_inputs = int(np.prod(shape))
    rng = np.random.default_rng(0)
    edges = {
        (int(source), num_inputs + 2 + int(target))
        for source, target in rng.integers(0, [num_inputs, 2], (4000, 2))
    }
    picture = network.draw_network(image_network(shape, sorted(edges)), LABEL)
    assert len(picture.png) < style.PNG_MAX_BYTES
    assert max(int.from_bytes(picture.png[16:20], "big"), int.from_bytes(picture.png[20:24], "big")) < 1500


def test_an_image_without_any_connection_is_drawn() -> None:
    assert "0 of 6 pixels used<" in network.draw_network(image_network((1, 2, 3), []), LABEL).svg.decode()
