"""Resampling with replacement (Efron 1979) from a keyed generator.

Draw d of resample b is word b n + d of Philox4x64-10, under a key that depends on the purpose of the draws
and their stratum alone. The same sample therefore gives the same interval to the bit. The raw words are
converted to indices here, because NumPy guarantees their stability, and guarantees none for the methods of
its `Generator`.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np

from wannsearch.core.arrays import IndexArray
from wannsearch.core.streams import to_uniform

RESAMPLES = 10_000
BAND_RESAMPLES = 2_000
"""Resamples where there is an interval at each of many points."""

_MAX_DRAWS = 20_000_000
_MIN_RESAMPLES = 1_000
_KEY = 0x57A7_15_71C5


class ResamplePurpose(IntEnum):
    """The purpose of the draws. The numbers are part of every interval: never reuse or renumber one."""

    ONE_SAMPLE = 0
    STRATA = 1
    PERMUTATION = 2


def cap_resamples(n: int, resamples: int) -> int:
    """Reduce the number of resamples for thousands of runs, to bound memory; fewer are then enough.

    There are at most 20 million draws, but never fewer than 1000 resamples where as many were asked for.
    """
    return min(resamples, max(_MIN_RESAMPLES, _MAX_DRAWS // max(n, 1)))


def make_generator(purpose: ResamplePurpose, stratum: int = 0) -> np.random.Philox:
    """Return the generator of all draws for this purpose; `stratum` numbers independent samples."""
    return np.random.Philox(key=(_KEY << 64) | (int(purpose) << 32) | stratum)


@lru_cache(maxsize=4)  # a band uses the same indices at each of its points
def resample_indices(n: int, resamples: int, purpose: ResamplePurpose, stratum: int = 0) -> IndexArray:
    """Draw indices (resamples, n) into a sample of n; `stratum` numbers independent samples.

    The result is cached, so the array is read-only.
    """
    generator = make_generator(purpose, stratum)
    raw_words = generator.random_raw(resamples * n).astype(np.uint64, copy=False)
    indices: IndexArray = (to_uniform(raw_words) * n).astype(np.intp)
    indices = indices.reshape(resamples, n)
    indices.setflags(write=False)
    return indices
