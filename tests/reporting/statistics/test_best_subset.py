"""Which settings may be the best one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from wannsearch.reporting.statistics.best_subset import (
    LEVEL,
    distinguishable_gap,
    select_best_subset,
)
from wannsearch.reporting.statistics.sample import build_sample

RNG = np.random.default_rng(0)


def test_each_setting_is_tested_against_the_best_and_the_p_value_counts_the_others() -> None:
    scores = [RNG.normal(mean, 1 + mean, 6) for mean in (0.0, 3.0, 1.0)]
    subset = select_best_subset([build_sample(values) for values in scores])
    assert subset.best == 1
    assert subset.p_values[1] is None
    for other in (0, 2):
        expected = ttest_ind(scores[1], scores[other], equal_var=False, alternative="greater").pvalue
        assert subset.p_values[other] == pytest.approx(min(1.0, 2 * expected))


def test_a_setting_far_below_is_left_out_and_one_close_by_is_not() -> None:
    samples = [build_sample(center + np.array([-1.0, -0.3, 0.3, 1.0])) for center in (0, 9.8, 10)]
    assert select_best_subset(samples).members == (1, 2)


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_fewer_than_four_runs_and_runs_without_spread_are_not_judged(runs: int) -> None:
    few = [build_sample(center + 0.1 * np.arange(runs)) for center in (0, 100)]
    assert select_best_subset(few).p_values == (None, None)
    equal = [build_sample([center] * 5) for center in (0.0, 100.0)]
    assert select_best_subset(equal).members == (0, 1)


@pytest.mark.parametrize("kind", ["normal", "solve-or-fail"])
@pytest.mark.long
def test_the_truly_best_setting_is_rarely_left_out_though_the_best_row_was_chosen(kind: str) -> None:
    tables, settings = 600, 12
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(tables, settings, 4))
    if kind == "solve-or-fail":
        scores = (scores > 0) + 0.01 * rng.normal(size=scores.shape)
    # All settings are equally good, so the first is a truly best one.
    left_out = sum(
        0 not in select_best_subset([build_sample(values) for values in table]).members for table in scores
    )
    assert left_out <= LEVEL * tables


def test_the_gap_is_the_one_at_which_half_of_the_tests_reject() -> None:
    gap = distinguishable_gap(10, 2)
    draws = RNG.normal(size=(2000, 2, 10))
    p_values = ttest_ind(
        draws[:, 0] + gap, draws[:, 1], axis=1, equal_var=False, alternative="greater"
    ).pvalue
    assert (p_values < LEVEL).mean() == pytest.approx(0.5, abs=0.05)
    assert distinguishable_gap(4, 12) > distinguishable_gap(10, 12) > distinguishable_gap(10, 3)


def test_an_empty_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="run"):
        select_best_subset([build_sample([])])
