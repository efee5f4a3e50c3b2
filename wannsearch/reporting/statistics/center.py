"""The center of a sample: interquartile mean, mean and median.

The interquartile mean drops the lowest and the highest quarter of n values, floor(n / 4) each, and averages
the rest (Agarwal et al. 2021, "Deep RL at the Edge of the Statistical Precipice", section 4.3):

    IQM = mean(x[k], ..., x[n - k - 1]),  k = floor(n / 4),  x sorted.

It varies less with a lucky run than the mean, and uses more of the runs than the median.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wannsearch.core.arrays import FloatArray

Center = Callable[[FloatArray], FloatArray]
"""A function from values (..., n), n >= 1, to centers (...) over the last axis."""


def iqm(values: FloatArray) -> FloatArray:
    """Map values (..., n) to interquartile means (...), which are plain means where n < 4."""
    n = values.shape[-1]
    num_trimmed = n // 4
    trimmed = np.sort(values, axis=-1)[..., num_trimmed : n - num_trimmed]
    # Rounding may carry a mean of equal numbers past them.
    return np.asarray(np.clip(trimmed.mean(axis=-1), trimmed[..., 0], trimmed[..., -1]))


def mean(values: FloatArray) -> FloatArray:
    """Map values (..., n) to means (...)."""
    return np.asarray(values.mean(axis=-1))


def median(values: FloatArray) -> FloatArray:
    """Map values (..., n) to medians (...)."""
    return np.asarray(np.median(values, axis=-1))


CENTERS: dict[str, Center] = {"iqm": iqm, "mean": mean, "median": median}
