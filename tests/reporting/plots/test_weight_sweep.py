from __future__ import annotations

import json

import numpy as np
import pytest

from wannsearch.records import plot_data
from wannsearch.reporting.plots import weight_sweep

pytestmark = pytest.mark.usefixtures("coarse_png")


def test_axes_and_the_held_out_count_are_named(run):
    picture = weight_sweep.draw_weight_sweep(
        plot_data.read_evaluation(run), plot_data.RunLabel("cartpole_swingup")
    )
    assert picture is not None
    for text in [
        b"shared weight",
        b">return<",
        b">(held-out)<",
        b"held-out, 100 episodes",
        b"1 std over",
        b"cartpole_swingup",
    ]:
        assert text in picture.svg


def test_every_searched_weight_carries_its_value(run):
    searched = plot_data.SweepCurve(
        np.array([-1.0, 0.5, 2.0]), np.array([12.25, np.nan, 4567.8]), np.zeros(3)
    )
    evaluation = plot_data.Evaluation(100, searched, plot_data.read_evaluation(run).sweep)
    picture = weight_sweep.draw_weight_sweep(evaluation, plot_data.RunLabel())
    assert picture is not None
    assert b"12.2" in picture.svg
    assert b"4,568" in picture.svg
    assert b"nan" not in picture.svg


def test_own_weights_have_no_sweep():
    assert (
        weight_sweep.draw_weight_sweep(
            plot_data.Evaluation(100, None, None), plot_data.RunLabel(own_weights=True)
        )
        is None
    )


def test_a_weight_whose_episodes_failed_is_a_gap_and_no_damage(run):
    path = run / "best" / "evaluation.json"
    document = json.loads(path.read_text())
    document["mean"][0] = document["sweep"]["mean"][3] = None
    path.write_text(json.dumps(document))
    evaluation = plot_data.read_evaluation(run)
    assert np.isnan(evaluation.shared_weights.mean[0])
    assert np.isnan(evaluation.sweep.mean).sum() == 1
    picture = weight_sweep.draw_weight_sweep(evaluation, plot_data.RunLabel())
    assert picture is not None
    assert b"nan" not in picture.svg


def test_one_episode_has_no_standard_deviation(run):
    evaluation = plot_data.read_evaluation(run)
    one = plot_data.Evaluation(1, evaluation.shared_weights, evaluation.sweep)
    picture = weight_sweep.draw_weight_sweep(one, plot_data.RunLabel())
    assert picture is not None
    assert b"held-out, 1 episode<" in picture.svg
    assert b"std" not in picture.svg
    assert b"mean over" not in picture.svg


def test_values_of_weights_that_stand_close_together_do_not_cover_one_another(run):
    weights = np.linspace(-0.1, 0.1, 30)
    searched = plot_data.SweepCurve(weights, np.linspace(101.0, 130.0, 30), np.zeros(30))
    evaluation = plot_data.Evaluation(100, searched, plot_data.read_evaluation(run).sweep)
    picture = weight_sweep.draw_weight_sweep(evaluation, plot_data.RunLabel())
    assert picture is not None
    shown = [value for value in range(101, 131) if f">{value}<".encode() in picture.svg]
    assert shown[0] == 101
    assert len(shown) < 4
