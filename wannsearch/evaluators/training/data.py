"""Images on the device, and the order in which a training sees them.

The order is named by a number: epoch e is a permutation by the draws of the stream with the key
(number, 0), row e. All candidates of a training see the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wannsearch.core.images import Images, LabelledImages
from wannsearch.core.streams import Stream
from wannsearch.evaluators.training.settings import Augment, Normalise, Precision, Recipe

_ORDER, _AUGMENT = 101, 102  # purposes
REFLECTED = 4
"""Pixels by which `crop_flip` widens an image at each edge."""
_AT_ONCE = 2000  # images of one look at validation or test


@dataclass(frozen=True)
class Part:
    """Images as they were read, and their labels."""

    pixels: Tensor  # (N, C, H, W), raw
    labels: Tensor  # (N,) int64

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Data:
    """The parts on their device; `shown` gives what a network sees."""

    training: Part
    validation: Part
    test: Part
    classes: int
    white: float
    mean: Tensor  # (C, 1, 1)
    deviation: Tensor | None
    augment: Augment

    def shown(self, pixels: Tensor) -> Tensor:
        """Raw pixels -> 0..1, less the mean."""
        made = pixels.to(self.mean.dtype) / self.white - self.mean
        return made if self.deviation is None else made / self.deviation

    def batches(self, order: int, epoch: int, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Pixels and labels, step by step, of this epoch, from 0, of the training with this order."""
        part, key = self.training, Stream(np.array([order, 0], np.uint64))
        draws = key.of(_ORDER).uniform(np.array([epoch]), len(part))[0]
        rows = torch.from_numpy(np.argsort(draws, kind="stable")).to(part.labels.device)
        moved = None
        if self.augment is Augment.CROP_FLIP:
            drawn = key.of(_AUGMENT).uniform(np.array([epoch]), 3 * len(part))[0].reshape(-1, 3)
            moved = torch.from_numpy(drawn).to(part.labels.device)
        for at in range(0, len(part), size):
            chosen = rows[at : at + size]
            pixels = self.shown(part.pixels[chosen])
            if moved is not None:
                pixels = _cropped(pixels, moved[chosen])
            yield pixels, part.labels[chosen]

    def looks(self, part: Part) -> Iterator[tuple[Tensor, Tensor]]:
        """All of a part, in its own order."""
        for at in range(0, len(part), _AT_ONCE):
            yield self.shown(part.pixels[at : at + _AT_ONCE]), part.labels[at : at + _AT_ONCE]


def _cropped(pixels: Tensor, drawn: Tensor) -> Tensor:
    """Each image from its own place of its reflected self, mirrored if its third draw says so."""
    count, _, height, width = pixels.shape
    edge = REFLECTED
    wide = torch.nn.functional.pad(pixels, (edge, edge, edge, edge), mode="reflect")
    places = (drawn[:, :2] * (2 * edge + 1)).long()
    rows = places[:, :1] + torch.arange(height, device=pixels.device)
    columns = places[:, 1:] + torch.arange(width, device=pixels.device)
    columns = torch.where(drawn[:, 2:] < 0.5, columns.flip(1), columns)
    which = torch.arange(count, device=pixels.device)[:, None, None]
    return wide.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def on_device(images: Images, recipe: Recipe) -> Data:
    """The images as this recipe shows them."""
    dtype = torch.float64 if recipe.precision is Precision.FLOAT64 else torch.float32

    def part(of: LabelledImages) -> Part:
        pixels: Any = np.ascontiguousarray(of.pixels)
        return Part(
            torch.from_numpy(pixels).to(recipe.device),
            torch.from_numpy(np.ascontiguousarray(of.labels)).to(recipe.device),
        )

    channels = np.moveaxis(images.training.pixels, 1, 0).reshape(images.shape[0], -1)
    mean = channels.mean(axis=1, dtype=np.float64) / images.white
    deviation = channels.std(axis=1, dtype=np.float64) / images.white

    def by_channel(figures: np.ndarray[Any, Any]) -> Tensor:
        return torch.tensor(figures, dtype=dtype, device=recipe.device)[:, None, None]

    return Data(
        part(images.training),
        part(images.validation),
        part(images.test),
        images.classes,
        images.white,
        by_channel(mean),
        by_channel(np.maximum(deviation, 1e-6)) if recipe.normalise is Normalise.MEAN_STD else None,
        recipe.augment,
    )
