from __future__ import annotations

import numpy as np

from wannsearch.reporting import complexity, folder


def test_axes_and_front_are_named(run):
    svg = complexity.draw(folder.read_ranking(run), folder.Origin("cartpole_swingup", "wann", "3")).svg
    for text in [
        b"connections",
        b"return (mean over shared weights)",
        b"Pareto front",
        b"192 networks",
        b"seed 3",
    ]:
        assert text in svg


def test_the_front_is_what_no_other_network_dominates():
    rng = np.random.default_rng(0)
    places = np.unique(rng.integers(0, 12, (60, 2)).astype(float), axis=0)
    by_hand = [
        place
        for place in places
        if not any((o[0] <= place[0]) & (o[1] >= place[1]) & (o != place).any() for o in places)
    ]
    assert np.array_equal(complexity.front(places), by_hand)


def test_failed_networks_are_counted_and_not_drawn():
    ranking = {"mean": np.array([1.0, np.nan]), "connections": np.array([3.0, 4.0])}
    svg = complexity.draw(ranking, folder.Origin()).svg
    assert b"1 failed" in svg


def test_a_population_of_nothing_but_failures_is_drawn():
    ranking = {"mean": np.full(3, np.nan), "connections": np.arange(3.0)}
    assert b"3 failed" in complexity.draw(ranking, folder.Origin()).svg
