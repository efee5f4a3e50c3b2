"""Failed runs are counted; the order of runs is forgotten."""

from __future__ import annotations

import numpy as np
import pytest

from wannsearch.reporting.statistics.sample import build_sample


def test_a_failed_run_counts_as_the_floor_and_is_told() -> None:
    found = build_sample([3.0, np.nan, 2.0, -np.inf], floor=-1.0)
    assert found.scores.tolist() == [-1.0, -1.0, 2.0, 3.0]
    assert (found.n, found.num_failed) == (4, 2)


def test_a_failed_run_without_a_floor_is_refused() -> None:
    with pytest.raises(ValueError, match="1 of 2 runs failed"):
        build_sample([1.0, np.nan])
