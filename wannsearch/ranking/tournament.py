"""Tournaments: of a number of random contestants the best ranked wins.

Contestants are drawn with replacement, so the winner of size n among m is the smallest of n uniform
ranks. Goldberg & Deb (1991).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.arrays import IntArray
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import philox_block, to_uniform
from wannsearch.core.streams import Stream


@kernel
def _sample_winners(
    winner_ranks: Any, tournament_size: int, num_contestants: int, key: Any, purpose: int
) -> None:
    for row in range(len(winner_ranks)):
        min_rank = num_contestants - 1
        for block_index in range((tournament_size + 3) // 4):
            raw_words = philox_block(key[0], key[1], row, purpose, block_index)
            for word_index in range(min(4, tournament_size - 4 * block_index)):
                min_rank = min(min_rank, int(to_uniform(raw_words[word_index]) * num_contestants))
        winner_ranks[row] = min_rank


def sample_tournament_winners(
    num_tournaments: int, tournament_size: int, num_contestants: int, rng: Stream
) -> IntArray:
    """Return (num_tournaments,) int64 ranks of the winners, from 0 (best) to num_contestants - 1."""
    winner_ranks = np.empty(num_tournaments, np.int64)
    _sample_winners(winner_ranks, tournament_size, num_contestants, rng.key, rng.purpose)
    return winner_ranks
