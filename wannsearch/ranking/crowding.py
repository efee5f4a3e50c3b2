"""Crowding distance: the distance of a solution to its neighbours on its Pareto front.

Deb et al. (2002), NSGA-II, section III-B. Along objective m, sorted over the front,

    d_i = sum over m of (f_m[i+1] - f_m[i-1]) * scale_m

and both ends have an infinite distance. The scale is 1 / (max f_m - min f_m), and 0 where all values are
equal. The published WANN code has |1 / max f_m - min f_m| by operator precedence (quirk Q6), which lets the
reward dominate; it is infinite where max f_m is 0.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray, IntArray
from wannsearch.core.kernels.compiling import kernel


class CrowdingScale(str, Enum):
    """The factor of the gap between two neighbours, for one objective."""

    RANGE = "range"  # 1 / (max - min)
    PUBLISHED = "published"  # |1 / max - min|


@kernel
def _add_distances(
    values: Any, order: Any, front_start: Any, use_published_scale: bool, distance: Any
) -> None:
    """Add the terms of one objective to `distance` (P,).

    `order` (P,) sorts `values` (P,) by front, then value. Front k begins at position `front_start[k]` of it.
    """
    for front in range(len(front_start) - 1):
        first, last = front_start[front], front_start[front + 1] - 1
        low, high = values[order[first]], values[order[last]]
        if not use_published_scale:
            factor = 1.0 / (high - low) if high > low else 0.0
        else:
            factor = abs(1.0 / high - low) if high != 0.0 else np.inf
        for position in range(first + 1, last):
            gap = values[order[position + 1]] - values[order[position - 1]]
            if gap > 0.0:
                distance[order[position]] += gap * factor
        distance[order[first]] = np.inf
        distance[order[last]] = np.inf


def crowding_by_front(objectives: FloatArray, front: IntArray, scale: CrowdingScale) -> FloatArray:
    """Map (P, M) objective values and (P,) fronts to (P,) distances, each within its own front.

    Fronts are numbered from 0 without gaps, as `pareto_fronts` does.
    """
    distance = np.zeros(len(objectives))
    front_start = np.concatenate([[0], np.cumsum(np.bincount(front))])
    for values in np.ascontiguousarray(objectives.T):
        order = np.lexsort((values, front))
        _add_distances(values, order, front_start, scale == CrowdingScale.PUBLISHED, distance)
    return distance


def crowding_distance(objectives: FloatArray, scale: CrowdingScale = CrowdingScale.RANGE) -> FloatArray:
    """Map (F, M) objective values of one front to (F,) distances; the ends of an objective have infinity."""
    return crowding_by_front(objectives, np.zeros(len(objectives), np.int64), scale)
