"""Labelled images, for methods that train by gradient on a fixed part and are judged on others.

Training images are learnt from, validation images choose among candidates, and the test images are
looked at once, at the end. A task that can hand them out is `HasLabelledImages`, whatever else it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from wannsearch.core.arrays import Array, IntArray


@dataclass(frozen=True)
class LabelledImages:
    """One part of the data."""

    pixels: Array  # (N, C, H, W), of any real type, 0 to `Images.white`
    labels: IntArray  # (N,) 0 .. classes - 1

    def __post_init__(self) -> None:
        assert self.pixels.ndim == 4
        assert self.labels.shape == self.pixels.shape[:1]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Images:
    """The three parts, disjoint."""

    training: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    classes: int
    max_pixel: float  # the value of a full pixel
    source: str  # which images these are, in words for a table: "scikit-learn's 1,797 digits, 8 x 8"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.training.pixels.shape[1:]
        return channels, height, width


@runtime_checkable
class HasLabelledImages(Protocol):
    """A task of labelled images."""

    def images(self) -> Images:
        """All of them, split as the task's settings say; the same object each time."""
