"""Evaluations to a target, where some runs never reach it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ecdf as scipy_ecdf

from wannsearch.reporting.statistics.curves import Curve
from wannsearch.reporting.statistics.targets import ecdf, reached, to_target
from wannsearch.reporting.statistics.wilson import wilson


def test_the_first_row_at_the_target_counts() -> None:
    curves = [
        Curve(np.array([10.0, 20, 30]), np.array([1.0, 5, 5])),
        Curve(np.array([10.0, 20, 30]), np.array([1.0, 2, 3])),
        Curve(np.empty(0), np.empty(0), failed=True),
    ]
    found = reached(curves, 5.0)
    assert (found.solved, found.n, found.spent[0]) == (1, 3, 20)
    assert found.share == (1 / 3, *wilson(1, 3))
    assert found.expected_running_time == 20 + 30
    assert found.median == np.inf


def test_capped_runs_stay_in_the_median_and_out_of_the_mean() -> None:
    found = to_target([100, np.inf, 300, 200, np.nan])
    assert found.median == 300
    assert found.mean_of_solved == (200, pytest.approx(np.std([100, 200, 300])))
    assert (found.quantile(0.25), found.quantile(0.75)) == (200, np.inf)
    assert to_target([1, 3]).median == 2
    assert to_target([np.inf]).expected_running_time == np.inf
    assert np.isnan(to_target([np.inf]).mean_of_solved).all()
    with pytest.raises(ValueError, match="no run"):
        to_target([])


def test_the_distribution_is_scipys_where_all_solved() -> None:
    needed = np.random.default_rng(0).integers(1, 50, 30)
    grid = np.arange(1.0, 60)
    theirs = scipy_ecdf(needed).cdf.evaluate(grid)
    np.testing.assert_allclose(ecdf(to_target(needed), grid), theirs)
    half = ecdf(to_target([*needed, *[np.inf] * 30]), grid)
    np.testing.assert_allclose(half, theirs / 2)
