import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wannsearch.ranking.crowding import CrowdingScale, crowding_distance

VALUE = st.floats(-1e6, 1e6).map(lambda value: round(value, 3)) | st.integers(-3, 3).map(float)
FRONTS = st.lists(st.tuples(VALUE, VALUE), min_size=1, max_size=25)
SCALES = pytest.mark.parametrize("scale", list(CrowdingScale))


def factor(values, scale):
    """What gaps are multiplied with: 1 / (max - min), or as published |1 / max - min|."""
    low, high = min(values), max(values)
    if scale is CrowdingScale.RANGE:
        return 1 / (high - low) if high > low else 0.0
    return abs(1 / high - low) if high else math.inf


def literal(front, scale):
    """Deb et al. (2002), crowding-distance-assignment, as printed; ties in the order of rows."""
    distance = [0.0] * len(front)
    for m in range(2):
        values = [point[m] for point in front]
        order = sorted(range(len(front)), key=values.__getitem__)
        distance[order[0]] = distance[order[-1]] = math.inf
        for i in range(1, len(order) - 1):
            gap = values[order[i + 1]] - values[order[i - 1]]
            distance[order[i]] += gap * factor(values, scale) if gap else 0.0
    return distance


@SCALES
@settings(max_examples=100, deadline=None, derandomize=True)
@given(front=FRONTS)
def test_distances_are_those_of_the_printed_algorithm(front, scale):
    distance = crowding_distance(np.array(front), scale)
    assert distance == pytest.approx(literal(front, scale), rel=1e-12, nan_ok=False)


def test_a_small_front_by_hand():
    front = np.array([[0.0, 10.0], [1.0, 6.0], [3.0, 5.0], [4.0, 0.0]])
    expected = [math.inf, 3 / 4 + 5 / 10, 3 / 4 + 6 / 10, math.inf]
    assert crowding_distance(front) == pytest.approx(expected)


def test_the_published_scale_lets_the_reward_dominate():
    front = np.array([[100.0, 1.0], [200.0, 1 / 2], [350.0, 1 / 5], [500.0, 1 / 50]])
    by_reward = abs(1 / 500 - 100)
    by_size = abs(1 / 1 - 1 / 50)
    assert by_reward == pytest.approx(100, abs=0.01)
    assert by_size == pytest.approx(1, abs=0.03)
    expected = [250 * by_reward + 0.8 * by_size, 300 * by_reward + 0.48 * by_size]
    assert crowding_distance(front, CrowdingScale.PUBLISHED)[1:3] == pytest.approx(expected)
    expected = [250 / 400 + 0.8 / 0.98, 300 / 400 + 0.48 / 0.98]
    assert crowding_distance(front, CrowdingScale.RANGE)[1:3] == pytest.approx(expected)


def test_the_right_scale_is_the_default():
    front = np.random.default_rng(0).normal(size=(9, 2))
    assert np.array_equal(crowding_distance(front), crowding_distance(front, CrowdingScale.RANGE))


@SCALES
@pytest.mark.parametrize("size", [1, 2])
def test_a_front_of_one_or_two_is_all_ends(size, scale):
    assert np.isinf(crowding_distance(np.arange(2.0 * size).reshape(size, 2), scale)).all()


@SCALES
@settings(max_examples=40, deadline=None, derandomize=True)
@given(front=FRONTS)
def test_both_ends_of_every_objective_are_infinitely_far(front, scale):
    distance = crowding_distance(np.array(front), scale)
    for values in np.array(front).T:
        assert np.isinf(distance[values == values.min()]).any()
        assert np.isinf(distance[values == values.max()]).any()


@SCALES
@pytest.mark.parametrize("constant", [0.0, -0.0, 1.0, -7.5])
def test_a_constant_objective_adds_nothing_and_no_nan(constant, scale):
    values = np.array([1.0, 2.0, 4.0, 8.0, 9.0])
    front = np.column_stack([values, np.full(5, constant)])
    alone = np.array(literal([(value, constant) for value in values], scale))
    distance = crowding_distance(front, scale)
    assert not np.isnan(distance).any()
    assert distance == pytest.approx(alone)
    assert not np.isnan(crowding_distance(np.full((6, 2), constant), scale)).any()


@SCALES
def test_the_input_is_not_modified(scale):
    front = np.random.default_rng(0).normal(size=(20, 2))
    before = front.copy()
    crowding_distance(front, scale)
    assert np.array_equal(front, before)


@SCALES
@pytest.mark.parametrize("top", [1e-300, 1e-9, 1e9, 1e150])
def test_very_small_and_very_large_values_give_no_nan_and_no_warning(top, scale):
    front = np.column_stack([np.linspace(-1, 1, 7) * top, np.linspace(1.0, 0.1, 7)])
    assert not np.isnan(crowding_distance(front, scale)).any()
