"""Differences pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

from wannsearch.reporting.statistics.interval import interval
from wannsearch.reporting.statistics.paired import paired
from wannsearch.reporting.statistics.sample import sample


def test_differences_are_taken_by_seed() -> None:
    found = paired({0: 5.0, 1: 3.0, 2: 2.0, 7: 9.0}, {2: 2.0, 1: 4.0, 0: 1.0})
    assert (found.wins, found.ties, found.losses, found.unpaired) == (1, 1, 1, 1)
    assert found.difference == interval(sample([4.0, -1.0, 0.0]), "mean")


def test_what_pairs_share_cancels() -> None:
    luck = np.random.default_rng(0).normal(0, 100, 10)
    found = paired(dict(enumerate(luck + 1)), dict(enumerate(luck)))
    assert found.difference.low == pytest.approx(1)
    assert found.difference.high == pytest.approx(1)


def test_a_failed_run_loses_at_the_floor() -> None:
    assert paired({0: np.nan}, {0: 3.0}, floor=0.0).losses == 1
    with pytest.raises(ValueError, match="no floor"):
        paired({0: np.nan}, {0: 3.0})
    with pytest.raises(ValueError, match="no pair"):
        paired({0: 1.0}, {1: 1.0})
