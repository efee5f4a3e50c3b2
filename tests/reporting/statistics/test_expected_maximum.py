"""The expected largest of normal values, against closed forms and a simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wannsearch.reporting.statistics.expected_maximum import expected_maximum


@pytest.mark.parametrize(
    ("n", "known"), [(1, 0.0), (2, 1 / math.sqrt(math.pi)), (3, 1.5 / math.sqrt(math.pi))]
)
def test_small_ones_have_closed_forms(n: int, known: float) -> None:
    assert expected_maximum(n) == pytest.approx(known)


def test_the_best_of_64_is_that_of_a_simulation() -> None:
    drawn = np.random.default_rng(0).normal(size=(20_000, 64)).max(axis=1)
    assert expected_maximum(64) == pytest.approx(drawn.mean(), abs=4 * drawn.std() / math.sqrt(20_000))


def test_choosing_by_a_correlated_sign_gains_its_share() -> None:
    rng = np.random.default_rng(1)
    value, noise = rng.normal(size=(2, 20_000, 16))
    sign = 0.3 * value + math.sqrt(1 - 0.3**2) * noise
    gained = np.take_along_axis(value, sign.argmax(axis=1)[:, None], 1)
    assert gained.mean() == pytest.approx(0.3 * expected_maximum(16), abs=0.03)


def test_the_best_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="one value"):
        expected_maximum(0)
