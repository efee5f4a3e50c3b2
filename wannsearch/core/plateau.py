"""Of equally good weights the safest: the one furthest from a worse one.

Many tasks have a highest return, and where all weights but a few reach it, an order by mean alone
chooses by accident: the edge of the only cliff as gladly as the middle of the plateau. So of equal
means the weight with the widest margin comes first, where the margin of w_i is

    d_i = min |w_i - w_j|  over all j with mean_j < mean_i

and infinite where none is worse. The end of the range is not known to be worse; a plateau that reaches
it is safest there. What is still equal is ordered by magnitude, the smaller first, then the negative.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wannsearch.core.arrays import FloatArray, IndexArray


def measure_margins(weights: npt.ArrayLike, means: npt.ArrayLike) -> FloatArray:
    """(K,) distance from each weight to the nearest that is worse; NaN is worse than anything."""
    values, comparable_means = np.asarray(weights, np.float64), _replace_nan(means)
    margins = np.full(len(values), np.inf)
    ascending_order = np.argsort(values, kind="stable")
    for order in (ascending_order, ascending_order[::-1]):  # the nearest below, then the nearest above
        worse_indices: list[int] = []  # indices passed, their means rising: the last of them is the nearest
        for index in order.tolist():
            while worse_indices and comparable_means[worse_indices[-1]] >= comparable_means[index]:
                worse_indices.pop()
            if worse_indices:
                margins[index] = min(margins[index], abs(values[index] - values[worse_indices[-1]]))
            worse_indices.append(index)
    return margins


def order_weights(weights: npt.ArrayLike, means: npt.ArrayLike) -> IndexArray:
    """(K,) indices, the highest mean first; of equal ones the widest margin."""
    values = np.asarray(weights, np.float64)
    return np.lexsort((values, np.abs(values), -measure_margins(values, means), -_replace_nan(means)))


def _replace_nan(means: npt.ArrayLike) -> FloatArray:
    comparable_means: FloatArray = np.nan_to_num(
        np.asarray(means, np.float64), nan=-np.inf, posinf=np.inf, neginf=-np.inf
    )
    return comparable_means
