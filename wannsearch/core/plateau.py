"""Order among equally good weights: the safest is the one furthest from any worse weight.

Many tasks have a highest return. Where almost all weights reach it, an order by mean alone would choose
by accident: the edge of a plateau as readily as its middle. So of equal means the weight with the widest
margin comes first, where the margin of w_i is

    d_i = min |w_i - w_j|  over all j with mean_j < mean_i

and infinite if no weight is worse. Weights beyond the range are not known to be worse; a plateau that
reaches the end of the range is safest there. Remaining ties are ordered by magnitude, the smaller first,
then the negative.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wannsearch.core.arrays import FloatArray, IndexArray


def measure_margins(weights: npt.ArrayLike, means: npt.ArrayLike) -> FloatArray:
    """Return the (K,) margin d_i of each weight, infinite if none is worse; a mean of NaN counts as -inf."""
    values, comparable_means = np.asarray(weights, np.float64), _replace_nan(means)
    margins = np.full(len(values), np.inf)
    ascending_order = np.argsort(values, kind="stable")
    for order in (ascending_order, ascending_order[::-1]):  # the nearest below, then the nearest above
        worse_indices: list[int] = []  # a stack with rising means, so that its last index is the nearest
        for index in order.tolist():
            while worse_indices and comparable_means[worse_indices[-1]] >= comparable_means[index]:
                worse_indices.pop()
            if worse_indices:
                margins[index] = min(margins[index], abs(values[index] - values[worse_indices[-1]]))
            worse_indices.append(index)
    return margins


def order_weights(weights: npt.ArrayLike, means: npt.ArrayLike) -> IndexArray:
    """Return the (K,) indices of the weights: the highest mean first, of equal means the widest margin.

    Remaining ties are ordered as in this module. A NaN mean counts as minus infinity.
    """
    values = np.asarray(weights, np.float64)
    return np.lexsort((values, np.abs(values), -measure_margins(values, means), -_replace_nan(means)))


def _replace_nan(means: npt.ArrayLike) -> FloatArray:
    comparable_means: FloatArray = np.nan_to_num(
        np.asarray(means, np.float64), nan=-np.inf, posinf=np.inf, neginf=-np.inf
    )
    return comparable_means
