"""Where a simulation begins: from keyed streams, or exactly where the published code began.

The published code draws one seed in 0..999 a generation and gives repetition r the seed + r; its
tests give episode i the seed i, so that they meet what the search has seen. Its start states come
from numpy's legacy generator. Here tests do the same, and searches draw from blocks of their own.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role, stream

_SEARCH_SEEDS = 1000
_FIRST_BLOCK, _BLOCK = 2**31, 2**20
"""Seeds of searches lie above those of tests, in a block a role."""


class StartStates(str, Enum):
    """How an episode's seed becomes its start state."""

    KEYED = "keyed"  # Philox under the episode's seed
    RELEASED = "released"  # numpy's RandomState(seed)


def released_seeds(seed: int, role: Role, generation: int, episodes: int) -> npt.NDArray[np.uint64]:
    """(R,) seeds in a row: from `seed` itself in a final test, in a search from one of 1000 of its block."""
    first = seed
    if role is not Role.HELD_OUT:
        drawn = int(stream(seed, role, generation).words(1, 1)[0, 0]) % _SEARCH_SEEDS
        first = _FIRST_BLOCK + _BLOCK * int(role) + drawn
    elif seed + episodes > _FIRST_BLOCK:
        raise ConfigError(f"seed is {seed}; with task.start_states=released it must stay below 2^31.")
    return np.arange(first, first + episodes, dtype=np.uint64)


def released_normal(seeds: npt.NDArray[np.uint64], draws: int) -> npt.NDArray[np.float64]:
    """(R, draws) standard normal numbers, as RandomState(seed) gives them for each seed."""
    return np.stack([np.random.RandomState(int(seed) % 2**32).standard_normal(draws) for seed in seeds])
