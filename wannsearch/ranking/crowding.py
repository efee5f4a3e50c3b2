"""Crowding distance: how alone a solution stands on its Pareto front.

Deb et al. (2002), NSGA-II, section III-B. Along objective m, sorted over the front,

    d_i = sum over m of (f_m[i+1] - f_m[i-1]) * scale_m

and both ends count as infinitely far. The scale is 1 / (max f_m - min f_m). The published WANN code
has |1 / max f_m - min f_m| by operator precedence (quirk Q6), which lets the reward dominate.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt


class CrowdingScale(str, Enum):
    """What a gap between neighbours is multiplied with."""

    RANGE = "range"  # 1 / (max - min)
    PUBLISHED = "published"  # |1 / max - min|


def crowding_distance(
    objectives: npt.NDArray[np.float64], scale: CrowdingScale = CrowdingScale.RANGE
) -> npt.NDArray[np.float64]:
    """(F, M) objective values of one front -> (F,) distances."""
    distance = np.zeros(len(objectives))
    for values in objectives.T:
        order = np.argsort(values, kind="stable")
        ranked = values[order]
        low, high = ranked[0], ranked[-1]
        if scale == CrowdingScale.RANGE:
            factor = 1.0 / (high - low) if high > low else 0.0
        else:
            factor = abs(1.0 / high - low) if high != 0.0 else np.inf
        gaps = ranked[2:] - ranked[:-2]
        distance[order[1:-1]] += np.multiply(gaps, factor, out=np.zeros_like(gaps), where=gaps > 0.0)
        distance[order[[0, -1]]] = np.inf
    return distance
