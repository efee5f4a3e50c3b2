"""All images of a data set, and which of them train, validate and test.

Either all are pooled and split 60/20/20 (`splits`), or the published test images are the test part
and the published training images alone are split, 75/25, which makes training and validation again.
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
    """Images as they were read; the same object for the same files."""

    pixels: UInt8Array  # (M, C, H, W)
    labels: IntArray  # (M,)
    max_pixel: float  # the value of a full pixel
    source: str  # as `Images.source`
    num_training: int | None  # published training images, which come first; None: nothing tells them apart


class SplitRule(str, Enum):
    """Which images are the test part."""

    POOLED = "pooled"
    PUBLISHED = "published"


@dataclass(frozen=True, eq=False)
class SplitPool:
    """A pool in three parts."""

    pool: Pool
    parts: dict[Part, IntArray]  # rows of the pool

    @cached_property
    def images(self) -> Images:
        """The three parts for those who train on them."""
        training, validation, test = (
            LabelledImages(self.pool.pixels[rows], self.pool.labels[rows])
            for rows in (self.parts[part] for part in (Part.TRAINING, Part.VALIDATION, Part.TEST))
        )
        classes = int(self.pool.labels.max()) + 1
        return Images(training, validation, test, classes, self.pool.max_pixel, self.pool.source)


@lru_cache(maxsize=2)  # each may hold a copy of all images
def split_pool(pool: Pool, split_rule: SplitRule, split_seed: int) -> SplitPool:
    """The pool's parts; ConfigError where it has no published test images to keep."""
    if split_rule is SplitRule.POOLED:
        return SplitPool(pool, split_pooled(pool.labels, split_seed))
    if pool.num_training is None:
        raise ConfigError(
            f"task.split is 'published'; of {pool.source}, no image is known as a published test image: "
            "use task.split=pooled, or give the published files by data.root=FOLDER."
        )
    return SplitPool(pool, split_published(pool.labels, pool.num_training, split_seed))
