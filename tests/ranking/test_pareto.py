import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wannsearch.ranking.pareto import pareto_fronts

ANY = st.floats(allow_nan=False)
TIED = st.integers(0, 3).map(float)
POINTS = st.lists(st.tuples(ANY, ANY), max_size=30) | st.lists(st.tuples(TIED, TIED), max_size=40)


def dominates(p, q):
    """No worse on both objectives, better on one."""
    return all(a >= b for a, b in zip(p, q, strict=True)) and any(a > b for a, b in zip(p, q, strict=True))


def peeled(points):
    """Front by front: what nobody left dominates goes."""
    front, left, number = {}, set(range(len(points))), 0
    while left:
        best = {p for p in left if not any(dominates(points[q], points[p]) for q in left)}
        front |= dict.fromkeys(best, number)
        left, number = left - best, number + 1
    return [front[p] for p in range(len(points))]


def as_array(points):
    return np.array(points, float).reshape(-1, 2)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(POINTS)
def test_fronts_are_those_of_peeling_off_the_undominated(points):
    assert pareto_fronts(as_array(points)).tolist() == peeled(points)


@pytest.mark.parametrize("levels", [2, 5, 20, 10**6])
def test_fronts_of_a_whole_population_with_ties_are_those_of_peeling(levels):
    random = np.random.default_rng(levels)
    for _ in range(4):
        points = random.integers(0, levels, (120, 2)).astype(float)
        assert pareto_fronts(points).tolist() == peeled(points.tolist())


@settings(max_examples=100, deadline=None, derandomize=True)
@given(POINTS, st.randoms(use_true_random=False))
def test_a_point_keeps_its_front_wherever_its_row_stands(points, random):
    rows = list(range(len(points)))
    random.shuffle(rows)
    assert pareto_fronts(as_array(points)[rows]).tolist() == pareto_fronts(as_array(points))[rows].tolist()


def test_identical_points_share_their_front():
    assert pareto_fronts(np.ones((5, 2))).tolist() == [0] * 5


def test_a_point_worse_on_one_objective_and_equal_on_the_other_is_dominated():
    assert pareto_fronts(np.array([[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 1.0]])).tolist() == [2, 1, 0, 1]


def test_a_negative_zero_is_zero():
    assert pareto_fronts(np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, -0.0], [-0.0, 0.0]])).tolist() == [
        0,
        0,
        1,
        1,
    ]


def test_the_input_is_not_modified():
    points = np.random.default_rng(0).normal(size=(20, 2))
    before = points.copy()
    pareto_fronts(points)
    assert np.array_equal(points, before)
