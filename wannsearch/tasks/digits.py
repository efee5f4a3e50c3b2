"""scikit-learn's 1,797 handwritten digits, 8 x 8 pixels of 0..16, divided by 16.

It is the smallest of the published classification tasks (Gaier & Ha 2019 train on MNIST; the published code
has this one beside it). The task has 64 inputs and ten outputs; `image_task` defines the rewards.

The published code draws its batches from one pool without a test set. Here test images are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np

from wannsearch.tasks.image_pool import Pool, SplitPool, SplitRule, split_pool
from wannsearch.tasks.image_task import ImageTask

_SIDE, _MAX_PIXEL = 8, 16.0


@cache
def _load_pool() -> Pool:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return Pool(
        pixels.astype(np.uint8).reshape(-1, 1, _SIDE, _SIDE),
        labels.astype(np.int64),
        _MAX_PIXEL,
        f"scikit-learn's {len(labels):,} digits, {_SIDE} x {_SIDE}",
        num_training=None,
    )


@dataclass(frozen=True, kw_only=True)
class Digits(ImageTask):
    """A task whose episode is a batch of training images, or all validation or test images."""

    shape: ClassVar[tuple[int, int, int]] = (1, _SIDE, _SIDE)
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")

    def load_split(self) -> SplitPool:
        """Load all digits and split them 60/20/20, stratified by class; both steps are cached."""
        return split_pool(_load_pool(), SplitRule.POOLED, self.split_seed)
