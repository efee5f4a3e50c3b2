"""The front of all generations, against its definition, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wannsearch.core.errors import ConfigError
from wannsearch.core.front import Front, check_front, empty_front, extend_front

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6) | st.just(np.nan)), min_size=1, max_size=8)


def front_of(generations: list[list[tuple[int, float]]]) -> Front:
    front = empty_front()
    for number, rows in enumerate(generations, start=1):
        sizes, means = np.array(rows, float).T
        ids = 100 * number + np.arange(len(rows))
        front = extend_front(front, number, sizes.astype(np.int32), means, ids)
    return front


@given(st.lists(ROWS, min_size=1, max_size=5))
def test_the_front_is_what_nobody_of_any_generation_dominates(generations):
    everybody = [
        (size, mean, number, 100 * number + row)
        for number, rows in enumerate(generations, start=1)
        for row, (size, mean) in enumerate(rows)
        if mean == mean
    ]
    expected = [
        one
        for place, one in enumerate(everybody)
        if not any(
            other[0] <= one[0] and other[1] >= one[1] and (other[:2] != one[:2] or earlier < place)
            for earlier, other in enumerate(everybody)
        )
    ]
    front = front_of(generations)
    found = zip(front.size, front.mean, front.generation, front.id, strict=True)
    assert list(found) == sorted(expected)


@given(st.lists(ROWS, min_size=1, max_size=3))
def test_a_front_that_a_search_comes_to_is_not_refused(generations):
    check_front(front_of(generations))


@pytest.mark.parametrize("change", ["sizes fall", "scores fall", "no number", "one more"])
def test_arrays_that_are_no_front_are_refused_in_one_line(change):
    front = front_of([[(1, 1.0), (2, 2.0)]])
    size, mean, ids = front.size.copy(), front.mean.copy(), front.id
    if change == "sizes fall":
        size[1] = 0
    elif change == "scores fall":
        mean[1] = 0.0
    elif change == "no number":
        mean[1] = np.inf
    else:
        ids = np.arange(3)
    with pytest.raises(ConfigError, match="front") as caught:
        check_front(Front(size, mean, front.generation, ids))
    assert "\n" not in str(caught.value)
