"""Bootstrap intervals: exact against brute force, right as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, norm, t, trim_mean

from wannsearch.reporting.statistics.interval import bootstrap_interval, bounds, tail_probability
from wannsearch.reporting.statistics.resampling import (
    RESAMPLES,
    ResamplePurpose,
    cap_resamples,
    resample_indices,
)
from wannsearch.reporting.statistics.sample import build_sample

SCORES = np.random.default_rng(5).normal(500, 60, 17)
BY_HAND = {"iqm": lambda x: trim_mean(x, 0.25), "mean": np.mean, "median": np.median}


@pytest.mark.parametrize("centre", sorted(BY_HAND))
def test_an_interval_is_that_of_a_brute_force_bootstrap_with_the_same_draws(centre: str) -> None:
    rising = sorted(SCORES)
    resampled = [
        BY_HAND[centre]([rising[place] for place in drawn])
        for drawn in resample_indices(17, 500, ResamplePurpose.ONE_SAMPLE)
    ]
    tail = norm.cdf(-np.sqrt(17 / 16) * t.ppf(0.975, 16))
    found = bootstrap_interval(build_sample(SCORES), centre, 500)
    assert (found.low, found.high) == pytest.approx(np.quantile(resampled, [tail, 1 - tail]), rel=1e-12)
    assert found.estimate == pytest.approx(BY_HAND[centre](SCORES), rel=1e-12)


def test_it_is_scipys_percentile_interval_at_the_widened_level() -> None:
    level = 1 - 2 * tail_probability(17)
    theirs = bootstrap(
        (SCORES,), np.mean, n_resamples=40_000, confidence_level=level, method="percentile", rng=3
    ).confidence_interval
    ours = bootstrap_interval(build_sample(SCORES), "mean", 40_000)
    spread = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.02 * spread)
    assert ours.high == pytest.approx(theirs.high, abs=0.02 * spread)


def test_many_runs_need_no_widening() -> None:
    assert tail_probability(100_000) == pytest.approx(0.025, rel=1e-4)
    assert bounds(np.arange(1001.0), 100_000) == pytest.approx((25, 975), abs=0.02)


def test_places_are_uniform_and_those_of_the_raw_generator() -> None:
    drawn = resample_indices(10, 20_000, ResamplePurpose.ONE_SAMPLE)
    counts = np.bincount(drawn.ravel(), minlength=10)
    assert np.abs(counts - 20_000).max() < 5 * np.sqrt(18_000)
    again = np.random.Generator(np.random.Philox(key=0x57A7_15_71C5 << 64)).random((20_000, 10))
    np.testing.assert_array_equal(drawn, (again * 10).astype(int))
    assert (
        resample_indices(10, 50, ResamplePurpose.STRATA, 1)
        != resample_indices(10, 50, ResamplePurpose.STRATA, 2)
    ).any()


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_the_order_of_runs_changes_no_bit_and_the_estimate_is_inside(values: list[float], seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(values)
    found = bootstrap_interval(build_sample(values), "iqm", 300)
    assert found == bootstrap_interval(build_sample(shuffled), "iqm", 300)
    if found.without_spread:
        return
    assert found.low is not None
    assert found.high is not None
    assert min(values) <= found.low <= found.high <= max(values)
    assert found.contains(found.estimate)


def test_one_run_has_no_interval_and_few_are_exploratory() -> None:
    one = bootstrap_interval(build_sample([3.0]))
    assert (one.low, one.high, one.contains(3.0), one.coverage) == (None, None, None, None)
    assert one.is_exploratory
    assert bootstrap_interval(build_sample([1.0, 2, 3, 4])).is_exploratory
    assert not bootstrap_interval(build_sample([1.0, 2, 3, 4, 5])).is_exploratory
    with pytest.raises(ValueError, match="no run"):
        bootstrap_interval(build_sample([]))


@pytest.mark.parametrize("value", [18.51, 0.1, 100.0, 0.0, -1e-3])
@pytest.mark.parametrize("centre", sorted(BY_HAND))
def test_runs_that_do_not_differ_have_no_interval_and_say_why(value: float, centre: str) -> None:
    found = bootstrap_interval(build_sample([value] * 7), centre)
    assert found.estimate == pytest.approx(value, rel=1e-12, abs=0)
    assert (found.low, found.high, found.n, found.coverage) == (None, None, 7, None)
    assert (found.contains(value), found.contains(value + 1)) == (None, None)
    assert found.refusal == "no spread between runs"
    assert bootstrap_interval(build_sample([value])).refusal == "one run"
    assert bootstrap_interval(build_sample([value, value + 1])).refusal is None


def test_an_interval_without_width_is_none_where_a_few_runs_differ() -> None:
    mostly = bootstrap_interval(
        build_sample([1.0] * 39 + [0.5]), "iqm"
    )  # no resample has enough of it in its middle half
    assert (mostly.low, mostly.refusal) == (None, "no spread between runs")
    assert bootstrap_interval(build_sample([1.0] * 39 + [0.5]), "mean").refusal is None


def test_few_runs_carry_what_was_measured_and_many_need_not() -> None:
    few, many = bootstrap_interval(build_sample(SCORES)), bootstrap_interval(build_sample(np.arange(30.0)))
    assert few.coverage is not None
    assert 0.9 < few.coverage.normal < 1
    assert many.coverage is None


def test_thousands_of_runs_are_resampled_less_often() -> None:
    assert cap_resamples(100, RESAMPLES) == RESAMPLES
    assert cap_resamples(10_000, RESAMPLES) == 2_000
    assert cap_resamples(10**7, RESAMPLES) == 1_000
    found = bootstrap_interval(build_sample(np.random.default_rng(0).normal(size=20_000)), "mean")
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(20_000), rel=0.1)
