"""One order from two objectives: fronts first, within a front the lonelier first.

Ties are broken by the caller's own key and then by row, so that the order is total and the same
everywhere; the published code leaves them to an unstable sort.
"""

from __future__ import annotations

import numpy as np

from wannsearch.core.arrays import FloatArray, IntArray
from wannsearch.ranking.crowding import CrowdingScale, crowding_by_front
from wannsearch.ranking.pareto import pareto_fronts


def nsga2_order(objectives: FloatArray, scale: CrowdingScale = CrowdingScale.RANGE) -> IntArray:
    """(P, 2) maximised objectives -> (P,) rows from best to worst.

    Equal crowding goes to the higher first objective, then the higher second, then the lower row.
    """
    front = pareto_fronts(objectives)
    crowding = crowding_by_front(objectives, front, scale)
    return np.lexsort((-objectives[:, 1], -objectives[:, 0], -crowding, front)).astype(np.int64)
