"""Start states of a simulation: from keyed streams, or exactly those of the published code.

The published code draws one seed in 0..999 a generation and gives repetition r the seed + r. Its tests give
episode i the seed i, so they repeat seeds of the search. Its start states come from numpy's legacy generator.
Here a final test gives episode i the run's seed + i, and searches and re-tests draw from separate blocks of
seeds.

Figures that are published for environments of Gymnasium mostly are means over the reset seeds 0, 1, 2 ... A
final test with small seeds plays those whatever the run's seed, and searches and re-tests draw from above.
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
_SMALL_SEEDS_PER_ROLE = 2**28
"""The size of a role's block of small seeds; all blocks stay below 2^31, and tests below the first one."""


class StartStates(str, Enum):
    """The generator that turns an episode's seed into its start state."""

    PHILOX = "philox"  # Philox under the episode's seed
    PUBLISHED = "published"  # numpy's RandomState(seed)


class ResetSeeds(str, Enum):
    """The origin of the seeds with which environments are reset."""

    PHILOX = "philox"  # a stream of the run's seed
    SMALL_SEEDS = "small_seeds"  # 0, 1, 2 ... in a final test


def small_seeds(seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
    """Return consecutive seeds (R,): from 0 on in a final test, else from within the role's block.

    Raise ConfigError for more episodes than a block has seeds.
    """
    if episodes > _SMALL_SEEDS_PER_ROLE:
        raise ConfigError(
            f"a test has {episodes} episodes; with task.start_states=small_seeds it has at most "
            f"{_SMALL_SEEDS_PER_ROLE}."
        )
    first_seed = 0
    if role is not Role.HELD_OUT:
        word = int(make_stream(seed, role, generation).random_words(1, 1)[0, 0])
        num_first_seeds = _SMALL_SEEDS_PER_ROLE - episodes + 1
        first_seed = _SMALL_SEEDS_PER_ROLE * int(role) + word % num_first_seeds
    return np.arange(first_seed, first_seed + episodes, dtype=np.uint64)


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
