"""Curves of different length on one grid."""

from __future__ import annotations

import numpy as np
import pytest

from wannsearch.reporting.statistics.curves import (
    Curve,
    align_curves,
    anytime_scores,
    common_grid,
    estimate_band,
    value_at,
)
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample

LONG = Curve(np.array([10.0, 20, 40, 80]), np.array([1.0, 2, 3, 4]))
SHORT = Curve(np.array([5.0, 30]), np.array([0.5, 2.5]))
DIED = Curve(np.array([10.0, 20]), np.array([1.0, 9]), has_failed=True)
NEVER = Curve(np.empty(0), np.empty(0), has_failed=True)


def test_the_last_value_is_carried() -> None:
    assert value_at(LONG, np.array([10.0, 19, 20, 79, 80, 500])).tolist() == [1, 1, 2, 3, 4, 4]
    assert np.isnan(value_at(LONG, np.array([9.0])))


def test_a_failed_run_is_at_the_floor_behind_its_end() -> None:
    grid = np.array([10.0, 20, 40])
    assert align_curves([LONG, DIED, NEVER], grid, -1.0).tolist() == [[1, 2, 3], [1, 9, -1], [-1, -1, -1]]
    with pytest.raises(ValueError, match="no floor"):
        align_curves([DIED], grid, None)


def test_a_grid_that_begins_too_early_is_refused() -> None:
    with pytest.raises(ValueError, match="begins at 5"):
        align_curves([LONG, SHORT], np.array([5.0, 50]), 0.0)


def test_the_common_grid_spans_what_all_sound_runs_have() -> None:
    grid = common_grid([LONG, SHORT, DIED, NEVER], 7)
    assert (grid[0], grid[-1], len(grid)) == (10, 80, 7)
    assert (np.diff(grid) > 0).all()
    assert common_grid([DIED])[[0, -1]].tolist() == [10, 20]
    with pytest.raises(ValueError, match="no run"):
        common_grid([NEVER])


def test_a_band_is_an_interval_at_each_point_whatever_the_order() -> None:
    rng = np.random.default_rng(0)
    curves = [Curve(LONG.cost, np.sort(rng.normal(size=4))) for _ in range(6)]
    grid = common_grid(curves, 5)
    found, turned = estimate_band(curves, grid), estimate_band(curves[::-1], grid)
    expected = bootstrap_interval(build_sample([curve.score[-1] for curve in curves]), "iqm", 2000)
    assert (found.center[-1], found.low[-1], found.high[-1]) == (
        expected.estimate, expected.low, expected.high
    )  # fmt: skip
    for name in ("center", "low", "high"):
        np.testing.assert_array_equal(getattr(found, name), getattr(turned, name))
    assert np.isnan(estimate_band(curves[:1], grid).low).all()


def test_the_anytime_table_ends_with_the_final_scores() -> None:
    found = anytime_scores([LONG, SHORT, DIED], 80, floor=0.0)
    assert list(found) == [0.1, 0.25, 0.5, 1.0]
    assert found[1.0] == bootstrap_interval(build_sample([4.0, 2.5, 0.0]))
    assert found[0.1] is None  # one of them had nothing yet
    assert found[0.25] == bootstrap_interval(build_sample([2.0, 0.5, 9.0]))


def test_without_a_curve_the_anytime_table_has_no_values() -> None:
    assert set(anytime_scores([], 80).values()) == {None}
