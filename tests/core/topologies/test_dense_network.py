"""The layered networks that the papers compare with."""

from __future__ import annotations

import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.dense_network import make_dense_network


@pytest.mark.parametrize(
    ("inputs", "hidden", "outputs", "connections"),
    [(5, [10], 1, 71), (24, [40, 40], 4, 2804), (288, [], 3, 867)],
)
def test_the_papers_fixed_networks_have_their_number_of_parameters(inputs, hidden, outputs, connections):
    ports = Ports(inputs, outputs, ("tanh",))
    network = make_dense_network(hidden, ports, "tanh")
    network.check(ports)
    assert network.edges.tolist() == [connections]
    assert network.count_hidden(ports).tolist() == [sum(hidden)]
    assert (network.weight == 1).all()
    assert (network.activation[0, -outputs:] == 1).all()


def test_every_layer_is_fed_by_the_bias_and_the_layer_before():
    network = make_dense_network([2, 1], Ports(2, 1, ("tanh",)), "tanh")
    feeding = {int(t): network.source[0][network.target[0] == t].tolist() for t in np.unique(network.target)}
    assert feeding == {3: [0, 1, 2], 4: [0, 1, 2], 5: [0, 3, 4], 6: [0, 5]}
    assert network.activation.tolist() == [[1, 1, 1, 5, 5, 5, 1]]


def test_an_unknown_activation_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'tanh'"):
        make_dense_network([2], Ports(5, 1, ("tanh",)), "tahn")


def test_a_layered_network_too_large_to_hold_is_refused():
    with pytest.raises(ConfigError, match="999999-999999 have 10"):
        make_dense_network([999999, 999999], Ports(5, 1, ("tanh",)), "tanh")
