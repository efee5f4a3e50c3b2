"""Two one-sided tests against scipy's t test, one side at a time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_ind

from wannsearch.reporting.statistics.equivalence import equivalence_test
from wannsearch.reporting.statistics.sample import build_sample


def test_the_p_value_is_the_larger_of_two_of_welchs_tests() -> None:
    rng = np.random.default_rng(0)
    for margin in (0.1, 0.5, 2.0):
        x, y = rng.normal(0, 1, 12), rng.normal(0.2, 2, 20)
        worse = ttest_ind(x + margin, y, equal_var=False, alternative="greater").pvalue
        better = ttest_ind(x - margin, y, equal_var=False, alternative="less").pvalue
        assert equivalence_test(build_sample(x), build_sample(y), margin).p_value == pytest.approx(
            max(worse, better)
        )


def test_a_wide_margin_shows_equivalence_and_a_narrow_one_does_not() -> None:
    x, y = build_sample(np.linspace(0, 1, 20)), build_sample(np.linspace(0.05, 1.05, 20))
    assert equivalence_test(x, y, 0.5).is_equivalent
    assert not equivalence_test(x, y, 0.06).is_equivalent


@pytest.mark.parametrize("other", [1.0, 1.5, 3.0])
def test_without_spread_on_both_sides_there_is_no_test_and_no_verdict(other: float) -> None:
    found = equivalence_test(build_sample([1.0, 1, 1]), build_sample([other] * 4), 1.0)
    assert (found.difference, found.p_value, found.is_equivalent) == (1.0 - other, None, None)


def test_a_side_without_spread_is_tested_by_the_others() -> None:
    x, y = np.full(5, 1.0), np.array([0.9, 1.0, 1.2, 1.1])
    worse = ttest_1samp(y, 1.5, alternative="less").pvalue
    better = ttest_1samp(y, 0.5, alternative="greater").pvalue
    assert equivalence_test(build_sample(x), build_sample(y), 0.5).p_value == pytest.approx(
        max(worse, better)
    )


def test_what_rounding_left_of_equal_runs_is_no_spread() -> None:
    rounded = [0.1 + 0.2, 0.3, 0.3]
    assert equivalence_test(build_sample(rounded), build_sample([0.3, 0.3]), 0.5).is_equivalent is None


def test_no_margin_and_single_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="margin"):
        equivalence_test(build_sample([1.0, 2]), build_sample([1.0, 2]), 0.0)
    with pytest.raises(ValueError, match="two runs"):
        equivalence_test(build_sample([1.0]), build_sample([1.0, 2]), 1.0)
