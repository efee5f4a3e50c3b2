"""Resampling with replacement (Efron 1979) from a keyed generator.

Draw d of resample b is word b n + d of Philox4x64-10 under a key that names nothing but what the draws
are for: the same sample gives the same interval to the bit, today and on another day. The raw words
are turned into places here, because NumPy promises that they stay, and promises nothing of the methods
of its `Generator`.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np

from wannsearch.core.arrays import IndexArray
from wannsearch.core.streams import to_uniform

RESAMPLES = 10_000
BAND_RESAMPLES = 2_000
"""Fewer where there is an interval at each of many points."""

_MAX_DRAWS = 20_000_000
_MIN_RESAMPLES = 1_000
_KEY = 0x57A7_15_71C5


class ResamplePurpose(IntEnum):
    """What the draws are for. The numbers are part of every interval: never reuse or renumber one."""

    ONE_SAMPLE = 0
    STRATA = 1


def cap_resamples(n: int, resamples: int) -> int:
    """Fewer resamples where runs are thousands, for memory's sake; then fewer are needed, too."""
    return min(resamples, max(_MIN_RESAMPLES, _MAX_DRAWS // max(n, 1)))


@lru_cache(maxsize=4)  # a band asks for the same ones at each of its points
def resample_indices(n: int, resamples: int, purpose: ResamplePurpose, stratum: int = 0) -> IndexArray:
    """(resamples, n) places in a sample of n; `part` numbers samples that are drawn independently."""
    generator = np.random.Philox(key=(_KEY << 64) | (int(purpose) << 32) | stratum)
    raw_words = generator.random_raw(resamples * n).astype(np.uint64, copy=False)
    indices: IndexArray = (to_uniform(raw_words) * n).astype(np.intp)
    indices = indices.reshape(resamples, n)
    indices.setflags(write=False)
    return indices
