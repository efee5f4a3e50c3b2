"""One order from two objectives: by front, within a front the larger crowding distance first.

Deb et al. (2002), NSGA-II. Ties are broken by the objectives and then by row, so that the order is total
and the same everywhere; the published WANN code leaves them to an unstable sort.
"""

from __future__ import annotations

import numpy as np

from wannsearch.core.arrays import FloatArray, IntArray
from wannsearch.ranking.crowding import CrowdingScale, crowding_by_front
from wannsearch.ranking.pareto import pareto_fronts


def nsga2_order(objectives: FloatArray, scale: CrowdingScale = CrowdingScale.RANGE) -> IntArray:
    """Sort the rows of (P, 2) maximised objectives; (P,) int64 from best to worst.

    Equal crowding goes to the higher first objective, then the higher second, then the lower row.
    """
    front = pareto_fronts(objectives)
    crowding = crowding_by_front(objectives, front, scale)
    return np.lexsort((-objectives[:, 1], -objectives[:, 0], -crowding, front)).astype(np.int64)
