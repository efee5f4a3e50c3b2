"""Evaluations to a target, where some runs never reach it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ecdf as scipy_ecdf

from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.statistics.targets import build_run_times, ecdf, time_to_target
from wannsearch.reporting.statistics.wilson import wilson_interval


def test_the_first_row_at_the_target_counts() -> None:
    curves = [
        Curve(np.array([10.0, 20, 30]), np.array([1.0, 5, 5])),
        Curve(np.array([10.0, 20, 30]), np.array([1.0, 2, 3])),
        Curve(np.empty(0), np.empty(0), has_failed=True),
    ]
    found = time_to_target(curves, 5.0)
    assert (found.num_solved, found.n, found.times[0]) == (1, 3, 20)
    assert found.share == (1 / 3, *wilson_interval(1, 3))
    assert found.expected_running_time == 20 + 30
    assert found.median == np.inf


def test_capped_runs_stay_in_the_median_and_out_of_the_mean() -> None:
    found = build_run_times([100, np.inf, 300, 200, np.nan])
    assert found.median == 300
    assert found.mean_of_solved == (200, pytest.approx(np.std([100, 200, 300])))
    assert (found.quantile(0.25), found.quantile(0.75)) == (200, np.inf)
    assert build_run_times([1, 3]).median == 2
    assert build_run_times([np.inf]).expected_running_time == np.inf
    assert np.isnan(build_run_times([np.inf]).mean_of_solved).all()
    with pytest.raises(ValueError, match="no run"):
        build_run_times([])


def test_the_distribution_is_scipys_where_all_solved() -> None:
    needed = np.random.default_rng(0).integers(1, 50, 30)
    grid = np.arange(1.0, 60)
    theirs = scipy_ecdf(needed).cdf.evaluate(grid)
    np.testing.assert_allclose(ecdf(build_run_times(needed), grid), theirs)
    half = ecdf(build_run_times([*needed, *[np.inf] * 30]), grid)
    np.testing.assert_allclose(half, theirs / 2)
