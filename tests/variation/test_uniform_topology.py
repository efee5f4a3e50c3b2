"""Uniform networks: the sizes asked for, and no pair more likely than another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.variation.uniform_topology import max_connections, sample_uniform_topology


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 12), st.integers(0, 2**32), st.data())
def test_every_network_is_sound_and_has_the_sizes_asked_for(inputs, outputs, hidden, seed, data):
    ports = Ports(inputs, outputs, ("tanh", "step"))
    most = max_connections(hidden, ports)
    connections = np.array(data.draw(st.lists(st.integers(0, most), min_size=1, max_size=5)), np.int32)
    sizes = np.full(len(connections), hidden, np.int32)
    drawn = sample_uniform_topology(sizes, connections, ports, "sigmoid", make_stream(seed, Role.TELL, 1))
    drawn.check(ports)
    assert (drawn.count_hidden(ports) == hidden).all()
    assert (drawn.edges == connections).all()
    assert (drawn.activation[:, ports.first_hidden + hidden :] == ACTIVATION_IDS["sigmoid"]).all()
    inner = drawn.activation[:, ports.first_hidden : ports.first_hidden + hidden]
    assert np.isin(inner, [ACTIVATION_IDS["tanh"], ACTIVATION_IDS["step"]]).all()


def test_all_pairs_at_once_are_the_complete_network():
    ports = Ports(2, 2, ("tanh",))
    most = int(max_connections(3, ports))
    assert most == 3 * 3 + 3 + 2 * 6
    drawn = sample_uniform_topology(
        np.array([3], np.int32), np.array([most], np.int32), ports, "linear", make_stream(0, Role.START)
    )
    pairs = set(zip(drawn.source[0].tolist(), drawn.target[0].tolist(), strict=True))
    assert len(pairs) == most


def test_every_pair_activation_and_weight_is_as_likely_as_any_other():
    ports, count = Ports(1, 1, ("tanh", "step", "relu")), 20_000
    hidden = np.full(count, 2, np.int32)
    pairs = int(max_connections(2, ports))
    drawn = sample_uniform_topology(
        hidden, np.full(count, 3, np.int32), ports, "linear", make_stream(7, Role.TELL, 3)
    )
    found = np.bincount((drawn.target * 8 + drawn.source).ravel())
    found = found[found > 0]
    assert len(found) == pairs
    expected = count * 3 / pairs
    assert ((found - expected) ** 2 / expected).sum() < 30  # chi squared, 8 degrees of freedom, p = 2e-4
    shares = np.bincount(drawn.activation[:, 2:4].ravel())[
        [ACTIVATION_IDS["tanh"], ACTIVATION_IDS["step"], ACTIVATION_IDS["relu"]]
    ]
    assert shares / (2 * count) == pytest.approx(1 / 3, abs=0.01)
    assert drawn.weight.std() == pytest.approx(2 / np.sqrt(3), rel=0.01)
    assert np.abs(drawn.weight).max() <= 2


def test_a_network_does_not_depend_on_how_many_others_are_drawn():
    ports = Ports(3, 1, ("tanh",))
    sizes = np.array([4, 4, 4], np.int32), np.array([6, 7, 8], np.int32)
    many = sample_uniform_topology(*sizes, ports, "linear", make_stream(0, Role.TELL, 1))
    few = sample_uniform_topology(sizes[0][:2], sizes[1][:2], ports, "linear", make_stream(0, Role.TELL, 1))
    assert (many.source[:2, :7] == few.source).all()
    assert (many.weight[:2, :7] == few.weight).all()
