"""Interquartile mean, mean, median against scipy and NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import trim_mean

from wannsearch.reporting.statistics.center import CENTERS, iqm

NUMBERS = arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6))


def test_the_iqm_is_scipys_trimmed_mean_on_a_thousand_random_matrices() -> None:
    rng = np.random.default_rng(0)
    for _ in range(1000):
        values = rng.normal(size=rng.integers(1, 40, 2)) * 10.0 ** rng.integers(-3, 4)
        expected = trim_mean(values, 0.25, axis=-1)
        np.testing.assert_allclose(iqm(values), expected, rtol=1e-12, atol=1e-12 * np.abs(values).max())


def test_the_iqm_by_hand() -> None:
    assert iqm(np.array([100.0, 1, 2, 3, 4, 5, 6, -100])) == 3.5
    assert iqm(np.array([1.0, 5])) == 3.0


@pytest.mark.parametrize("centre", sorted(CENTERS))
@given(values=NUMBERS)
@settings(deadline=None)
def test_a_centre_lies_between_the_extremes(centre: str, values: np.ndarray) -> None:
    slack = 1e-9 * max(1.0, np.abs(values).max()) if centre == "mean" else 0.0
    assert values.min() - slack <= CENTERS[centre](values) <= values.max() + slack


@given(values=NUMBERS, shift=st.floats(-100, 100), factor=st.floats(0.1, 10))
@settings(deadline=None)
def test_the_iqm_moves_and_grows_with_its_values(values: np.ndarray, shift: float, factor: float) -> None:
    moved = iqm(values * factor + shift)
    assert moved == pytest.approx(float(iqm(values)) * factor + shift, rel=1e-6, abs=1e-6)
