"""Shares of runs above a score."""

from __future__ import annotations

import numpy as np
import pytest

from wannsearch.reporting.statistics.profiles import performance_profile
from wannsearch.reporting.statistics.sample import build_sample


def test_a_profile_counts_runs_above_and_falls() -> None:
    tasks = {"a": build_sample([0.0, 0.5, 1.0, 1.0]), "b": build_sample([0.2, 0.9])}
    at = np.array([-0.1, 0.0, 0.5, 0.95, 1.0])
    found = performance_profile(tasks, at, 300)
    assert found.share == pytest.approx([1, 0.875, 0.5, 0.25, 0])
    assert (np.diff(found.share) <= 0).all()
    assert ((found.low <= found.share) & (found.share <= found.high)).all()


def test_single_runs_have_no_band_and_no_runs_no_profile() -> None:
    assert np.isnan(performance_profile({"a": build_sample([1.0])}, np.array([0.0])).low).all()
    with pytest.raises(ValueError, match="needs a run"):
        performance_profile({}, np.array([0.0]))
