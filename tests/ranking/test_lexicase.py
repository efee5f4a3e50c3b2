"""Parents by lexicase: who passes the drawn cases, and who of those is taken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranking.plain_lexicase import median_absolute_deviation, select_plain
from scipy.stats import chisquare, median_abs_deviation

from wannsearch.core.streams import Role, make_stream
from wannsearch.ranking.lexicase import Ties, Tolerance, sort_pools

RNG = make_stream(5, Role.TELL, 1).for_purpose(1)


def parents(returns, connections=None, children=2000, drawn=None, tolerance="none", ties="random", **rest):
    """Positions of the parents of so many children from one pool of all."""
    returns = np.asarray(returns, float)
    if connections is None:
        connections = np.ones(len(returns), np.int32)
    start, size = np.array([0]), np.array([len(returns)])
    pools = sort_pools(start, size, returns, np.asarray(connections, np.int32), Tolerance(tolerance))
    num_drawn = returns.shape[1] if drawn is None else drawn
    return pools.select_parents(np.zeros(children, np.int64), num_drawn, Ties(ties), rest.pop("rng", RNG))


@given(st.data())
def test_parents_are_those_of_the_papers_rule_in_plain_numpy(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    size, num_cases = int(rng.integers(1, 120)), int(rng.integers(1, 20))
    # Rounded, so that many are equal; wide and narrow pools.
    returns = np.round(rng.normal(size=(size, num_cases)) * rng.choice([1, 3, 100]), int(rng.integers(0, 3)))
    connections = rng.integers(0, 5, size).astype(np.int32)
    first_size = int(rng.integers(1, size + 1))
    starts, sizes = np.array([0, first_size]), np.array([first_size, size - first_size])
    starts, sizes = starts[sizes > 0], sizes[sizes > 0]
    pool_of_child = rng.integers(0, len(starts), 15)
    num_drawn, first_draw = int(rng.integers(1, num_cases + 1)), int(rng.integers(0, 6))
    tolerance, ties = data.draw(st.sampled_from(Tolerance)), data.draw(st.sampled_from(Ties))
    pools = sort_pools(starts, sizes, returns, connections, tolerance)
    for _ in range(2):  # what one selection leaves changes nothing for the next
        found = pools.select_parents(pool_of_child, num_drawn, ties, RNG, first_draw)
    uniforms = RNG.uniform(15, first_draw + num_drawn + 1)[:, first_draw:]
    for child, pool in enumerate(pool_of_child.tolist()):
        rows = np.arange(starts[pool], starts[pool] + sizes[pool])
        expected = select_plain(
            rows,
            returns,
            connections,
            num_drawn,
            tolerance.value,
            ties.value,
            uniforms[child],
        )
        assert found[child] == expected


def test_the_plain_deviation_is_that_of_scipy():
    numbers = np.random.default_rng(0).normal(size=31)
    assert median_absolute_deviation(numbers) == median_abs_deviation(numbers)


def test_the_best_of_any_one_case_is_a_parent_whatever_its_mean():
    returns = np.full((40, 6), 400.0)
    returns[7] = [900.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    chosen = parents(returns, drawn=1)
    assert (chosen == 7).mean() == pytest.approx(1 / 6 + 0 / 40, abs=0.03)
    assert len(set(chosen.tolist())) == 40


def test_each_case_is_drawn_first_equally_often():
    chosen = parents(np.eye(8), children=8000)
    assert chisquare(np.bincount(chosen, minlength=8)).pvalue > 1e-4


def test_the_second_case_decides_among_those_equal_in_the_first():
    returns = [[1.0, 0.0], [1.0, 5.0], [0.0, 9.0]]
    assert set(parents(returns).tolist()) == {1, 2}


def test_a_tolerance_lets_those_pass_that_are_at_most_the_median_deviation_below_the_best():
    returns = np.array([[10.0], [9.0], [8.9], [2.0], [1.0]])  # the median is 8.9, the deviation 1.1
    assert set(parents(returns, tolerance="dynamic").tolist()) == {0, 1, 2}
    assert set(parents(returns, tolerance="none").tolist()) == {0}


def test_the_dynamic_tolerance_narrows_with_those_left_and_the_static_one_does_not():
    # The first case leaves two, which differ by 1 in the second; there all of the pool deviate by 50.
    returns = np.array([[100.0, 0.0], [100.0, 1.0], [0.0, 100.0], [0.0, -100.0], [0.0, 50.0]])
    dynamic, static = (
        np.bincount(parents(returns, children=4000, tolerance=rule), minlength=5)[:2]
        for rule in ("dynamic", "static")
    )
    assert dynamic[0] < 0.6 * dynamic[1]
    assert static[0] == pytest.approx(static[1], rel=0.15)


def test_of_those_left_the_one_with_the_fewest_connections_is_taken_and_equal_ones_equally_often():
    returns, connections = np.ones((5, 3)), [4, 2, 2, 9, 2]
    chosen = parents(returns, connections, children=6000, ties="fewest_connections")
    counts = np.bincount(chosen, minlength=5)
    assert counts[[0, 3]].tolist() == [0, 0]
    assert chisquare(counts[[1, 2, 4]]).pvalue > 1e-4
    assert chisquare(np.bincount(parents(returns, connections, children=6000))).pvalue > 1e-4


def test_a_pool_of_failures_draws_at_random():
    chosen = parents(np.full((4, 2), np.nan), drawn=1, tolerance="dynamic")
    assert chisquare(np.bincount(chosen, minlength=4)).pvalue > 1e-4


def test_parents_depend_on_the_stream_and_the_number_of_the_child_alone():
    returns = np.random.default_rng(2).normal(size=(60, 18))
    many = parents(returns, children=50, drawn=3, tolerance="dynamic")
    assert parents(returns, children=20, drawn=3, tolerance="dynamic").tolist() == many[:20].tolist()
    other = parents(returns, children=50, drawn=3, tolerance="dynamic", rng=RNG.for_purpose(9))
    assert other.tolist() != many.tolist()


def test_no_children_have_no_parents():
    assert parents(np.ones((3, 2)), children=0).shape == (0,)
