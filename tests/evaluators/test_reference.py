"""The oracle against sums written out by hand; what it shares with the others is in contracts."""

import numpy as np
import pytest

from wannsearch.core.topologies.population import Population
from wannsearch.evaluators.reference import forward
from wannsearch.formats import one_network

# h3 = tanh, h4 = squared, outputs 5 and 6
NETWORK = one_network.from_arrays(
    [1, 1, 1, 5, 11, 1, 7],
    [0, 1, 3, 2, 4, 3, 0],
    [3, 3, 4, 4, 5, 6, 6],
    [0.5, -1.0, 2.0, 1.0, 3.0, 0.25, 1.5],
)
INPUTS = np.array([[0.3, -0.7], [1.5, 0.0]])


def test_own_weights_are_summed_over_incoming_edges():
    h3 = np.tanh(0.5 - INPUTS[:, 0])
    h4 = (2 * h3 + INPUTS[:, 1]) ** 2
    expected = np.column_stack([3 * h4, -(0.25 * h3 + 1.5)])
    assert np.allclose(forward(NETWORK, 0, INPUTS, 2, None), expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("w", [-2.0, -0.5, 1.0])
def test_a_shared_weight_takes_the_place_of_every_weight(w):
    h3 = np.tanh(w * (1 + INPUTS[:, 0]))
    h4 = (w * (h3 + INPUTS[:, 1])) ** 2
    expected = np.column_stack([w * h4, -w * (h3 + 1)])
    assert np.allclose(forward(NETWORK, 0, INPUTS, 2, np.full(2, w)), expected, rtol=1e-13, atol=0)


def test_each_lane_has_its_own_shared_weight():
    both = forward(NETWORK, 0, INPUTS, 2, np.array([0.5, -1.0]))
    for lane, w in enumerate((0.5, -1.0)):
        assert np.array_equal(both[lane], forward(NETWORK, 0, INPUTS[[lane]], 2, np.array([w]))[0])


def test_a_row_is_played_apart_from_its_neighbours():
    other = one_network.from_arrays([1, 1, 1, 4, 4], [1, 2], [3, 4], [1.0, 1.0])
    whole = Population.concatenate([other, NETWORK, other])
    assert np.array_equal(forward(whole, 1, INPUTS, 2, None), forward(NETWORK, 0, INPUTS, 2, None))
    assert np.array_equal(forward(whole, 2, INPUTS, 2, None), np.exp(-0.5 * INPUTS**2))
