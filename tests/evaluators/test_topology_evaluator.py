"""Which weights count as finite: of the edges in use alone, and in the format that evaluates them."""

import numpy as np

from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.topology_evaluator import mark_finite_weights
from wannsearch.formats import one_network

OWN = Trials(shared_weights=None, episodes=1)


def networks(*weights: float) -> Population:
    """One network of three weights for each of these, which is the second."""
    parts = [one_network.from_arrays([1, 1, 1, 1], [1, 1, 2], [2, 3, 3], [1.0, w, 1.0]) for w in weights]
    return Population.concatenate(parts)


def test_an_own_weight_that_is_not_finite_marks_its_network_alone() -> None:
    marks = mark_finite_weights(networks(1.0, np.nan, -np.inf, 2.0), OWN)
    assert marks.tolist() == [[True], [False], [False], [True]]


def test_padding_is_no_weight() -> None:
    population = networks(1.0, 1.0)
    population.edges[1] = 2
    population.weight[:, 2] = np.inf
    assert mark_finite_weights(population, OWN).tolist() == [[False], [True]]


def test_shared_weights_are_marked_for_every_network_whatever_its_own_ones() -> None:
    trials = Trials(shared_weights=(0.5, np.nan, np.inf), episodes=1)
    assert mark_finite_weights(networks(1.0, np.nan), trials).tolist() == [[True, False, False]] * 2


def test_a_weight_too_large_for_the_format_is_not_finite_in_it() -> None:
    trials = Trials(shared_weights=(1e300,), episodes=1)
    for dtype, expected in ((np.float64, True), (np.float32, False)):
        assert mark_finite_weights(networks(1e300), OWN, dtype).item() is expected
        assert mark_finite_weights(networks(1.0), trials, dtype).item() is expected
