import numpy as np
from hypothesis import given
from random_networks import populations, same

from wannsearch.core.topologies.population import Population
from wannsearch.formats import one_network


def test_edges_are_brought_into_rising_targets_and_keep_their_order_within_one():
    network = one_network.from_arrays([1, 1, 1, 1], [2, 1, 0], [3, 2, 3], [7.0, 8.0, 9.0])
    assert network.target.tolist() == [[2, 3, 3]]
    assert network.source.tolist() == [[1, 2, 0]]
    assert network.weight.tolist() == [[8.0, 7.0, 9.0]]


def test_a_network_without_edges_has_no_columns():
    assert one_network.from_arrays([1, 1, 1], [], [], []).weight.shape == (1, 0)


@given(populations())
def test_trimming_takes_the_padding_off_and_stacking_puts_it_back(drawn):
    population, _ = drawn
    ones = [one_network.extract_network(population, row) for row in range(len(population))]
    assert all(one.activation.shape == (1, one.nodes[0]) for one in ones)
    assert all(one.source.shape == (1, one.edges[0]) for one in ones)
    assert same(Population.concatenate(ones), population)


def test_trimming_does_not_share_memory_that_a_caller_could_spoil():
    population = one_network.from_arrays([1, 1, 1], [0], [2], [1.0])
    one_network.extract_network(population, 0).weight[:] = 5
    assert np.array_equal(population.weight, [[1.0]])
