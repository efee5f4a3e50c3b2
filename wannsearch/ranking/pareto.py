"""Non-dominated sorting of two maximised objectives in O(n log n).

Deb et al. (2002), NSGA-II: p dominates q when it is no worse in both objectives and better in one;
front 0 is not dominated, front k only by points of earlier fronts. Identical points share
their front. In falling order of the first objective, then of the second, a point belongs to the
first front whose highest second objective so far it is not dominated by, and those maxima fall from
front to front: a binary search finds it (Jensen 2003).
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from wannsearch.core.arrays import FloatArray, IntArray
from wannsearch.core.kernels.compiling import kernel


@kernel
def _pareto_fronts(first: Any, second: Any, order: Any) -> Any:
    front = np.zeros(len(first), np.int64)
    max_second = np.empty(len(first))  # of the second objective, front by front
    last_in_front = np.empty(len(first), np.int64)  # the last point put into that front
    num_fronts = 0
    for point in order:
        low, high = 0, num_fronts
        while low < high:
            middle = (low + high) // 2
            other_point = last_in_front[middle]
            is_identical = first[other_point] == first[point] and second[other_point] == second[point]
            if second[point] > max_second[middle] or is_identical:
                high = middle
            else:
                low = middle + 1
        front[point] = low
        max_second[low] = second[point]
        last_in_front[low] = point
        num_fronts = max(num_fronts, low + 1)
    return front


def pareto_fronts(objectives: FloatArray) -> IntArray:
    """Map (P, 2) maximised objectives without NaN to (P,) int64 fronts of the rows; 0 is the best front."""
    first, second = np.ascontiguousarray(objectives.T)
    order = np.lexsort((-second, -first))
    return cast("IntArray", _pareto_fronts(first, second, order))
