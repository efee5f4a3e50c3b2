"""Labelled images, for methods that train by gradient on one part and are evaluated on the others.

Training images fit the weights, validation images choose among candidates, and the test images are
evaluated once, at the end. A task that provides all three parts is a `HasLabelledImages`, whatever else
it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from wannsearch.core.arrays import Array, IntArray


@dataclass(frozen=True)
class LabelledImages:
    """Images and one label each form one part of a data set, or a published file set.

    AssertionError if the pixels have no four axes, or the labels are not one for each image.
    """

    pixels: Array  # (N, C, H, W), of any real type, 0 to `Images.max_pixel`
    labels: IntArray  # (N,) 0 .. classes - 1

    def __post_init__(self) -> None:
        assert self.pixels.ndim == 4
        assert self.labels.shape == self.pixels.shape[:1]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Images:
    """A data set of images has three disjoint parts, with the same classes and pixel range."""

    training: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    classes: int
    max_pixel: float  # the highest possible value of a pixel
    source: str  # description for tables, such as "scikit-learn's 1,797 digits, 8 x 8"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return channels, height and width of an image."""
        channels, height, width = self.training.pixels.shape[1:]
        return channels, height, width


@runtime_checkable
class HasLabelledImages(Protocol):
    """Such a task provides its labelled images as arrays."""

    def images(self) -> Images:
        """Return all images, split as the task's settings prescribe; a call may load and split them anew."""
