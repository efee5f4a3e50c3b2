"""Non-dominated sorting of two maximised objectives in O(n log n).

Deb et al. (2002), NSGA-II: p dominates q when it is no worse in both objectives and better in one;
front 0 is what nobody dominates, front k what only earlier fronts dominate. Identical points share
their front. In falling order of the first objective, then of the second, a point belongs to the
first front whose highest second objective so far it is not dominated by, and those maxima fall from
front to front: a binary search finds it (Jensen 2003).
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from wannsearch.core.kernels.compiling import kernel


@kernel
def _fronts(first: Any, second: Any, order: Any) -> Any:
    front = np.zeros(len(first), np.int64)
    highest = np.empty(len(first))  # of the second objective, front by front
    holder = np.empty(len(first), np.int64)  # the last point put into that front
    count = 0
    for point in order:
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            last = holder[middle]
            same = first[last] == first[point] and second[last] == second[point]
            if second[point] > highest[middle] or same:
                high = middle
            else:
                low = middle + 1
        front[point] = low
        highest[low] = second[point]
        holder[low] = point
        count = max(count, low + 1)
    return front


def fronts(objectives: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """(P, 2) maximised objectives -> (P,) number of each row's front; 0 is best. NaN is not allowed."""
    first, second = np.ascontiguousarray(objectives.T)
    order = np.lexsort((-second, -first))
    return cast("npt.NDArray[np.int64]", _fronts(first, second, order))
