"""Compiled scores of the published champion, in float32 within the bands of wann.md 11."""

from dataclasses import replace

import numpy as np
import pytest
from compiled_settings import HUNDRED, OWN, SIX, SWING_UP, compiled

from wannsearch.core.streams import Role
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import LanePrecision
from wannsearch.formats import published_out, published_parameters


@pytest.fixture(scope="module")
def swing(reference):
    return published_out.read(reference / "wann" / "swing.out", SWING_UP.ports)


def test_one_step_in_float32_is_that_in_float64_to_1e_5(swing):
    brief = replace(SWING_UP, horizon=1)
    double = compiled().evaluate(swing, brief, SIX, HUNDRED)[0].returns
    single = compiled(LanePrecision.FLOAT32).evaluate(swing, brief, SIX, HUNDRED)[0].returns
    assert np.allclose(single, double, rtol=1e-5, atol=1e-6)
    assert not np.array_equal(single, double)


@pytest.mark.parametrize("precision", LanePrecision)
def test_six_weights_have_the_means_of_the_sheet(swing, precision):
    returns = compiled(precision).evaluate(swing, SWING_UP, SIX, HUNDRED)[0].returns[0]
    expected = (550.0, 687.8, 521.0, 521.6, 701.5, 688.9)  # C3
    bands = (20, 1, 1, 1, 1, 1)  # chaotic at -2
    for mean, published, band in zip(returns.mean(1), expected, bands, strict=True):
        assert abs(mean - published) < band
    assert returns.mean() == pytest.approx(611.8, abs=5)


@pytest.mark.parametrize("precision", LanePrecision)
def test_the_tuned_champion_scores_932(swing, precision, reference):
    tuned = published_parameters.with_parameters(
        swing, 0, published_parameters.read(reference / "wann" / "swing_tuned_zoo.json"), -1.5
    )
    returns = compiled(precision).evaluate(tuned, SWING_UP, OWN, HUNDRED)[0].returns[0, 0]
    assert returns.mean() == pytest.approx(931.96, abs=1)  # C6
    assert returns.std() == pytest.approx(6.28, abs=1)


def test_the_sweep_of_shared_weights_is_the_published_one(swing, reference):
    table = np.loadtxt(reference / "wann" / "swing_shared_weight_sweep.csv", delimiter=",", skiprows=1)
    rows = table[::2]  # -2 to 2 by 0.02
    assert 0.78 in rows[:, 0]
    trials = Trials(shared_weights=tuple(rows[:, 0].tolist()), episodes=100)
    returns = (
        compiled(LanePrecision.FLOAT32, threads=2).evaluate(swing, SWING_UP, trials, HUNDRED)[0].returns[0]
    )
    assert returns.mean() == pytest.approx(515.3, abs=2)  # C4
    assert np.sqrt((returns.std(1) ** 2).mean()) == pytest.approx(58.4, abs=2)
    best = rows[returns.mean(1).argmax(), 0]
    assert abs(best - 0.78) <= 0.02
    assert returns[rows[:, 0] == 0.78].mean() == pytest.approx(723.4, abs=1)  # C5
    assert returns[rows[:, 0] == 0.78].std() == pytest.approx(15.8, abs=2)


def test_held_out_episodes_of_the_run_with_seed_0_are_the_published_test(swing):
    seeds = SWING_UP.episode_seeds(0, Role.HELD_OUT, 0, 100)
    trials = Trials(shared_weights=(0.78,), episodes=100)
    assert compiled().evaluate(swing, SWING_UP, trials, seeds)[0].returns.mean() == pytest.approx(
        723.4, abs=0.1
    )
