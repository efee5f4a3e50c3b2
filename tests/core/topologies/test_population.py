from dataclasses import fields, replace

import numpy as np
import pytest
from random_populations import network, population

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.evaluators.kernels.simplify import simplify_population
from wannsearch.formats import one_network

PORTS = Ports(2, 2, ("tanh",))
# Slots: bias 0, inputs 1 2, hidden 3 4, outputs 5 6, and one that nobody uses.
SOUND = Population(
    nodes=np.array([7, 7], np.int32),
    activation=np.array([[1, 1, 1, 5, 3, 1, 1, 0]] * 2, np.int8),
    edges=np.array([5, 5], np.int32),
    source=np.array([[0, 1, 3, 4, 2, 0]] * 2, np.int32),
    target=np.array([[3, 3, 4, 5, 6, 0]] * 2, np.int32),
    weight=np.ones((2, 6)),
)


def with_second(name, column, value):
    """SOUND, its second network spoilt in one place."""
    values = getattr(SOUND, name).copy()
    values[(1, column) if column is not None else 1] = value
    return replace(SOUND, **{name: values})


BROKEN = {
    "fewer nodes than ports": with_second("nodes", None, 4),
    "no nodes": with_second("nodes", None, 0),
    "more nodes than slots": with_second("nodes", None, 9),
    "more edges than columns": with_second("edges", None, 7),
    "an activation that does not exist": with_second("activation", 3, 13),
    "a negative activation": with_second("activation", 4, -1),
    "an output whose activation does not exist": with_second("activation", 6, 0),
    "an edge from nowhere": with_second("source", 0, -1),
    "an edge from a node to itself": with_second("source", 2, 4),
    "an edge that falls": with_second("source", 0, 4),
    "an edge into the bias": with_second("target", 0, 0),
    "an edge into an input": with_second("target", 0, 2),
    "an edge into an unused slot": with_second("target", 4, 7),
    "an edge out of an output": with_second("source", 4, 5),
    "edges out of order": with_second("target", 0, 5),
}


def test_a_sound_population_passes_the_check():
    SOUND.check(PORTS)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_rule_is_refused_with_one_line_that_names_the_network(broken):
    with pytest.raises(ConfigError, match=r"\bnetwork 1\b") as caught:
        BROKEN[broken].check(PORTS)
    assert "\n" not in str(caught.value)


def test_what_lies_in_the_padding_breaks_no_rule():
    for name, column, value in [
        ("activation", 7, 99),
        ("source", 5, -5),
        ("target", 5, 1000),
        ("weight", 5, np.nan),
    ]:
        with_second(name, column, value).check(PORTS)


def test_activations_of_bias_and_inputs_are_ignored():
    for slot in range(3):
        with_second("activation", slot, 99).check(PORTS)


def test_random_networks_pass_the_check():
    population(np.random.default_rng(0), PORTS, 50).check(PORTS)


def test_hidden_counts_what_is_neither_bias_nor_port():
    assert SOUND.count_hidden(PORTS).tolist() == [2, 2]


def test_edges_in_use_are_the_first_of_each_row():
    assert SOUND.edge_mask().tolist() == [[True] * 5 + [False]] * 2


def test_taking_rows_keeps_their_order_and_may_repeat_them():
    drawn = population(np.random.default_rng(1), PORTS, 4)
    taken = drawn.take(np.array([3, 0, 3]))
    assert len(taken) == 3
    for field in fields(Population):
        whole = getattr(drawn, field.name)
        assert np.array_equal(getattr(taken, field.name), np.stack([whole[3], whole[0], whole[3]]))


def test_stacking_pads_to_the_widest_and_changes_no_network():
    rng = np.random.default_rng(2)
    parts = [network(rng, PORTS, hidden, 0.6) for hidden in (0, 5, 2)]
    whole = Population.concatenate(parts)
    whole.check(PORTS)
    assert whole.activation.shape == (3, max(part.activation.shape[1] for part in parts))
    assert whole.source.shape == (3, max(part.source.shape[1] for part in parts))
    for row, part in enumerate(parts):
        alone = one_network.extract_network(whole, row)
        for field in fields(Population):
            assert np.array_equal(getattr(alone, field.name), getattr(part, field.name))
            assert getattr(whole, field.name).dtype == getattr(part, field.name).dtype


def test_the_complexity_counts_the_connections_that_the_simplified_networks_have():
    networks = population(np.random.default_rng(0), PORTS, 200)
    simple = simplify_population(networks, PORTS, own_weights=True)
    left = simple.population.edges[simple.representative]
    assert networks.complexity(PORTS).tolist() == left.tolist()
    assert (left < networks.edges).any()
