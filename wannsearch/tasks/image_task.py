"""Images with one label each: inputs of a network, or a data set to train on.

A network has one input a pixel, 0 to 1, and one output a class. The largest output is the predicted class, of
equal ones the first.
The return of an episode is

    loss       minus the mean cross-entropy of the softmax (`core.tasks.labelled_task`)
    accuracy   the share of images classified correctly

A data set derives from `ImageTask` and provides the images by `load_split`.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import ClassVar

import numpy as np

from wannsearch.core.arrays import FloatArray, UInt64Array
from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.ports import Ports, name_pixels
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Role
from wannsearch.core.subnetworks.images import Images
from wannsearch.core.tasks.labelled_task import LabelledTask, cross_entropy, is_correct
from wannsearch.core.tasks.lane_task import LaneMath, LaneValue
from wannsearch.tasks.image_pool import SplitPool
from wannsearch.tasks.splits import MAX_SPLIT_SEED, Part, part_seeds, rows_of_episodes


class ImageReward(str, Enum):
    """The reward of an image: minus its loss, or its accuracy."""

    LOSS = "loss"
    ACCURACY = "accuracy"


@lru_cache
def _build_ports(
    shape: tuple[int, int, int], classes: tuple[str, ...], activations: tuple[str, ...]
) -> Ports:
    names = name_pixels(shape)
    return Ports(len(names), len(classes), activations, names, classes, image_shape=shape)


@dataclass(frozen=True, kw_only=True)
class ImageTask(LabelledTask):
    """A task whose episode is a batch of training images, or all validation or test images.

    The constructor loads the images, and raises ConfigError where a batch is larger than the training part.
    """

    split_seed: int
    batch_size: int  # training images per episode
    reward: ImageReward
    episodes: int
    activations: tuple[str, ...]
    deterministic_test: ClassVar[bool] = True  # type: ignore[misc]  # no setting
    shape: ClassVar[tuple[int, int, int]]  # channels, height, width
    classes: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("task.episodes", self.episodes, 1)
        check_at_least("task.batch_size", self.batch_size, 1)
        if not 0 <= self.split_seed <= MAX_SPLIT_SEED:
            raise ConfigError(f"task.split_seed is {self.split_seed}; it must lie in 0..{MAX_SPLIT_SEED}.")
        _ = self.ports
        num_images = len(self.load_split().parts[Part.TRAINING])
        if self.batch_size > num_images:
            raise ConfigError(
                f"task.batch_size is {self.batch_size}; there are {num_images} training images."
            )

    @abstractmethod
    def load_split(self) -> SplitPool:
        """Return the images in their parts; raise MissingData or DamagedFile where they cannot be read.

        Every evaluation calls this method, so an implementation caches the images.
        """

    @property
    def ports(self) -> Ports:
        """Return one input a pixel, channel by channel and row by row, and one output a class."""
        return _build_ports(self.shape, self.classes, self.activations)

    @property
    def score_name(self) -> str:  # type: ignore[override]  # a constant elsewhere
        """Return `minus cross-entropy` or `accuracy`; a loss is negated, so that higher is better."""
        return "minus cross-entropy" if self.reward is ImageReward.LOSS else "accuracy"

    def images(self) -> Images:
        """Return the three parts, with pixels as in the files (uint8, not scaled).

        Repeated calls return the same object while `load_split` has the split in its cache, which holds two.
        """
        return self.load_split().images

    def accuracy(self) -> ImageTask:
        """Return a task over the same images whose reward is the accuracy."""
        return replace(self, reward=ImageReward.ACCURACY)

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
        """Return seeds (R,) whose two highest bits name the part of the data for this role."""
        return part_seeds(seed, role, generation, episodes)

    def start_values(self, seeds: UInt64Array) -> FloatArray:
        """Return (R, S, I + 1) float64: pixels in 0..1 and the label of the S images of each episode.

        All seeds must name one part (AssertionError). S is the batch size, or the size of that part.
        """
        split = self.load_split()
        rows, pool = rows_of_episodes(split.parts, seeds, self.batch_size), split.pool
        values = np.empty((*rows.shape, self.start_dim))
        np.divide(pool.pixels[rows].reshape(*rows.shape, -1), pool.max_pixel, out=values[..., :-1])
        values[..., -1] = pool.labels[rows]
        return values

    def lane_reward(self, m: LaneMath, outputs: tuple[LaneValue, ...], target: LaneValue) -> LaneValue:
        """Return minus the cross-entropy for this label, in nats, or its accuracy: 1 if predicted, else 0."""
        if self.reward is ImageReward.ACCURACY:
            return is_correct(m, outputs, target)
        return -cross_entropy(m, outputs, target)
