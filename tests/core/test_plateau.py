"""Of equal means the weight furthest from a worse one; without equal means nothing but the means."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wannsearch.core.plateau import measure_margins, order_weights

GRID = np.round(np.linspace(-2, 2, 41), 12)
MEANS = st.lists(st.sampled_from([0.0, 1.0, 2.0, float("nan")]), min_size=1, max_size=12)


def best(means: np.ndarray) -> float:
    return float(GRID[order_weights(GRID, means)[0]])


def test_the_middle_of_the_widest_plateau_comes_first() -> None:
    inside = ((GRID > -1.9) & (GRID < -1.1)) | ((GRID > 0.05) & (GRID < 1.35))
    assert best(np.where(inside, 500.0, 9.0)) == 0.7


def test_beside_a_single_cliff_the_weight_furthest_from_it_comes_first() -> None:
    assert best(np.where(GRID == 0, 9.0, 500.0)) == -2.0
    assert best(np.where(GRID < 0.5, 9.0, 500.0)) == 2.0


def test_a_failed_weight_is_worse_than_any_that_was_played() -> None:
    means = np.full(41, -7.0)
    means[5] = np.nan
    assert best(means) == 2.0
    assert best(np.full(41, np.nan)) == 0.0


def test_where_all_are_equal_the_smallest_comes_first() -> None:
    assert best(np.ones(41)) == 0.0


@given(st.lists(st.floats(-1e6, 1e6), unique=True, min_size=1, max_size=30), st.randoms())
def test_different_means_alone_decide(means: list[float], random) -> None:
    weights = list(range(len(means)))
    random.shuffle(weights)
    assert order_weights(weights, means).tolist() == np.argsort(-np.array(means), kind="stable").tolist()


@given(MEANS, st.randoms())
def test_margins_are_distances_to_the_nearest_worse_weight(means: list[float], random) -> None:
    weights = [number / 4 for number in range(len(means))]
    random.shuffle(weights)
    rated = [-np.inf if np.isnan(mean) else mean for mean in means]
    plain = [
        min((abs(w - v) for v, other in zip(weights, rated, strict=True) if other < mean), default=np.inf)
        for w, mean in zip(weights, rated, strict=True)
    ]
    assert measure_margins(weights, means).tolist() == plain
