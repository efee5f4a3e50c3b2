"""Checked pixels and labels of a data set, and the pool made of them.

There must be as many labels as images, each in 0..9. Every class must have enough training images for a split
into three parts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from wannsearch.core.arrays import UInt8Array
from wannsearch.core.subnetworks.images import LabelledImages
from wannsearch.core.untrusted import damaged_file_error
from wannsearch.tasks.image_pool import Pool

CLASSES = 10
_MAX_PIXEL = 255.0
_MIN_PER_CLASS = 5  # images; a stratified split into three parts needs as many


def make_labelled_images(
    where: str | Path, pixels: UInt8Array, labels: npt.NDArray[np.integer]
) -> LabelledImages:
    """Combine pixels (N, C, H, W) with their labels (N',), which become int64.

    Raise DamagedFile where the numbers differ or a label is not in 0..9.
    """
    if len(labels) != len(pixels):
        raise damaged_file_error(where, f"it has {len(labels)} labels", f"there are {len(pixels)} images")
    invalid_labels = labels[(labels < 0) | (labels >= CLASSES)]
    if invalid_labels.size:
        raise damaged_file_error(
            where, f"it holds the label {invalid_labels[0]}", f"labels are 0..{CLASSES - 1}"
        )
    return LabelledImages(pixels, labels.astype(np.int64))


def make_pool(
    name: str, where: str | Path, training: LabelledImages, test: LabelledImages | None, source: str = ""
) -> Pool:
    """Make the pool of all images, the published training images first.

    `test` is None where no image is known as a published test image. Raise DamagedFile where a class has
    under five training images, or `test` is empty.
    """
    parts = [training] if test is None else [training, test]
    counts = np.bincount(training.labels, minlength=CLASSES)
    if counts.min() < _MIN_PER_CLASS or not all(map(len, parts)):
        problem = f"the class {counts.argmin()} has {counts.min()} training images"
        raise damaged_file_error(
            where, problem, f"each needs {_MIN_PER_CLASS}, and there must be test images"
        )
    pixels = np.concatenate([part.pixels for part in parts])
    count, channels, height, width = pixels.shape
    size_text = f"{height} x {width}" + (f" x {channels}" if channels > 1 else "")
    return Pool(
        pixels,
        np.concatenate([part.labels for part in parts]),
        _MAX_PIXEL,
        source or f"{name}, {count:,} images, {size_text}",
        num_training=None if test is None else len(training),
    )
