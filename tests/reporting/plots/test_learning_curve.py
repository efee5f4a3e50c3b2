from __future__ import annotations

import re

import numpy as np
import pytest

from wannsearch.records import plot_data
from wannsearch.reporting.plots import learning_curve

pytestmark = pytest.mark.usefixtures("coarse_png")

ORIGIN = plot_data.RunLabel("cartpole_swingup", "wann", "3")


def test_axes_lines_and_origin_are_named(run):
    svg = learning_curve.draw_learning_curve(plot_data.read_history(run), ORIGIN).svg.decode()
    for text in [
        "evaluations (candidates proposed)", "return", "(mean over shared weights)", "connections",
        "generation", "best of the generation", "median of the generation", "best so far, re-tested",
        "cartpole_swingup", "wann", "seed 3",
    ]:  # fmt: skip
        assert text in svg
    assert "failed" not in svg


def test_the_size_is_called_as_the_kind_of_candidates_calls_it(run):
    history = plot_data.read_history(run)
    history["median_live_parameters"] = history.pop("median_connections")
    svg = learning_curve.draw_learning_curve(history, ORIGIN).svg
    assert b"live parameters" in svg
    assert b"connections" not in svg


def test_failed_networks_are_told(run):
    history = plot_data.read_history(run)
    history["failed"][:2] = 6
    assert b"12 candidates failed" in learning_curve.draw_learning_curve(history, ORIGIN).svg


def test_own_weights_are_not_called_shared(run):
    own = plot_data.RunLabel(own_weights=True, score_name="accuracy")
    svg = learning_curve.draw_learning_curve(plot_data.read_history(run), own).svg
    assert b"own weights" in svg
    assert b"accuracy" in svg
    assert b"shared" not in svg


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("value", [np.nan, 0.0, 1e12, -1e-12])
def test_short_flat_and_failed_runs_are_drawn(rows, value):
    history = {name: np.full(rows, value) for name in [*plot_data.HISTORY_COLUMNS, "median_connections"]}
    history["generation"] = history["evaluations"] = np.arange(1.0, rows + 1)
    assert learning_curve.draw_learning_curve(history, ORIGIN).png.startswith(b"\x89PNG")


def test_what_is_proposed_is_called_as_the_run_says(run):
    history = plot_data.read_history(run)
    history["failed"][0] = 3
    svg = learning_curve.draw_learning_curve(history, ORIGIN, "weight vectors").svg
    assert b"evaluations (weight vectors proposed)" in svg
    assert b"3 weight vectors failed" in svg
    assert b"networks" not in svg


def test_a_best_that_no_one_tested_again_is_not_called_so(run):
    label = plot_data.RunLabel(retested=False)
    svg = learning_curve.draw_learning_curve(plot_data.read_history(run), label).svg
    assert b">best so far<" in svg
    assert b"re-tested" not in svg


def test_a_constant_size_stands_at_whole_numbers(run):
    history = plot_data.read_history(run)
    history["median_connections"][:] = 2.0
    svg = learning_curve.draw_learning_curve(history, ORIGIN).svg.decode()
    texts = re.findall(r">([\d.,]+)</text>", svg)
    assert "2" in texts
    assert not {"2.0", "2.00", "1.92"} & set(texts)
