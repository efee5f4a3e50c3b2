"""The front of all generations: the best score of each size, and the candidate that reached it.

A candidate is on the front while no other of any generation has at least its score with fewer
connections (of a sub-network: live parameters), or a higher score with as many. Of equals the earliest
stays. Scores are those of the generation, not of a re-test: high ones are biased upwards. Nothing here
influences the search.

A size is the first column of `sizes` of the candidates.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from wannsearch.core.arrays import Array, FloatArray, IntArray
from wannsearch.core.errors import ConfigError


@dataclass(frozen=True)
class Front:
    """A front is F candidates, the smallest first; scores rise along it."""

    size: IntArray  # (F,) connections, or live parameters
    mean: FloatArray  # (F,) score, the mean over weights and episodes
    generation: IntArray  # (F,) generation of that score
    id: IntArray  # (F,) ids of the candidates

    def __len__(self) -> int:
        return len(self.size)

    def take(self, rows: Array) -> Front:
        """Return the candidates of these rows, in this order."""
        return Front(*(getattr(self, field.name)[rows] for field in fields(self)))


def empty_front() -> Front:
    """Return a front without candidates (F = 0), as before the first generation."""
    empty_ints = np.zeros(0, np.int64)
    return Front(empty_ints, np.zeros(0), empty_ints, empty_ints)


def extend_front(
    front: Front,
    generation: int,
    sizes: Array,
    means: FloatArray,
    ids: IntArray,
) -> Front:
    """Return the front of the old candidates and those of one more generation.

    `sizes`, `means` and `ids` are (P,) each. A candidate whose mean is not finite has failed and is left out.
    """
    valid = np.isfinite(means)
    merged_front = Front(
        np.concatenate([front.size, sizes[valid].astype(np.int64)]),
        np.concatenate([front.mean, means[valid]]),
        np.concatenate([front.generation, np.full(int(valid.sum()), generation, np.int64)]),
        np.concatenate([front.id, ids[valid]]),
    )
    # The sort is stable: of equals the earliest row comes first, and only that one exceeds the maximum.
    order = np.lexsort((-merged_front.mean, merged_front.size))
    running_max = np.maximum.accumulate(merged_front.mean[order])
    is_on_front = np.ones(len(order), np.bool_)
    is_on_front[1:] = running_max[1:] > running_max[:-1]
    return merged_front.take(order[is_on_front])


def check_front(front: Front) -> None:
    """Raise ConfigError unless sizes (0 or more) and finite means rise strictly, in arrays of one length.

    A file may hold anything. Generations and ids are not checked.
    """
    is_rising = bool((np.diff(front.size) > 0).all() and (np.diff(front.mean) > 0).all())
    has_equal_lengths = len({len(getattr(front, field.name)) for field in fields(front)}) == 1
    if not (has_equal_lengths and is_rising and np.isfinite(front.mean).all() and (front.size >= 0).all()):
        raise ConfigError("the front's sizes and scores do not rise together, one of each a candidate.")
