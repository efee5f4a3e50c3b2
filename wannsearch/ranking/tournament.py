"""Tournaments: of so many drawn at random, the best ranked wins.

Contestants are drawn with replacement, so the winner of size n among m is the smallest of n uniform
ranks. Goldberg & Deb (1991).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wannsearch.core.streams import Stream


def winners(count: int, size: int, contestants: int, rng: Stream) -> npt.NDArray[np.int64]:
    """(count,) ranks in 0 .. contestants - 1 of the winners of that many tournaments."""
    drawn = (rng.uniform(count, size) * contestants).astype(np.int64)
    best: npt.NDArray[np.int64] = drawn.min(axis=1)
    return best
