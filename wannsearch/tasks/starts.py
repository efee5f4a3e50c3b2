"""Where a simulation begins: from keyed streams, or exactly where the published code began.

The published code draws one seed in 0..999 a generation and gives repetition r the seed + r; its
tests give episode i the seed i. Its start states come from numpy's legacy generator.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt

from wannsearch.core.streams import Role, stream

_SEARCH_SEEDS = np.uint64(1000)


class StartStates(str, Enum):
    """How an episode's seed becomes its start state."""

    KEYED = "keyed"  # Philox under the episode's seed
    RELEASED = "released"  # numpy's RandomState(seed)


def released_seeds(seed: int, role: Role, generation: int, episodes: int) -> npt.NDArray[np.uint64]:
    """(R,) seeds in a row: from `seed` itself in a final test, from 0..999 in a search."""
    first = (
        np.uint64(seed)
        if role is Role.HELD_OUT
        else stream(seed, role, generation).words(1, 1)[0, 0] % _SEARCH_SEEDS
    )
    seeds: npt.NDArray[np.uint64] = first + np.arange(episodes, dtype=np.uint64)
    return seeds


def released_normal(seeds: npt.NDArray[np.uint64], draws: int) -> npt.NDArray[np.float64]:
    """(R, draws) standard normal numbers, as RandomState(seed) gives them for each seed."""
    return np.stack([np.random.RandomState(int(seed) % 2**32).standard_normal(draws) for seed in seeds])
