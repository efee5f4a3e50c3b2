from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wannsearch.ranking.crowding import CrowdingScale, crowding_distance
from wannsearch.ranking.nsga2 import nsga2_order
from wannsearch.ranking.pareto import pareto_fronts

VALUE = st.floats(-1e6, 1e6).map(lambda value: round(value, 3)) | st.integers(0, 3).map(float)
POINTS = st.lists(st.tuples(VALUE, VALUE), min_size=1, max_size=40).map(np.array)
SCALES = pytest.mark.parametrize("scale", list(CrowdingScale))
quick = settings(max_examples=60, deadline=None, derandomize=True)


@SCALES
@quick
@given(points=POINTS)
def test_the_order_is_a_permutation_and_the_same_each_time(points, scale):
    before = points.copy()
    order = nsga2_order(points, scale)
    assert sorted(order.tolist()) == list(range(len(points)))
    assert np.array_equal(order, nsga2_order(points, scale))
    assert np.array_equal(points, before)


@SCALES
@quick
@given(points=POINTS)
def test_fronts_follow_one_another_and_within_one_the_lonelier_come_first(points, scale):
    order, front = nsga2_order(points, scale), pareto_fronts(points)
    assert (np.diff(front[order]) >= 0).all()
    for number in range(front.max() + 1):
        members = np.flatnonzero(front == number)
        lonely = dict(zip(members.tolist(), crowding_distance(points[members], scale), strict=True))
        along = [lonely[row] for row in order.tolist() if row in lonely]
        assert along == sorted(along, reverse=True)


@SCALES
@quick
@given(points=POINTS)
def test_equal_crowding_goes_to_the_better_objectives_then_to_the_earlier_row(points, scale):
    order, front = nsga2_order(points, scale).tolist(), pareto_fronts(points)
    lonely = np.empty(len(points))
    for number in range(front.max() + 1):
        lonely[front == number] = crowding_distance(points[front == number], scale)
    for one, other in pairwise(order):
        if front[one] == front[other] and lonely[one] == lonely[other]:
            assert (*-points[one], one) < (*-points[other], other)


@SCALES
@quick
@given(points=POINTS, random=st.randoms(use_true_random=False))
def test_without_equal_points_the_order_moves_with_the_rows(points, random, scale):
    points = np.unique(points, axis=0)
    rows = list(range(len(points)))
    random.shuffle(rows)
    assert np.array_equal(points[rows][nsga2_order(points[rows], scale)], points[nsga2_order(points, scale)])


@SCALES
def test_the_best_on_each_objective_lead(scale):
    points = np.array([[3.0, 0.5], [9.0, 0.1], [5.0, 0.4], [1.0, 1.0], [2.0, 0.2], [8.9, 0.1]])
    assert nsga2_order(points, scale)[:2].tolist() == [1, 3]


def test_one_alone_is_first():
    assert nsga2_order(np.array([[4.0, 2.0]])).tolist() == [0]


def test_equal_points_keep_the_order_of_their_ends_and_rows():
    assert sorted(nsga2_order(np.ones((4, 2))).tolist()) == [0, 1, 2, 3]
    assert set(nsga2_order(np.ones((4, 2)))[:2].tolist()) == {0, 3}
