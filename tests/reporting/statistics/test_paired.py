"""Differences pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.paired import compare_paired
from wannsearch.reporting.statistics.sample import build_sample


def test_differences_are_taken_by_seed() -> None:
    found = compare_paired({0: 5.0, 1: 3.0, 2: 2.0, 7: 9.0}, {2: 2.0, 1: 4.0, 0: 1.0})
    assert (found.wins, found.ties, found.losses, found.num_unpaired) == (1, 1, 1, 1)
    assert found.difference == bootstrap_interval(build_sample([4.0, -1.0, 0.0]), "mean")


def test_what_pairs_share_cancels() -> None:
    luck = np.random.default_rng(0).normal(0, 100, 10)
    own = np.random.default_rng(1).normal(1, 0.1, 10)
    found = compare_paired(dict(enumerate(luck + own)), dict(enumerate(luck)))
    assert found.difference.low == pytest.approx(1, abs=0.15)
    assert found.difference.high == pytest.approx(1, abs=0.15)


def test_differences_that_are_equal_but_for_rounding_have_no_interval() -> None:
    luck = np.random.default_rng(0).normal(0, 100, 10)
    assert len(set((luck + 0.1) - luck)) > 1
    found = compare_paired(dict(enumerate(luck + 0.1)), dict(enumerate(luck)))
    assert found.difference.estimate == pytest.approx(0.1)
    assert (found.difference.low, found.difference.refusal) == (None, "no spread between runs")
    assert (found.wins, found.ties, found.losses) == (10, 0, 0)


def test_a_failed_run_loses_at_the_floor() -> None:
    assert compare_paired({0: np.nan}, {0: 3.0}, floor=0.0).losses == 1
    with pytest.raises(ValueError, match="no floor"):
        compare_paired({0: np.nan}, {0: 3.0})
    with pytest.raises(ValueError, match="no pair"):
        compare_paired({0: 1.0}, {1: 1.0})
