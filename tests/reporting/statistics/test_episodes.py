"""The interval over episodes, against scipy's, from the raw returns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wannsearch.reporting.statistics.episodes import estimate_by_episodes


def test_it_is_students_interval_of_the_returns() -> None:
    returns = np.random.default_rng(2).normal(18.5, 40, 100)
    found = estimate_by_episodes(float(returns.mean()), float(returns.std()), 100)
    theirs = stats.t.interval(0.95, 99, returns.mean(), stats.sem(returns))
    assert (found.low, found.high) == pytest.approx(theirs, rel=1e-12)
    assert (found.n, found.by_episodes, found.refusal) == (100, True, None)
    assert found.contains(21.0)


def test_one_episode_and_episodes_that_do_not_differ_say_nothing() -> None:
    assert estimate_by_episodes(500.0, 0.0, 100).refusal == "no spread between episodes"
    assert estimate_by_episodes(500.0, 0.0, 1).refusal == "one episode"
    assert estimate_by_episodes(500.0, 0.0, 100).contains(500.0) is None
