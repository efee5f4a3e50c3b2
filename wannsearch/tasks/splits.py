"""Labelled images in three parts: training 60 %, validation 20 %, test 20 %, stratified by class.

Where test images are published, they are the test part. The others are then 75 % training and 25 %
validation, stratified as well.

The two highest bits of an episode's seed name its part. A search uses training batches, each drawn without
replacement under the seed. A re-test uses the whole validation part. A final test uses the whole test part,
which nothing else uses.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from wannsearch.core.arrays import IntArray, UInt64Array
from wannsearch.core.streams import Role, make_stream, sample_episode_uniform

_PART_SHIFT = np.uint64(62)
MAX_SPLIT_SEED = 2**32 - 1


class Part(IntEnum):
    """A part of the data, with its number in seeds."""

    TRAINING = 0
    VALIDATION = 1
    TEST = 2


_PART_BY_ROLE = {Role.RETEST: Part.VALIDATION, Role.HELD_OUT: Part.TEST}


def split_pooled(labels: IntArray, split_seed: int) -> dict[Part, IntArray]:
    """Return the rows of each part, 60/20/20 and stratified by the labels (M,) of all images."""
    from sklearn.model_selection import train_test_split

    training, remaining = train_test_split(
        np.arange(len(labels)), test_size=0.4, stratify=labels, random_state=split_seed
    )
    validation, test = train_test_split(
        remaining, test_size=0.5, stratify=labels[remaining], random_state=split_seed
    )
    return {Part.TRAINING: training, Part.VALIDATION: validation, Part.TEST: test}


def split_published(labels: IntArray, num_training: int, split_seed: int) -> dict[Part, IntArray]:
    """Return the rows of each part where the first `num_training` of M images are published for training.

    The other images are the test part. The first ones are split 75/25, stratified by their labels (M,).
    """
    from sklearn.model_selection import train_test_split

    training_rows, validation = train_test_split(
        np.arange(num_training), test_size=0.25, stratify=labels[:num_training], random_state=split_seed
    )
    return {
        Part.TRAINING: training_rows,
        Part.VALIDATION: validation,
        Part.TEST: np.arange(num_training, len(labels)),
    }


def part_seeds(seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
    """Return seeds (R,) of the episodes for this role; their two highest bits name the part of the data."""
    raw_words = make_stream(seed, role, generation).random_words(episodes, 1)[:, 0]
    part = np.uint64(_PART_BY_ROLE.get(role, Part.TRAINING))
    seeds: UInt64Array = (raw_words >> np.uint64(2)) | (part << _PART_SHIFT)
    return seeds


def rows_of_episodes(parts: dict[Part, IntArray], seeds: UInt64Array, batch_size: int) -> IntArray:
    """Return the rows (R, S) of the images in the episodes with these seeds (R,).

    A training episode has the first S = `batch_size` rows of a permutation that its seed defines; other
    episodes have all rows of the part. Raise AssertionError unless all seeds name one part.
    """
    part_numbers = {int(part) for part in seeds >> _PART_SHIFT}
    assert len(part_numbers) == 1, "the episodes of one evaluation look at one part"
    part = Part(part_numbers.pop())
    rows = parts[part]
    if part is not Part.TRAINING:
        return np.broadcast_to(rows, (len(seeds), len(rows)))
    order = np.argsort(sample_episode_uniform(seeds, len(rows)), axis=1, kind="stable")
    return rows[order[:, :batch_size]]
