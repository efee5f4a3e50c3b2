"""The interface of a network to a task: number of inputs and outputs, and allowed activations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.errors import ConfigError, not_allowed_error

ImageShape = tuple[int, int, int]
"""Channels, height and width of an image."""

_CHANNEL_NAMES = {1: ("pixel",), 3: ("red", "green", "blue")}
_PIXEL_NAME = re.compile(r"(\w+) (\d{1,6}),(\d{1,6})")


@dataclass(frozen=True)
class Ports:
    """Ports count inputs (without the bias) and outputs, and name the activations of hidden nodes.

    The names, if given, label inputs and outputs in pictures. For inputs that are the pixels of an image,
    channel by channel and row by row, `image_shape` holds the shape of that image.

    ConfigError for a count below 1, names or an image that do not match the counts, and activations that are
    unknown, repeated or none.
    """

    inputs: int
    outputs: int
    activations: tuple[str, ...]
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    image_shape: ImageShape | None = None

    def __post_init__(self) -> None:
        if self.inputs < 1 or self.outputs < 1:
            raise ConfigError(f"a task needs inputs and outputs; it has {self.inputs} and {self.outputs}.")
        for names, num_ports in ((self.input_names, self.inputs), (self.output_names, self.outputs)):
            if len(names) not in (0, num_ports):
                raise ConfigError(f"a task names {len(names)} of its {num_ports} ports: {', '.join(names)}.")
        if self.image_shape is not None and prod(self.image_shape) != self.inputs:
            raise ConfigError(f"a task's image is {self.image_shape}; it has {self.inputs} inputs.")
        if not self.activations:
            raise ConfigError("task.activations is empty; name at least one activation.")
        if len(set(self.activations)) < len(self.activations):
            raise ConfigError(f"task.activations names one twice: {', '.join(self.activations)}.")
        for name in self.activations:
            if name not in ACTIVATION_IDS:
                raise not_allowed_error("task.activations", name, ACTIVATION_IDS)

    @property
    def first_hidden(self) -> int:
        """Return 1 + inputs, the first slot after bias and inputs: an output where no node is hidden."""
        return 1 + self.inputs


def name_pixels(shape: ImageShape) -> tuple[str, ...]:
    """Return the names of inputs that are the pixels of an image, such as `pixel 0,7` or `red 0,7`.

    The numbers are row and column. An image has one channel, or the three of red, green and blue.
    """
    channels, height, width = shape
    positions = product(_CHANNEL_NAMES[channels], range(height), range(width))
    return tuple(f"{channel} {row},{column}" for channel, row, column in positions)


def find_image_shape(names: Sequence[str]) -> ImageShape | None:
    """Return the shape of the image whose pixels have these names, all of them and in order, or None."""
    match = _PIXEL_NAME.fullmatch(names[-1]) if names else None
    if match is None:
        return None
    height, width = int(match[2]) + 1, int(match[3]) + 1
    for channels in _CHANNEL_NAMES:
        shape = (channels, height, width)
        if prod(shape) == len(names) and name_pixels(shape) == tuple(names):
            return shape
    return None
