"""Epsilon-lexicase selection: a parent is good in a few cases drawn for it, whatever its mean is.

A case is the return of one evaluation, here of one shared weight and one episode. For each parent some
cases are drawn, without replacement. All contestants start; case by case those stay whose return is not
more than a tolerance below the best return of those left. Of the last ones, one is the parent.

Spector (2012); epsilon-lexicase selection: La Cava, Spector & Danai (2016); dynamic tolerance: La Cava,
Helmuth, Spector & Moore (2019). Few cases drawn for each parent are close to down-sampled lexicase selection
(Hernandez, Lalejini, Dolson & Ofria 2019), which draws them once a generation. Fewest connections as the
last criterion are lexicographic parsimony pressure (Luke & Panait 2002).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from wannsearch.core.arrays import FloatArray, Int32Array, IntArray
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_integer_below
from wannsearch.core.streams import Stream

_MAX_INSERTION_SORT = 24
"""Up to so many contestants an insertion sort is faster than a pass over the whole pool."""


class Tolerance(str, Enum):
    """The distance below the best return of a case at which a contestant still passes it."""

    DYNAMIC = "dynamic"  # median absolute deviation of the case among those left
    STATIC = "static"  # median absolute deviation of the case among all of the pool; 2019: semi-dynamic
    NONE = "none"  # 0


class Ties(str, Enum):
    """The choice among the contestants that passed all drawn cases."""

    FEWEST_CONNECTIONS = "fewest_connections"  # of equally few, one at random
    RANDOM = "random"  # one at random


class _SortedCases(NamedTuple):
    """The contestants of every pool sorted by every case: one argument of the compiled loop."""

    rows: Int32Array  # (C, M) positions in the pools, pool by pool, from the highest return to the lowest
    returns: FloatArray  # (C, M) returns in the order of `rows`
    tolerances: FloatArray  # (C, G) median absolute deviation of each pool
    num_passing: IntArray  # (C, G) contestants of each pool that pass this case as the first one


@kernel
def _median_absolute_deviation(descending: Any, count: int) -> float:
    """Return the median distance of the first `count` numbers from their median; they are sorted."""
    middle = count // 2
    median = descending[middle] if count % 2 else (descending[middle - 1] + descending[middle]) / 2.0
    # The deviations grow from the middle outwards in both directions, so a merge sorts them.
    above, below = middle - 1, middle
    previous, current = 0.0, 0.0
    for _ in range(middle + 1):
        previous = current
        if below >= count or (above >= 0 and descending[above] - median <= median - descending[below]):
            current = descending[above] - median
            above -= 1
        else:
            current = median - descending[below]
            below += 1
    return current if count % 2 else (previous + current) / 2.0


@kernel
def _count_passing(descending: Any, count: int, tolerance: float) -> int:
    """Return how many of the first `count` sorted numbers are at most `tolerance` below the first."""
    threshold = descending[0] - tolerance
    num_passing = 1
    while num_passing < count and descending[num_passing] >= threshold:
        num_passing += 1
    return num_passing


@kernel
def _measure_pools(sorted_cases: _SortedCases, starts: Any, sizes: Any, has_tolerance: bool) -> None:
    """Fill the tolerances of `sorted_cases`, and the numbers of contestants that pass a first case."""
    returns, tolerances, num_passing = sorted_cases.returns, sorted_cases.tolerances, sorted_cases.num_passing
    for case in range(len(returns)):
        for pool in range(len(starts)):
            descending = returns[case, starts[pool] : starts[pool] + sizes[pool]]
            tolerances[case, pool] = (
                _median_absolute_deviation(descending, sizes[pool]) if has_tolerance else 0.0
            )
            num_passing[case, pool] = _count_passing(descending, sizes[pool], tolerances[case, pool])


@kernel
def _select_contestants(
    winners: Any,
    pool_of_child: Any,
    sorted_cases: _SortedCases,
    case_returns: Any,
    connections: Any,
    starts: Any,
    sizes: Any,
    num_drawn: int,
    is_dynamic: bool,
    prefers_few: bool,
    key: Any,
    purpose: int,
    first_draw: int,
) -> None:
    """Fill `winners` with a position for each child. Draws of a child: its cases, then the tie."""
    num_cases, num_contestants = sorted_cases.rows.shape
    case_order = np.empty(num_cases, np.int64)
    left, left_returns = np.empty(num_contestants, np.int32), np.empty(num_contestants)
    last_seen = np.full(num_contestants, -1, np.int64)
    stamp = np.int64(-1)
    for child in range(len(winners)):
        pool = pool_of_child[child]
        start, end = starts[pool], starts[pool] + sizes[pool]
        for case in range(num_cases):
            case_order[case] = case
        num_left = 0
        for place in range(num_drawn):
            drawn = place + sample_integer_below(
                key[0], key[1], child, purpose, first_draw + place, num_cases - place
            )
            case = case_order[drawn]
            case_order[drawn] = case_order[place]
            if place == 0:
                num_left = sorted_cases.num_passing[case, pool]
                left[:num_left] = sorted_cases.rows[case, start : start + num_left]
            else:
                if num_left <= _MAX_INSERTION_SORT:
                    for index in range(num_left):
                        position = left[index]
                        value = case_returns[case, position]
                        slot = index
                        while slot > 0 and left_returns[slot - 1] < value:
                            left_returns[slot], left[slot] = left_returns[slot - 1], left[slot - 1]
                            slot -= 1
                        left_returns[slot], left[slot] = value, position
                else:  # those left, in the order of the whole pool
                    stamp += 1
                    for index in range(num_left):
                        last_seen[left[index]] = stamp
                    num_sorted = 0
                    for index in range(start, end):
                        position = sorted_cases.rows[case, index]
                        left[num_sorted] = position
                        left_returns[num_sorted] = sorted_cases.returns[case, index]
                        num_sorted += last_seen[position] == stamp
                tolerance = sorted_cases.tolerances[case, pool]
                if is_dynamic:
                    tolerance = _median_absolute_deviation(left_returns, num_left)
                num_left = _count_passing(left_returns, num_left, tolerance)
            if num_left == 1:
                break
        if prefers_few:
            min_connections = connections[left[0]]
            for index in range(1, num_left):
                min_connections = min(min_connections, connections[left[index]])
            num_tied = 0
            for index in range(num_left):
                left[num_tied] = left[index]
                num_tied += connections[left[index]] == min_connections
            num_left = num_tied
        winners[child] = left[0]
        if num_left > 1:  # the order in `left` depends on the last case, so the tie counts positions upwards
            stamp += 1
            for index in range(num_left):
                last_seen[left[index]] = stamp
            countdown = sample_integer_below(key[0], key[1], child, purpose, first_draw + num_drawn, num_left)
            for position in range(start, end):
                if last_seen[position] == stamp:
                    if countdown == 0:
                        winners[child] = position
                        break
                    countdown -= 1


@dataclass(frozen=True)
class SortedPools:
    """Disjoint pools of M contestants, sorted by every case once, however often parents are then selected."""

    starts: IntArray  # (G,) position of the first contestant of each pool
    sizes: IntArray  # (G,) contestants, 1 or more
    case_returns: FloatArray  # (C, M) finite
    connections: Int32Array  # (M,)
    tolerance: Tolerance
    sorted_cases: _SortedCases

    def select_parents(
        self, pool_of_child: IntArray, num_drawn: int, ties: Ties, rng: Stream, first_draw: int = 0
    ) -> IntArray:
        """Return (N,) int64 positions of the parents of N children, each from the pool of its child (N,).

        Of the C cases `num_drawn`, 1 to C, are drawn for each child. A child uses the draws `first_draw`
        to `first_draw` + `num_drawn` of its row.
        """
        winners = np.empty(len(pool_of_child), np.int64)
        _select_contestants(
            winners,
            pool_of_child,
            self.sorted_cases,
            self.case_returns,
            self.connections,
            self.starts,
            self.sizes,
            num_drawn,
            self.tolerance is Tolerance.DYNAMIC,
            ties is Ties.FEWEST_CONNECTIONS,
            rng.key,
            rng.purpose,
            first_draw,
        )
        return winners


def sort_pools(
    starts: IntArray,
    sizes: IntArray,
    case_returns: FloatArray,
    connections: Int32Array,
    tolerance: Tolerance,
) -> SortedPools:
    """Sort the G pools, `starts` (G,) and `sizes` (G,), by each of C cases, and measure their tolerances.

    `case_returns` is (M, C); returns that are not finite count as 0, so a pool of which nothing is known
    draws at random. `connections` is (M,).
    """
    columns = np.ascontiguousarray(np.where(np.isfinite(case_returns), case_returns, 0.0).T)
    num_cases, num_contestants = columns.shape
    rows = np.zeros((num_cases, num_contestants), np.int32)
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        pool = slice(start, start + size)
        rows[:, pool] = start + np.argsort(-columns[:, pool], axis=1, kind="stable")
    sorted_cases = _SortedCases(
        rows,
        np.take_along_axis(columns, rows, axis=1),
        np.empty((num_cases, len(starts))),
        np.empty((num_cases, len(starts)), np.int64),
    )
    _measure_pools(sorted_cases, starts, sizes, tolerance is not Tolerance.NONE)
    return SortedPools(starts, sizes, columns, connections, tolerance, sorted_cases)
