from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from synthetic_runs import random_document, write_json

from wannsearch.core.activations import ACTIVATION_NAMES
from wannsearch.records import plot_data
from wannsearch.records.plot_data import DrawnNetwork, RunLabel
from wannsearch.reporting.plots import network, style

pytestmark = pytest.mark.usefixtures("coarse_png")

ORIGIN = RunLabel("cartpole_swingup", "wann", "3")
ALL = tuple(ACTIVATION_NAMES.values())


def texts(svg: bytes) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg.decode())


def chain() -> DrawnNetwork:
    """One hidden node an activation, in a row."""
    nodes = 2 + len(ALL) + 1
    roles = ("bias", "input", *["hidden"] * len(ALL), "output")
    edges = tuple((node, node + 1) for node in range(1, nodes - 1))
    names = ("bias", "x", *[""] * len(ALL), "y")
    return DrawnNetwork(roles, ("linear", "linear", *ALL, "tanh"), names, edges, (1.0,) * len(edges))


def test_every_activation_has_a_colour_of_its_own():
    assert set(network.NODE_COLORS) == set(ALL)
    assert len(set(network.NODE_COLORS.values())) == len(ALL)


def test_every_activation_of_the_network_is_named_in_its_node_and_below():
    shown = texts(network.draw_network(chain(), ORIGIN).svg)
    for name in ALL:
        assert set(name.split("_")) <= set(shown)  # in full, one word below the other
        assert f"{name.replace('_', ' ')} ({2 if name == 'tanh' else 1})" in shown


def test_a_name_in_a_node_is_no_wider_than_the_node():
    for name in ALL:
        for word in name.split("_"):
            assert style.text_width_in(word, 7.0) < 2 * network.RADIUS_IN


def test_no_entry_of_the_legend_reaches_into_the_next_one():
    own = replace(ORIGIN, own_weights=True)
    nodes = ("bias", "input", "output")
    small = DrawnNetwork(nodes, ("linear", "linear", "steep_sigmoid"), ("bias", "x", "y"), ((1, 2),), (1.0,))
    for drawn in (small, chain()):
        svg = network.draw_network(drawn, own).svg.decode()
        places = [
            (float(y), float(x), text)
            for x, y, text in re.findall(r'<text[^>]*x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<', svg)
            if re.search(r"\(\d\)|weight", text)
        ]
        assert len(places) >= 3
        for (y, x, text), (next_y, next_x, _) in pairwise(sorted(places)):
            handle = 20  # points of the next entry's line
            width = 72 * style.text_width_in(text.replace("&gt;", ">").replace("&lt;", "<"), 11.0)
            assert next_y > y or next_x - handle > x + width


def test_inputs_outputs_and_size_are_named():
    shown = texts(network.draw_network(chain(), ORIGIN).svg)
    assert {"bias", "x", "y", "Best network: 12 hidden nodes, 13 connections"} <= set(shown)


def test_what_reaches_no_output_is_faint_and_said_to_be():
    whole = chain()
    cut = replace(whole, edges=whole.edges[:-1], weights=whole.weights[:-1])
    assert b"faint: reaches no output" not in network.draw_network(whole, ORIGIN).svg
    svg = network.draw_network(cut, ORIGIN).svg
    assert b"faint: reaches no output" in svg
    assert b"opacity: 0.28" in svg


def test_own_weights_show_their_sign_and_shared_ones_do_not():
    negative = replace(chain(), weights=(-2.0,) + (0.5,) * 12)
    own = network.draw_network(negative, replace(ORIGIN, own_weights=True)).svg
    assert {"weight &gt; 0", "weight &lt; 0"} <= set(texts(own))
    assert "weight &lt; 0" not in texts(network.draw_network(negative, ORIGIN).svg)
    assert network.draw_network(negative, ORIGIN) == network.draw_network(chain(), ORIGIN)


def test_unused_inputs_are_counted_where_there_are_many(tmp_path):
    (tmp_path / "best").mkdir()
    write_json(tmp_path / "best" / "network.json", random_document(4, 12, inputs=256, outputs=10))
    found = plot_data.read_network(tmp_path)
    heard = {source for source, _ in found.edges}
    unused = sum(role == "input" and node not in heard for node, role in enumerate(found.roles))
    assert f"{unused} unused inputs not drawn".encode() in network.draw_network(found, ORIGIN).svg


@pytest.mark.parametrize(
    ("hidden", "edges"), [(0, 0), (0, 3), (1, 1), pytest.param(98, 290, marks=pytest.mark.long)]
)
def test_networks_of_every_size_are_drawn_the_same_twice(tmp_path, hidden, edges):
    (tmp_path / "best").mkdir()
    write_json(tmp_path / "best" / "network.json", random_document(hidden, edges))
    found = plot_data.read_network(tmp_path)
    assert network.draw_network(found, ORIGIN) == network.draw_network(found, ORIGIN)


def test_the_published_champion_is_drawn(champion):
    shown = texts(network.draw_network(champion, ORIGIN).svg)
    assert "Best network: 22 hidden nodes, 52 connections" in shown
    assert "inverse (6)" in shown
