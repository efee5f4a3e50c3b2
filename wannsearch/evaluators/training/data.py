"""Images on the device, and the order of the batches of a training.

A seed names the order. Epoch e is the permutation that sorts the draws of the stream with the key
(seed, 0), row e. All candidates of a training get the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wannsearch.core.arrays import FloatArray
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.images import Images, LabelledImages
from wannsearch.evaluators.training.settings import (
    Augmentation,
    Normalization,
    TrainingPrecision,
    TrainingSettings,
)

_ORDER_PURPOSE, _AUGMENT_PURPOSE = 101, 102  # draws of one stream
CROP_PADDING = 4
"""The number of pixels by which `crop_flip` widens an image at each edge."""
_EVAL_PIXELS = 2000 * 8 * 8
"""The pixels of one evaluation batch; it has fewer large images, because all its activations use memory."""


@dataclass(frozen=True)
class DeviceSplit:
    """The raw images of one split on the device, and their labels."""

    pixels: Tensor  # (N, C, H, W), raw
    labels: Tensor  # (N,) int64

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class DeviceImages:
    """The three splits on their device; `normalize` turns raw pixels into a network's input."""

    training: DeviceSplit
    validation: DeviceSplit
    test: DeviceSplit
    classes: int
    max_pixel: float
    mean: Tensor  # (C, 1, 1)
    std: Tensor | None
    augment: Augmentation

    def normalize(self, pixels: Tensor) -> Tensor:
        """Map raw pixels (N, C, H, W) to 0..1, subtract the mean and divide by `std` if there is one."""
        centered = pixels.to(self.mean.dtype) / self.max_pixel - self.mean
        return centered if self.std is None else centered / self.std

    def train_batches(self, seed: int, epoch: int, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield pixels (B, C, H, W) and labels (B,), step by step, of `epoch`, counted from 0.

        `seed` names the order. The pixels are normalised and augmented; the last batch may be smaller.
        """
        split, key = self.training, Stream(np.array([seed, 0], np.uint64))
        draws = key.for_purpose(_ORDER_PURPOSE).uniform(np.array([epoch]), len(split))[0]
        rows = torch.from_numpy(np.argsort(draws, kind="stable")).to(split.labels.device)
        crop_draws = None
        if self.augment is Augmentation.CROP_FLIP:
            crop_uniform = (
                key.for_purpose(_AUGMENT_PURPOSE).uniform(np.array([epoch]), 3 * len(split))[0].reshape(-1, 3)
            )
            crop_draws = to_device(split.labels.device, crop_uniform)
        for start in range(0, len(split), batch_size):
            batch_rows = rows[start : start + batch_size]
            pixels = self.normalize(split.pixels[batch_rows])
            if crop_draws is not None:
                pixels = _crop_and_flip(pixels, crop_draws[batch_rows])
            yield pixels, split.labels[batch_rows]

    def eval_batches(self, split: DeviceSplit) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield normalised pixels (B, C, H, W) and labels (B,) of a whole split, in its own order."""
        height, width = split.pixels.shape[2:]
        batch_size = max(1, _EVAL_PIXELS // (height * width))
        for start in range(0, len(split), batch_size):
            yield (
                self.normalize(split.pixels[start : start + batch_size]),
                split.labels[start : start + batch_size],
            )


def to_device(device: torch.device, array: FloatArray) -> Tensor:
    """Return these numbers as a tensor on the device; float32 on mps, which has no float64."""
    tensor = torch.from_numpy(array)
    return (tensor.float() if device.type == "mps" else tensor).to(device)


def _crop_and_flip(pixels: Tensor, draws: Tensor) -> Tensor:
    """Crop each image from its reflected padding; mirror it where its third draw is below 0.5.

    The draws (N, 3) are uniform in [0, 1); the first two choose row and column of the crop.
    """
    num_images, _, height, width = pixels.shape
    padding = CROP_PADDING
    padded = torch.nn.functional.pad(pixels, (padding, padding, padding, padding), mode="reflect")
    offsets = (draws[:, :2] * (2 * padding + 1)).long()
    rows = offsets[:, :1] + torch.arange(height, device=pixels.device)
    columns = offsets[:, 1:] + torch.arange(width, device=pixels.device)
    columns = torch.where(draws[:, 2:] < 0.5, columns.flip(1), columns)
    image_index = torch.arange(num_images, device=pixels.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[image_index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def load_on_device(images: Images, settings: TrainingSettings) -> DeviceImages:
    """Return the images on the device, with the statistics and the augmentation of these settings.

    Mean and standard deviation of a channel are those of the training images; a deviation counts as at least
    1e-6 of `max_pixel`. Statistics, and so inputs, are float32, or float64 with that precision.
    """
    dtype = torch.float64 if settings.precision is TrainingPrecision.FLOAT64 else torch.float32

    def to_device_split(split: LabelledImages) -> DeviceSplit:
        pixels: Any = np.ascontiguousarray(split.pixels)
        return DeviceSplit(
            torch.from_numpy(pixels).to(settings.device),
            torch.from_numpy(np.ascontiguousarray(split.labels)).to(settings.device),
        )

    channels = np.moveaxis(images.training.pixels, 1, 0).reshape(images.shape[0], -1)

    def to_channel_tensor(values: list[Any]) -> Tensor:
        tensor = torch.tensor(np.array(values) / images.max_pixel, dtype=dtype, device=settings.device)
        return tensor[:, None, None]

    std = None
    if settings.normalize is Normalization.MEAN_STD:  # one by one: a deviation takes eight bytes a pixel
        std = to_channel_tensor(
            [max(channel.std(dtype=np.float64), 1e-6 * images.max_pixel) for channel in channels]
        )

    return DeviceImages(
        to_device_split(images.training),
        to_device_split(images.validation),
        to_device_split(images.test),
        images.classes,
        images.max_pixel,
        to_channel_tensor([channel.mean(dtype=np.float64) for channel in channels]),
        std,
        settings.augment,
    )
