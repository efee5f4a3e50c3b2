"""Spearman's correlation, against the one by ranks in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from wannsearch.reporting.statistics.rank_correlation import pooled_correlation, rank_correlation

NAN = float("nan")


def by_ranks(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def test_it_is_the_correlation_of_the_ranks_also_with_ties() -> None:
    x, y = np.random.default_rng(0).integers(0, 6, (2, 20)).astype(float)
    assert rank_correlation(x, y) == pytest.approx(by_ranks(x, y))


def test_unknown_values_are_left_out_and_too_few_or_constant_ones_say_nothing() -> None:
    x, y = np.array([1.0, 2, 3, NAN]), np.array([1.0, 3, 2, 9])
    assert rank_correlation(x, y) == pytest.approx(0.5)
    assert rank_correlation(x[1:], y[1:]) is None
    assert rank_correlation(np.ones(5), np.arange(5.0)) is None


def test_what_a_set_shares_is_not_taken_for_order() -> None:
    rng = np.random.default_rng(1)
    sets = [(rng.normal(size=9) + 100 * place, rng.normal(size=9) + 100 * place) for place in range(4)]
    x, y = (np.concatenate(side) for side in zip(*sets, strict=True))
    assert by_ranks(x, y) > 0.9
    centred = [(a - a.mean(), b - b.mean()) for a, b in sets]
    x, y = (np.concatenate(side) for side in zip(*centred, strict=True))
    assert pooled_correlation(sets) == pytest.approx(by_ranks(x, y))
    assert pooled_correlation([]) is None
