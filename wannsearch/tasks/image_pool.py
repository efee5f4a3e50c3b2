"""All images of a data set, and which of them train, validate and test.

Either all images are pooled and split 60/20/20 (`splits`). Or the published test images are the test part,
and the published training images are split 75/25 into training and validation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

from wannsearch.core.arrays import IntArray, UInt8Array
from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.images import Images, LabelledImages
from wannsearch.tasks.splits import Part, split_pooled, split_published


@dataclass(frozen=True, eq=False)
class Pool:
    """The images of a data set, compared by identity: a reader that is cached returns the same object."""

    pixels: UInt8Array  # (M, C, H, W)
    labels: IntArray  # (M,)
    max_pixel: float  # the value that is scaled to 1
    source: str  # as `Images.source`
    num_training: int | None  # published training images, which come first; None: unknown


class SplitRule(str, Enum):
    """The choice of the test part: a fifth of all images, or the published test images."""

    POOLED = "pooled"
    PUBLISHED = "published"


@dataclass(frozen=True, eq=False)
class SplitPool:
    """A pool, and the rows of it that train, validate and test; compared by identity."""

    pool: Pool
    parts: dict[Part, IntArray]  # rows of the pool

    @cached_property
    def images(self) -> Images:
        """Return the three parts with copies of their pixels, for methods that train; they are kept."""
        training, validation, test = (
            LabelledImages(self.pool.pixels[rows], self.pool.labels[rows])
            for rows in (self.parts[part] for part in (Part.TRAINING, Part.VALIDATION, Part.TEST))
        )
        classes = int(self.pool.labels.max()) + 1
        return Images(training, validation, test, classes, self.pool.max_pixel, self.pool.source)


@lru_cache(maxsize=2)  # an entry may hold a copy of all images
def split_pool(pool: Pool, split_rule: SplitRule, split_seed: int) -> SplitPool:
    """Split the pool; the last two splits are cached.

    Raise ConfigError for `published` where published test images are unknown.
    """
    if split_rule is SplitRule.POOLED:
        return SplitPool(pool, split_pooled(pool.labels, split_seed))
    if pool.num_training is None:
        raise ConfigError(
            f"task.split is 'published'; of {pool.source}, no image is known as a published test image: "
            "use task.split=pooled, or give the published files by data.root=FOLDER."
        )
    return SplitPool(pool, split_published(pool.labels, pool.num_training, split_seed))
