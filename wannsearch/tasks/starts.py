"""Start states of a simulation: from keyed streams, or exactly those of the published code.

The published code draws one seed in 0..999 a generation and gives repetition r the seed + r. Its tests give
episode i the seed i, so they repeat seeds of the search. Its start states come from numpy's legacy generator.
Here a final test gives episode i the run's seed + i, and searches and re-tests draw from separate blocks of
seeds.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from wannsearch.core.arrays import FloatArray, UInt64Array
from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role, make_stream

_NUM_SEARCH_SEEDS = 1000
_FIRST_SEARCH_SEED, _SEEDS_PER_ROLE = 2**31, 2**20
"""Seeds of searches are above those of tests, one block per role."""


class StartStates(str, Enum):
    """The generator that turns an episode's seed into its start state."""

    PHILOX = "philox"  # Philox under the episode's seed
    PUBLISHED = "published"  # numpy's RandomState(seed)


def published_seeds(seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
    """Return consecutive seeds (R,): from `seed` on in a final test, else from within the role's block.

    Raise ConfigError where the seeds of a final test would reach those of searches.
    """
    first_seed = seed
    if role is not Role.HELD_OUT:
        offset = int(make_stream(seed, role, generation).random_words(1, 1)[0, 0]) % _NUM_SEARCH_SEEDS
        first_seed = _FIRST_SEARCH_SEED + _SEEDS_PER_ROLE * int(role) + offset
    elif seed + episodes > _FIRST_SEARCH_SEED:
        raise ConfigError(f"seed is {seed}; with task.start_states=published it must stay below 2^31.")
    return np.arange(first_seed, first_seed + episodes, dtype=np.uint64)


def sample_published_normal(seeds: UInt64Array, num_draws: int) -> FloatArray:
    """Return standard normal numbers (R, num_draws), from RandomState(seed mod 2^32) for each seed (R,)."""
    return np.stack([np.random.RandomState(int(seed) % 2**32).standard_normal(num_draws) for seed in seeds])
