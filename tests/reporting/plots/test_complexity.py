"""Score against connections: the last population under the front of all generations."""

from __future__ import annotations

import numpy as np
import pytest

from wannsearch.records import plot_data
from wannsearch.reporting.plots import complexity

pytestmark = pytest.mark.usefixtures("coarse_png")

NOTHING = {"mean": np.zeros(0), "connections": np.zeros(0)}


def test_axes_and_front_are_named(run):
    origin = plot_data.RunLabel("cartpole_swingup", "wann", "3")
    svg = complexity.draw_complexity(plot_data.read_ranking(run), plot_data.read_front(run), origin).svg
    for text in [
        b"connections",
        b">return<",
        b"(mean over shared weights)",
        b"Pareto front of all generations",
        b"192 networks",
        b"seed 3",
    ]:
        assert text in svg


def test_the_front_is_drawn_where_the_last_population_has_nothing_of_it():
    ranking = {"mean": np.array([1.0]), "connections": np.array([3.0])}
    with_front = {"mean": np.array([40.0, 50.0]), "connections": np.array([1.0, 9.0])}
    pictures = [
        complexity.draw_complexity(ranking, front, plot_data.RunLabel()).svg
        for front in (NOTHING, with_front)
    ]
    assert b">50<" not in pictures[0]
    assert b">50<" in pictures[1]


def test_failed_networks_are_counted_and_not_drawn():
    ranking = {"mean": np.array([1.0, np.nan]), "connections": np.array([3.0, 4.0])}
    svg = complexity.draw_complexity(ranking, NOTHING, plot_data.RunLabel()).svg
    assert b"1 failed" in svg


def test_a_population_of_nothing_but_failures_is_drawn():
    ranking = {"mean": np.full(3, np.nan), "connections": np.arange(3.0)}
    assert b"3 failed" in complexity.draw_complexity(ranking, NOTHING, plot_data.RunLabel()).svg
