from __future__ import annotations

import json

import numpy as np

from wannsearch.records import reader
from wannsearch.reporting.plots import weight_sweep


def test_axes_and_the_held_out_count_are_named(run):
    picture = weight_sweep.draw_weight_sweep(reader.read_evaluation(run), reader.RunLabel("cartpole_swingup"))
    assert picture is not None
    for text in [b"shared weight", b"return (held-out)", b"held-out, n = 100 episodes", b"cartpole_swingup"]:
        assert text in picture.svg


def test_every_searched_weight_carries_its_value(run):
    searched = reader.SweepCurve(np.array([-1.0, 0.5, 2.0]), np.array([12.25, np.nan, 4567.8]), np.zeros(3))
    evaluation = reader.Evaluation(100, searched, reader.read_evaluation(run).sweep)
    picture = weight_sweep.draw_weight_sweep(evaluation, reader.RunLabel())
    assert picture is not None
    assert b"12.2" in picture.svg
    assert b"4568" in picture.svg
    assert b"nan" not in picture.svg


def test_own_weights_have_no_sweep():
    assert (
        weight_sweep.draw_weight_sweep(reader.Evaluation(100, None, None), reader.RunLabel(own_weights=True))
        is None
    )


def test_a_weight_whose_episodes_failed_is_a_gap_and_no_damage(run):
    path = run / "best" / "evaluation.json"
    document = json.loads(path.read_text())
    document["mean"][0] = document["sweep"]["mean"][3] = None
    path.write_text(json.dumps(document))
    evaluation = reader.read_evaluation(run)
    assert np.isnan(evaluation.shared_weights.mean[0])
    assert np.isnan(evaluation.sweep.mean).sum() == 1
    picture = weight_sweep.draw_weight_sweep(evaluation, reader.RunLabel())
    assert picture is not None
    assert b"nan" not in picture.svg
