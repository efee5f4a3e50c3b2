"""Images on the device, and the order in which a training sees them.

The order is named by a number: epoch e is a permutation by the draws of the stream with the key
(number, 0), row e. All candidates of a training see the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.images import Images, LabelledImages
from wannsearch.evaluators.training.settings import Augment, Normalise, Precision, Recipe

_ORDER, _AUGMENT = 101, 102  # purposes
REFLECTED = 4
"""Pixels by which `crop_flip` widens an image at each edge."""
_AT_ONCE = 2000 * 8 * 8
"""Pixels of one look: of larger images fewer, for what a network makes of them lies in memory at once."""


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
            moved = on(part.labels.device, drawn)
        for at in range(0, len(part), size):
            chosen = rows[at : at + size]
            pixels = self.shown(part.pixels[chosen])
            if moved is not None:
                pixels = _cropped(pixels, moved[chosen])
            yield pixels, part.labels[chosen]

    def looks(self, part: Part) -> Iterator[tuple[Tensor, Tensor]]:
        """All of a part, in its own order."""
        height, width = part.pixels.shape[2:]
        many = max(1, _AT_ONCE // (height * width))
        for at in range(0, len(part), many):
            yield self.shown(part.pixels[at : at + many]), part.labels[at : at + many]


def on(device: torch.device, draws: npt.NDArray[np.float64]) -> Tensor:
    """These numbers there; mps has no float64."""
    found = torch.from_numpy(draws)
    return (found.float() if device.type == "mps" else found).to(device)


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

    def by_channel(figures: list[Any]) -> Tensor:
        made = torch.tensor(np.array(figures) / images.white, dtype=dtype, device=recipe.device)
        return made[:, None, None]

    deviation = None
    if recipe.normalise is Normalise.MEAN_STD:  # one by one: a deviation takes eight bytes a pixel
        deviation = by_channel(
            [max(channel.std(dtype=np.float64), 1e-6 * images.white) for channel in channels]
        )

    return Data(
        part(images.training),
        part(images.validation),
        part(images.test),
        images.classes,
        images.white,
        by_channel([channel.mean(dtype=np.float64) for channel in channels]),
        deviation,
        recipe.augment,
    )
