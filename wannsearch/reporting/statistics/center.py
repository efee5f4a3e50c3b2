"""Where a sample lies: interquartile mean, mean and median.

The interquartile mean is the mean of what is left when the lowest and the highest quarter of n values,
floor(n / 4) each, are set aside (Agarwal et al. 2021, "Deep RL at the Edge of the Statistical
Precipice", section 4.3):

    IQM = mean(x[k], ..., x[n - k - 1]),  k = floor(n / 4),  x sorted.

It moves less with a lucky run than the mean, and wastes fewer runs than the median.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wannsearch.core.arrays import FloatArray

Center = Callable[[FloatArray], FloatArray]
"""(..., n) -> (...), n >= 1, over the last axis."""


def iqm(values: FloatArray) -> FloatArray:
    """(..., n) -> (...): interquartile means; the mean where n < 4."""
    n = values.shape[-1]
    num_trimmed = n // 4
    trimmed = np.sort(values, axis=-1)[..., num_trimmed : n - num_trimmed]
    # Rounding may carry a mean of equal numbers past them.
    return np.asarray(np.clip(trimmed.mean(axis=-1), trimmed[..., 0], trimmed[..., -1]))


def mean(values: FloatArray) -> FloatArray:
    """(..., n) -> (...)."""
    return np.asarray(values.mean(axis=-1))


def median(values: FloatArray) -> FloatArray:
    """(..., n) -> (...)."""
    return np.asarray(np.median(values, axis=-1))


CENTERS: dict[str, Center] = {"iqm": iqm, "mean": mean, "median": median}
