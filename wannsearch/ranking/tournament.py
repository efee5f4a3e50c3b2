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
    winner_ranks: Any, tournament_size: int, num_contestants: Any, key: Any, purpose: int, first_draw: int
) -> None:
    for row in range(len(winner_ranks)):
        min_rank = num_contestants[row] - 1
        draw, end = first_draw, first_draw + tournament_size
        while draw < end:
            raw_words = philox_block(key[0], key[1], row, purpose, draw // 4)
            for word_index in range(draw % 4, min(4, end - draw // 4 * 4)):
                min_rank = min(min_rank, int(to_uniform(raw_words[word_index]) * num_contestants[row]))
            draw = (draw // 4 + 1) * 4
        winner_ranks[row] = min_rank


def sample_tournament_winners(
    num_contestants: IntArray, tournament_size: int, rng: Stream, first_draw: int = 0
) -> IntArray:
    """Return (N,) int64 ranks of the winners of N tournaments among `num_contestants` (N,) each.

    A rank lies in 0 (best) to the number of contestants - 1. The draws of a tournament start at
    `first_draw`.
    """
    winner_ranks = np.empty(len(num_contestants), np.int64)
    _sample_winners(winner_ranks, tournament_size, num_contestants, rng.key, rng.purpose, first_draw)
    return winner_ranks
