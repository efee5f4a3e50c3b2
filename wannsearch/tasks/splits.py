"""Labelled images in three parts: training 60 %, validation 20 %, test 20 %, stratified by class.

Where test images are published as such, they are the test part as they stand, and the others are
training 75 %, validation 25 %, stratified as well.

An episode's seed says which part it shows, in its two highest bits. A search meets training batches,
each drawn without replacement under the seed; a re-test meets the whole validation part; a final
test the whole test part, which nothing else ever sees.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from wannsearch.core.streams import Role, episode_uniform, stream

_PART_SHIFT = np.uint64(62)
LARGEST_SPLIT_SEED = 2**32 - 1


class Part(IntEnum):
    """A part of the data, as seeds name it."""

    TRAINING = 0
    VALIDATION = 1
    TEST = 2


_PARTS = {Role.RETEST: Part.VALIDATION, Role.HELD_OUT: Part.TEST}


def split(labels: npt.NDArray[np.int64], split_seed: int) -> dict[Part, npt.NDArray[np.int64]]:
    """The rows of each part, from the labels (M,) of all."""
    from sklearn.model_selection import train_test_split

    training, rest = train_test_split(
        np.arange(len(labels)), test_size=0.4, stratify=labels, random_state=split_seed
    )
    validation, test = train_test_split(rest, test_size=0.5, stratify=labels[rest], random_state=split_seed)
    return {Part.TRAINING: training, Part.VALIDATION: validation, Part.TEST: test}


def split_published(
    labels: npt.NDArray[np.int64], training: int, split_seed: int
) -> dict[Part, npt.NDArray[np.int64]]:
    """The rows of each part where the first `training` of M are published as such, the others for tests."""
    from sklearn.model_selection import train_test_split

    kept, validation = train_test_split(
        np.arange(training), test_size=0.25, stratify=labels[:training], random_state=split_seed
    )
    return {
        Part.TRAINING: kept,
        Part.VALIDATION: validation,
        Part.TEST: np.arange(training, len(labels)),
    }


def part_seeds(seed: int, role: Role, generation: int, episodes: int) -> npt.NDArray[np.uint64]:
    """(R,) seeds of this role's episodes, each with the part that the role looks at."""
    words = stream(seed, role, generation).words(episodes, 1)[:, 0]
    part = np.uint64(_PARTS.get(role, Part.TRAINING))
    seeds: npt.NDArray[np.uint64] = (words >> np.uint64(2)) | (part << _PART_SHIFT)
    return seeds


def shown(
    parts: dict[Part, npt.NDArray[np.int64]], seeds: npt.NDArray[np.uint64], batch: int
) -> npt.NDArray[np.int64]:
    """(R, S) rows that the episodes of these seeds (R,) show."""
    named = {int(part) for part in seeds >> _PART_SHIFT}
    assert len(named) == 1, "the episodes of one evaluation look at one part"
    part = Part(named.pop())
    rows = parts[part]
    if part is not Part.TRAINING:
        return np.broadcast_to(rows, (len(seeds), len(rows)))
    order = np.argsort(episode_uniform(seeds, len(rows)), axis=1, kind="stable")
    return rows[order[:, :batch]]
