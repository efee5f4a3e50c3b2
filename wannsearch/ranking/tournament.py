"""Tournaments: of so many drawn at random, the best ranked wins.

Contestants are drawn with replacement, so the winner of size n among m is the smallest of n uniform
ranks. Goldberg & Deb (1991).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import block, to_uniform
from wannsearch.core.streams import Stream


@kernel
def _winners(best: Any, size: int, contestants: int, key: Any, purpose: int) -> None:
    for row in range(len(best)):
        lowest = contestants - 1
        for number in range((size + 3) // 4):
            words = block(key[0], key[1], row, purpose, number)
            for place in range(min(4, size - 4 * number)):
                lowest = min(lowest, int(to_uniform(words[place]) * contestants))
        best[row] = lowest


def winners(count: int, size: int, contestants: int, rng: Stream) -> npt.NDArray[np.int64]:
    """(count,) ranks in 0 .. contestants - 1 of the winners of that many tournaments."""
    best = np.empty(count, np.int64)
    _winners(best, size, contestants, rng.key, rng.purpose)
    return best
