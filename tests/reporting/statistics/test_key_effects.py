"""What each key of a sweep does to the score."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from wannsearch.reporting.statistics.key_effects import compare_spreads, estimate_effects
from wannsearch.reporting.statistics.sample import Sample, build_sample

RNG = np.random.default_rng(0)
LEVELS = np.array(list(product(range(3), range(2))))


def sweep(first: float, second: float, runs: int = 4) -> list[Sample]:
    """Two keys, of three and two values, that change the mean by so much a value."""
    return [build_sample(first * a + second * b + RNG.normal(size=runs)) for a, b in LEVELS]


def test_the_mean_of_a_value_is_over_the_settings_of_the_other_key() -> None:
    samples = sweep(5.0, 1.0)
    first, second = estimate_effects(LEVELS, samples)
    assert (first.key, second.key) == (0, 1)
    means = np.array([sample.scores.mean() for sample in samples]).reshape(3, 2)
    assert [mean.estimate for mean in first.means] == pytest.approx(means.mean(axis=1))
    assert [mean.estimate for mean in second.means] == pytest.approx(means.mean(axis=0))
    assert first.spread == pytest.approx(np.ptp(means.mean(axis=1)))
    assert (first.best_level, first.blocks, first.means[0].n) == (2, 2, 8)


def test_a_key_that_does_much_has_a_small_p_value_and_one_that_does_nothing_has_not() -> None:
    first, second = estimate_effects(LEVELS, sweep(5.0, 0.0))
    assert first.p_holm < 0.01 < second.p_holm
    assert first.p_holm == pytest.approx(2 * first.p_value)


@pytest.mark.long
def test_p_values_of_a_key_without_effect_are_uniform() -> None:
    p_values = [estimate_effects(LEVELS[:, :1][::2], sweep(0.0, 0.0)[::2])[0].p_value for _ in range(150)]
    assert np.mean(np.array(p_values) <= 0.2) == pytest.approx(0.2, abs=0.1)


@pytest.mark.long
def test_an_interval_contains_the_true_mean_about_as_often_as_it_says() -> None:
    tables = [estimate_effects(LEVELS, sweep(5.0, 1.0))[0] for _ in range(80)]
    hits = [
        mean.contains(true)
        for effect in tables
        for mean, true in zip(effect.means, (0.5, 5.5, 10.5), strict=True)
    ]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.04)


def test_of_two_keys_the_difference_of_the_spreads_has_an_interval() -> None:
    samples = sweep(5.0, 1.0)
    first, second = estimate_effects(LEVELS, samples)
    difference = compare_spreads(first, second, samples)
    assert difference.estimate == pytest.approx(first.spread - second.spread)
    assert difference.low is not None
    assert 0 < difference.low < difference.estimate
    samples = sweep(0.5, 1.0)
    first, second = estimate_effects(LEVELS, samples)
    assert compare_spreads(first, second, samples).contains(0)


def test_only_blocks_in_which_every_value_has_runs_count() -> None:
    levels = LEVELS[:-1]  # the last value of the first key lacks one value of the second
    samples = [build_sample([float(10 * a + b), float(10 * a + b + 1)]) for a, b in levels]
    first, second = estimate_effects(levels, samples)
    assert (first.key, first.blocks, second.blocks) == (0, 1, 2)
    assert [mean.estimate for mean in first.means] == [0.5, 10.5, 20.5]
    diagonal = np.array([[0, 0], [1, 1], [2, 2]])
    assert estimate_effects(diagonal, samples[:3]) == []


def test_single_runs_have_no_interval_but_a_p_value() -> None:
    samples = [build_sample([float(10 * a + b)]) for a, b in LEVELS]
    first, _ = estimate_effects(LEVELS, samples)
    assert first.means[0].refusal == "one run"
    assert 0 < first.p_value < 0.2


def test_runs_that_are_all_the_same_show_no_effect() -> None:
    for effect in estimate_effects(LEVELS, [build_sample([0.1, 0.1])] * 6):
        assert (effect.spread, effect.p_value) == (0.0, 1.0)
        assert effect.means[0].without_spread
