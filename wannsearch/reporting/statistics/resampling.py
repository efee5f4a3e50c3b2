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
import numpy.typing as npt

from wannsearch.core.streams import to_uniform

RESAMPLES = 10_000
BAND_RESAMPLES = 2_000
"""Fewer where there is an interval at each of many points."""

_MOST_DRAWS = 20_000_000
_LEAST_RESAMPLES = 1_000
_KEY = 0x57A7_15_71C5


class Purpose(IntEnum):
    """What the draws are for. The numbers are part of every interval: never reuse or renumber one."""

    ONE_SAMPLE = 0
    STRATA = 1


def affordable(n: int, resamples: int) -> int:
    """Fewer resamples where runs are thousands, for memory's sake; then fewer are needed, too."""
    return min(resamples, max(_LEAST_RESAMPLES, _MOST_DRAWS // max(n, 1)))


@lru_cache(maxsize=4)  # a band asks for the same ones at each of its points
def places(n: int, resamples: int, purpose: Purpose, part: int = 0) -> npt.NDArray[np.intp]:
    """(resamples, n) places in a sample of n; `part` numbers samples that are drawn independently."""
    generator = np.random.Philox(key=(_KEY << 64) | (int(purpose) << 32) | part)
    words = generator.random_raw(resamples * n).astype(np.uint64, copy=False)
    drawn: npt.NDArray[np.intp] = (to_uniform(words) * n).astype(np.intp)
    drawn = drawn.reshape(resamples, n)
    drawn.setflags(write=False)
    return drawn
