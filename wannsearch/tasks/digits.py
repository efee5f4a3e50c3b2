"""scikit-learn's 1,797 handwritten digits, 8 x 8 pixels of 0..16, divided by 16.

The smallest of the published classification tasks (Gaier & Ha 2019 train on MNIST; the released code
has this one beside it). 64 inputs, ten outputs, the highest wins. An episode pays

    loss       minus the mean cross-entropy of the softmax (`core.labelled`)
    accuracy   the share of images recognised

The published code draws its batches from one pool without a test set; here test images are kept
apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, at_least
from wannsearch.core.images import Images, LabelledImages
from wannsearch.core.labelled import LabelledTask, cross_entropy, recognised
from wannsearch.core.lanes import LaneMath, Value
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role
from wannsearch.tasks.splits import LARGEST_SPLIT_SEED, Part, part_seeds, shown, split

_CLASSES, _SIDE, _WHITE = 10, 8, 16.0
_PIXELS = _SIDE * _SIDE


class Reward(str, Enum):
    """What an image pays."""

    LOSS = "loss"
    ACCURACY = "accuracy"


@cache
def _images() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Pixels (M, 64) in 0..1 and labels (M,)."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return pixels / _WHITE, labels.astype(np.int64)


@cache
def _parts(split_seed: int) -> dict[Part, npt.NDArray[np.int64]]:
    return split(_images()[1], split_seed)


@cache
def _split_images(split_seed: int) -> Images:
    pixels, labels = _images()
    whole = (pixels * _WHITE).astype(np.uint8).reshape(-1, 1, _SIDE, _SIDE)
    parts = {part: LabelledImages(whole[rows], labels[rows]) for part, rows in _parts(split_seed).items()}
    return Images(
        parts[Part.TRAINING],
        parts[Part.VALIDATION],
        parts[Part.TEST],
        _CLASSES,
        _WHITE,
        f"scikit-learn's {len(labels):,} digits, {_SIDE} x {_SIDE}",
    )


@dataclass(frozen=True, kw_only=True)
class Digits(LabelledTask):
    """An episode is a batch of training images, or the whole of another part."""

    split_seed: int
    batch: int  # training images an episode
    reward: Reward
    episodes: int
    activations: tuple[str, ...]
    tested_once: ClassVar[bool] = True  # type: ignore[misc]  # no setting

    def __post_init__(self) -> None:
        at_least("task.episodes", self.episodes, 1)
        at_least("task.batch", self.batch, 1)
        if not 0 <= self.split_seed <= LARGEST_SPLIT_SEED:
            raise ConfigError(
                f"task.split_seed is {self.split_seed}; it must lie in 0..{LARGEST_SPLIT_SEED}."
            )
        images = len(_parts(self.split_seed)[Part.TRAINING])
        if self.batch > images:
            raise ConfigError(f"task.batch is {self.batch}; there are {images} training images.")
        _ = self.ports

    @property
    def ports(self) -> Ports:
        """Pixels, row by row -> a score for each digit."""
        return Ports(
            _PIXELS,
            _CLASSES,
            self.activations,
            input_names=tuple(f"pixel {row},{column}" for row in range(_SIDE) for column in range(_SIDE)),
            output_names=tuple(str(digit) for digit in range(_CLASSES)),
            image=(1, _SIDE, _SIDE),
        )

    def images(self) -> Images:
        """The three parts, as pixels of 0..16."""
        return _split_images(self.split_seed)

    def accuracy(self) -> Digits:
        """The same images, paid by the share recognised."""
        return replace(self, reward=Reward.ACCURACY)

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> npt.NDArray[np.uint64]:
        """(R,) seeds that also say which part of the data the role looks at."""
        return part_seeds(seed, role, generation, episodes)

    def starts(self, seeds: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
        """(R,) -> (R, S, 65): pixels and label of the images shown."""
        pixels, labels = _images()
        rows = shown(_parts(self.split_seed), seeds, self.batch)
        return np.concatenate([pixels[rows], labels[rows][..., None]], axis=-1)

    def lane_reward(self, m: LaneMath, outputs: tuple[Value, ...], target: Value) -> Value:
        """Compare the outputs with the label."""
        if self.reward is Reward.ACCURACY:
            return recognised(m, outputs, target)
        return -cross_entropy(m, outputs, target)
