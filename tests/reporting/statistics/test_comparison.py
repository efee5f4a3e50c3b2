"""Probability of improvement, its interval, Holm's correction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from wannsearch.reporting.statistics.comparison import holm_correction, probability_of_improvement
from wannsearch.reporting.statistics.sample import build_sample

SCORES = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=12)


@given(x=SCORES, y=SCORES)
@settings(deadline=None)
def test_what_one_side_gains_the_other_loses(x: list[float], y: list[float]) -> None:
    a, b = (probability_of_improvement(build_sample(p), build_sample(q)) for p, q in ((x, y), (y, x)))
    assert a.probability + b.probability == pytest.approx(1, abs=1e-12)
    assert a.p_value == pytest.approx(b.p_value)
    if a.low is not None and a.high is not None:
        assert 0 <= a.low <= a.probability <= a.high <= 1
        assert b.high == pytest.approx(1 - a.low, abs=1e-9)
    assert a.probability == pytest.approx(np.mean([(p > q) + (p == q) / 2 for p in x for q in y]))


def test_it_is_mann_whitneys_u() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(0.5, 1, 13), rng.normal(0, 1, 9)
    theirs = mannwhitneyu(x, y)
    found = probability_of_improvement(build_sample(x), build_sample(y))
    assert found.probability == pytest.approx(theirs.statistic / (13 * 9))
    assert found.p_value == theirs.pvalue


def test_complete_separation_still_leaves_doubt_and_equality_is_half() -> None:
    found = probability_of_improvement(build_sample([4.0, 5, 6]), build_sample([1.0, 2, 3]))
    assert (found.probability, found.high) == (1.0, 1.0)
    assert found.low is not None
    assert 0.3 < found.low < 0.9
    same = probability_of_improvement(build_sample([1.0, 1]), build_sample([1.0, 1]))
    assert (same.probability, same.p_value) == (0.5, 1.0)


@pytest.mark.parametrize(("shift", "m", "n"), [(0.0, 10, 10), (1.0, 10, 10), (0.5, 20, 10), (0.0, 5, 5)])
def test_nineteen_of_twenty_intervals_contain_the_truth(shift: float, m: int, n: int) -> None:
    from scipy.stats import norm

    rng = np.random.default_rng(2)
    real = norm.cdf(shift / np.sqrt(2))
    hits = 0
    for _ in range(600):
        found = probability_of_improvement(
            build_sample(rng.normal(shift, 1, m)), build_sample(rng.normal(0, 1, n))
        )
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= real <= found.high
    assert 0.925 <= hits / 600 <= 0.99


def test_single_runs_have_no_interval_and_none_is_refused() -> None:
    assert probability_of_improvement(build_sample([1.0]), build_sample([2.0, 3.0])).low is None
    with pytest.raises(ValueError, match="no run"):
        probability_of_improvement(build_sample([]), build_sample([1.0]))


def test_holms_correction_by_hand() -> None:
    assert holm_correction([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm_correction([0.9, 0.8]).tolist() == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_correction_only_raises_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = holm_correction(p_values)
    assert (corrected >= np.array(p_values)).all()
    assert (np.diff(corrected[np.argsort(p_values, kind="stable")]) >= 0).all()


def test_runs_that_do_not_differ_still_leave_a_probability_of_some_width() -> None:
    """By hand: theta' = 1, and the low end is where (1 - theta)^2 = z^2 V(theta)."""
    found = probability_of_improvement(build_sample([500.0] * 4), build_sample([300.0] * 4))
    theta, z, extra = found.low, 1.959963984540054, 3
    assert theta is not None
    variance = theta * (1 - theta) * (1 + extra * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / 16
    assert (1 - theta) ** 2 == pytest.approx(z * z * variance)
    assert (found.probability, found.high) == (1.0, 1.0)
    assert 0.3 < theta < 0.8
