"""Two one-sided tests on pairs, against scipy's t test, one side at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from wannsearch.reporting.statistics.equivalence import paired_equivalence_test

DIFFERENCES = st.lists(st.integers(-1000, 1000).map(lambda n: n / 100), min_size=2, max_size=12)


def test_the_p_value_is_the_larger_of_two_one_sided_tests_and_the_interval_scipys() -> None:
    given = np.random.default_rng(0).normal(0.1, 0.4, 10)
    for level in (0.05, 0.025):
        found = paired_equivalence_test(given, 0.5, level)
        worse = ttest_1samp(given, -0.5, alternative="greater").pvalue
        better = ttest_1samp(given, 0.5, alternative="less").pvalue
        assert found.p_value == pytest.approx(max(worse, better))
        ends = ttest_1samp(given, 0).confidence_interval(1 - 2 * level)
        assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
        assert found.standard_error == pytest.approx(np.std(given, ddof=1) / np.sqrt(10))


@given(DIFFERENCES, st.floats(0.05, 5))
def test_it_is_shown_exactly_where_the_interval_lies_inside_the_margin(
    differences: list[float], margin: float
) -> None:
    found = paired_equivalence_test(differences, margin)
    if len(set(differences)) == 1:
        assert found.is_equivalent is None
        return
    assert found.low is not None
    assert found.high is not None
    nearest = min(abs(found.low + margin), abs(found.high - margin))
    if nearest > 1e-9:
        assert found.is_equivalent == (-margin < found.low and found.high < margin)


@pytest.mark.parametrize(("sd", "repeats"), [(0.21, 2), (0.41, 6), (0.78, 21), (1.03, 36)])
def test_the_repeats_needed_are_those_of_the_usual_rule(sd: float, repeats: int) -> None:
    given = np.array([-1.0, 1.0]) * sd / np.sqrt(2)
    assert paired_equivalence_test(given, 0.5).min_pairs == repeats


def test_so_many_repeats_do_show_it_in_four_of_five_trials() -> None:
    rng = np.random.default_rng(1)
    needed = paired_equivalence_test(np.array([-1.0, 1.0]) * 0.78 / np.sqrt(2), 0.5).min_pairs
    shown = [paired_equivalence_test(rng.normal(0, 0.78, needed), 0.5).is_equivalent for _ in range(400)]
    assert 0.7 < np.mean(shown) < 0.88


@pytest.mark.parametrize("same", [0.0, 0.6])
def test_differences_that_are_all_the_same_allow_no_test_and_no_verdict(same: float) -> None:
    found = paired_equivalence_test([same] * 4, 0.5)
    assert (found.difference, found.p_value, found.is_equivalent) == (same, None, None)
    assert (found.low, found.high, found.min_pairs) == (None, None, None)


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(ValueError, match="margin"):
        paired_equivalence_test([0.0, 1.0], 0.0)
    with pytest.raises(ValueError, match="two pairs"):
        paired_equivalence_test([0.0], 1.0)
    with pytest.raises(ValueError, match="level"):
        paired_equivalence_test([0.0, 1.0], 1.0, 0.5)
