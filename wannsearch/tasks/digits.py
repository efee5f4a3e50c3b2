"""scikit-learn's 1,797 handwritten digits, 8 x 8 pixels of 0..16, divided by 16.

The smallest of the published classification tasks (Gaier & Ha 2019 train on MNIST; the released code
has this one beside it). 64 inputs, ten outputs; what an episode pays is in `image_task`.

The published code draws its batches from one pool without a test set; here test images are kept
apart.
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
    """An episode is a batch of training images, or the whole of another part."""

    shape: ClassVar[tuple[int, int, int]] = (1, _SIDE, _SIDE)
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")

    def load_split(self) -> SplitPool:
        """All digits, split 60/20/20."""
        return split_pool(_load_pool(), SplitRule.POOLED, self.split_seed)
